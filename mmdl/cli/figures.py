"""The figures of a run by name."""

from mmdl.errors import DataError

FIGURES = {
    "feature-maps": "what each layer of the image encoder makes of one picture",
    "kernels": "what its first convolution looks for",
    "attention": "where each word of a text looks in its picture",
    "history": "loss and accuracy, epoch by epoch",
    "confusion": "which class of the test set is taken for which",
    "regression": "predicted numbers against true ones, after --task regression",
    "images": "a dozen test examples, and what the model says",
    "pointing": "whether words look at what they name (scenes)",
    "similarity": "which names fit which pictures, after --objective contrastive",
    "alignment": "which words each token was written from, after --objective write",
    "posteriors": "what a transcriber hears in every frame, after --objective write",
}
A_DOZEN, FEW, MANY = 12, 7, 60  # examples, words of a text and classes that a figure shows well


def display(name, model, history=None, examples=None, example=0):
    """The display of that name, not drawn yet; which arguments it needs depends on the figure."""
    from mmdl import plots
    from mmdl.models import Writer

    match name:
        case "feature-maps":
            return plots.FeatureMapsDisplay.from_model(model, examples, example)
        case "kernels":
            return plots.KernelsDisplay.from_model(model)
        case "attention" if isinstance(model, Writer):
            return plots.GazeDisplay.from_model(model, examples, example)
        case "alignment":
            return plots.AlignmentDisplay.from_model(model, examples, example)
        case "posteriors":
            return plots.PosteriorsDisplay.from_model(model, examples, example)
        case "attention":
            return plots.AttentionDisplay.from_model(model, examples, example)
        case "pointing":
            return plots.PointingDisplay.from_model(model, examples)
        case "history":
            return plots.HistoryDisplay.from_history(history)
        case "confusion":
            return plots.ConfusionDisplay.from_model(model, examples)
        case "regression":
            return plots.RegressionDisplay.from_model(model, examples)
        case "images":
            return plots.ImagesDisplay.from_model(model, _mixed(examples))
        case "similarity":
            return plots.SimilarityDisplay.from_model(model, examples)
    raise DataError(f'there is no figure "{name}"; there are {", ".join(FIGURES)}')


def drawable(model, examples):
    """The names of the figures that are drawn after training: all that this data and this model allow."""
    from mmdl.fusion import AttentionFusion, CrossAttentionFusion
    from mmdl.models import ContrastiveModel, MultimodalRegressor, Transcriber, Writer
    from mmdl.training.pointing import can_point

    if isinstance(model, ContrastiveModel):
        return ["history", "similarity"]
    if isinstance(model, Transcriber):
        return ["history", "posteriors"]
    if isinstance(model, Writer):
        looks = getattr(model.decoder, "combine", True) is not None
        shown = {"attention": _with_picture(examples).any(), "alignment": (_with_words(examples) > 0).any()}
        return ["history", *(name for name, there in shown.items() if there and looks)]
    of_numbers = isinstance(model, MultimodalRegressor)
    names = ["history"]
    if of_numbers:
        names.append("regression")
    elif len(model.classes) <= MANY:
        names.append("confusion")
    seen, read = _with_picture(examples), _with_words(examples)
    if seen.any():
        names.append("kernels")
    if not of_numbers and (seen.any() or _with_sound(examples).any()):  # of which a spectrogram is drawn
        names.append("images")
    if isinstance(model.fusion, (AttentionFusion, CrossAttentionFusion)) and (seen & (read > 0)).any():
        names.append("attention")
        if can_point(model, examples):
            names.append("pointing")
    return names


def wordy_example(examples):
    """The place of an example with a picture and many words, but not more than a figure shows well."""
    import numpy as np

    words = _with_words(examples)
    telling = np.where(words <= FEW, words, 1 / words.clip(1))  # too many are better than none
    return int(np.argmax(telling + (FEW + 1) * _with_picture(examples)))


def _with_picture(examples):
    """(N,) bool: who has a picture."""
    return _with(examples, "image")


def _with_sound(examples):
    """(N,) bool: who has a sound."""
    return _with(examples, "audio")


def _with(examples, kind):
    """(N,) bool: who has a modality of this kind."""
    import numpy as np

    from mmdl.data.kinds import of_kind

    found = [examples.present[name] for name in of_kind(examples.kinds, kind)]
    return np.logical_or.reduce(found) if found else np.zeros(len(examples), bool)


def _with_words(examples):
    """(N,): how many words each has."""
    import numpy as np

    from mmdl.data.kinds import of_kind

    texts = [examples.inputs[name] for name in of_kind(examples.kinds, "text")]
    return sum((x.mask.sum(axis=1) for x in texts), np.zeros(len(examples), int))


def _mixed(examples):
    """A dozen of all kinds: neighbours are drawn in the same font, and mostly of the same class."""
    import numpy as np

    return examples.select(np.unique(np.linspace(0, len(examples) - 1, A_DOZEN).astype(int)))
