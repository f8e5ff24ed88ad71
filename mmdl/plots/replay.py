"""What a writer wrote of one example, and for each of its tokens where in the memory it looked."""

from dataclasses import replace
from typing import NamedTuple

from mmdl.errors import DataError
from mmdl.training.text_writing import write

END = "(end)"


class Replay(NamedTuple):
    """One text, token by token."""

    units: list  # T str, the end last unless it was not reached
    weights: dict  # of str to array (T, tokens of that modality); of several heads the mean, padding left out


def replay(model, batch):
    """The greedy text of a batch of one, and its attention to every modality

    The text is given back to the model as its target: all its tokens at once give the same weights as one by one.
    """
    [[best]] = write(model, batch)
    _, trace = model.forward(replace(batch, targets=best.target))
    weights = trace.weights
    if weights is None:
        raise DataError("this decoder has one vector for all that it read: it looks nowhere while it writes")
    weights = weights[0] if weights.ndim == 3 else weights[0].mean(axis=0)
    spans = zip(model.modalities, trace.memory.spans, strict=True)
    there = trace.memory.mask[0]
    units = [*model.target.split(best.text), END][: len(best.ids)]
    return Replay(units, {name: weights[:, span][:, there[span]] for name, span in spans})
