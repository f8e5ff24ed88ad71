"""The figures of a run by name."""

from mmdl.errors import DataError

FIGURES = {
    "feature-maps": "what each layer of the image encoder makes of one picture",
    "kernels": "what its first convolution looks for",
    "attention": "where each word of a text looks in its picture",
    "history": "loss and accuracy, epoch by epoch",
    "confusion": "which class of the test set is taken for which",
    "images": "a dozen test examples, and what the model says",
}
A_DOZEN = 12


def display(name, model, history=None, examples=None, example=0):
    """The display of that name, not drawn yet; which arguments it needs depends on the figure."""
    from mmdl import plots

    match name:
        case "feature-maps":
            return plots.FeatureMapsDisplay.from_model(model, examples, example)
        case "kernels":
            return plots.KernelsDisplay.from_model(model)
        case "attention":
            return plots.AttentionDisplay.from_model(model, examples, example)
        case "history":
            return plots.HistoryDisplay.from_history(history)
        case "confusion":
            return plots.ConfusionDisplay.from_model(model, examples)
        case "images":
            return plots.ImagesDisplay.from_model(model, _mixed(examples))
    raise DataError(f'there is no figure "{name}"; there are {", ".join(FIGURES)}')


def talkative(examples):
    """The place of an example with a picture and many words, but not more than a figure shows well."""
    import numpy as np

    from mmdl.tokens import Tokens

    words = sum(column.mask.sum(axis=1) for column in examples.inputs.values() if isinstance(column, Tokens))
    complete = np.logical_and.reduce(list(examples.present.values()))
    return int(np.argmax(np.where(complete & (words <= 7), words, -1)))


def _mixed(examples):
    """A dozen of all kinds: neighbours are drawn in the same font, and mostly of the same class."""
    import numpy as np

    return examples.select(np.linspace(0, len(examples) - 1, A_DOZEN).astype(int))
