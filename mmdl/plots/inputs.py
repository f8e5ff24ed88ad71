"""What a display needs to know of a batch and of a model: which modality is the picture, which are the words."""

import numpy as np

from mmdl.data import Examples, batches
from mmdl.data.kinds import of_kind
from mmdl.errors import DataError
from mmdl.layers import Sequential


def picture_name(batch):
    """The name of the first modality of a batch that is pictures."""
    return _first(batch, "image", "pictures")


def text_name(batch):
    """The name of the first modality of a batch that is texts."""
    return _first(batch, "text", "text")


def tokenizer_of(preprocessors):
    """The tokenizer among a model's or a dataset's preprocessors; None if no modality is text."""
    return next((each for each in preprocessors.values() if each.kind == "text"), None)


def as_batch(examples, rows):
    """These examples as a model takes them.  examples: Batch or Examples; rows: a slice or places (n,)"""
    if not len(examples):
        raise DataError("there are no examples to show")
    if isinstance(examples, Examples):
        chosen = examples.select(rows)
        return next(batches(chosen, len(chosen)))
    return examples.select(rows)


def one(examples, place):
    """The example at this place as a batch of one."""
    if not 0 <= place < len(examples):
        raise DataError(f"there is no example {place}; there are {len(examples)}, from 0 on")
    return as_batch(examples, [place])


def words_of(batch, tokenizer):
    """The words of every example, a list of lists; None for examples without a text."""
    name = text_name(batch)
    ids, seen = batch.inputs[name], batch.present[name]
    return [tokenizer.words_of(row[mask]) if there else None for row, mask, there in zip(*ids, seen, strict=True)]


def pictures_of(batch):
    """What is drawn of every example: its picture; the spectrogram of its sound where no modality has pictures

    Returns
    -------
    list of arrays (R, C) or (R, C, 3) in [0, 1], None for examples without it
    """
    sounds = of_kind(batch.kinds, "audio")
    if sounds and not of_kind(batch.kinds, "image"):
        name = sounds[0]
        x, mask = batch.inputs[name]
        low, high = x[mask].min(initial=0), x[mask].max(initial=1)  # one scale for all
        drawn = [(row[there].T[::-1] - low) / (high - low) for row, there in zip(x, mask, strict=True)]
    else:
        name = picture_name(batch)
        drawn = map(viewable, batch.inputs[name])
    return [each if there else None for each, there in zip(drawn, batch.present[name], strict=True)]


def image_of(batch):
    """The picture of a batch of one, (R, C, D); a DataError if it has none."""
    name = picture_name(batch)
    if not batch.present[name][0]:
        raise DataError(f"the example has no {name}, so there is nothing to show")
    return batch.inputs[name][0]


def viewable(image):
    """An image (R, C, D) in the form that is drawn: (R, C) if D is 1, (R, C, 3) if it is in colour."""
    return image if image.shape[-1] == 3 else image.mean(axis=-1)


def flat_layers(layer):
    """The layers of nested Sequentials, in their order."""
    if not isinstance(layer, Sequential):
        return [layer]
    return [each for part in layer.layers for each in flat_layers(part)]


def image_encoder_of(model):
    """The layers that a model's pictures go through: the first encoder with a kernel over rows and columns."""
    for modality in model.modalities.values():
        if any(getattr(layer, "w", np.empty(0)).ndim == 4 for layer in flat_layers(modality.encoder)):
            return modality.encoder
    raise DataError(f"no modality of this model ({', '.join(model.modalities)}) has a convolution over images")


def _first(batch, kind, what):
    for name in of_kind(batch.kinds, kind):
        return name
    raise DataError(f"there are no {what} among the modalities {', '.join(batch.inputs)}")
