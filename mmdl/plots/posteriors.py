"""Posteriors: what a transcriber believes in every frame, under the sound's spectrogram."""

from dataclasses import dataclass

import numpy as np

from mmdl.errors import DataError
from mmdl.ops.softmax import softmax
from mmdl.plots.display import Display
from mmdl.plots.figure import figure_of
from mmdl.plots.inputs import one
from mmdl.plots.names import literal
from mmdl.plots.style import LINES, MAGNITUDES, grid_on, styled


@dataclass(eq=False)
class PosteriorsDisplay(Display):
    """A spectrogram above the probabilities of every label in each frame, on one axis of time; grey is the blank.

    Parameters
    ----------
    spectrogram : array (F, B)
        Frames of the sound, as the model heard them.
    p : array (T, K)
        In each frame of the model, of which there may be fewer, the probability of each class; 0 is the blank.
    labels : sequence of K − 1 str
    seconds : float
        How long the sound is.
    """

    spectrogram: np.ndarray
    p: np.ndarray
    labels: tuple
    seconds: float

    @classmethod
    def from_model(cls, model, examples, example=0):
        """What a Transcriber hears in one example.  examples: Batch or Examples"""
        batch = one(examples, example)
        sound, logits = batch.inputs[model.modality], model(batch)
        frames, heard = sound.values[0][sound.full_mask[0]], logits.values[0][logits.full_mask[0]]
        preprocessor = model.preprocessors[model.modality]
        seconds = (preprocessor.window + preprocessor.hop * (len(frames) - 1)) / preprocessor.rate
        return cls(frames, softmax(heard), model.target.units, seconds)

    def __post_init__(self):
        if self.p.shape[1:] != (1 + len(self.labels),):
            raise DataError(f"{len(self.labels)} labels and a blank need as many columns, not {self.p.shape}")

    @styled
    def plot(self, figure=None, title=True, **style):
        """Draw both; `axes_` are those of the spectrogram and of the probabilities. `style` is for `imshow`"""
        self.figure_ = figure_of(figure, 4.4)
        self.axes_ = self.figure_.subplots(2, 1, sharex=True, height_ratios=[1, 1.3])
        above, below = self.axes_
        scale = {"cmap": MAGNITUDES, "aspect": "auto", "origin": "lower"} | style
        above.imshow(self.spectrogram.T, extent=(0, self.seconds, 0, self.spectrogram.shape[1]), **scale)
        above.set(ylabel="mel band")
        t = (np.arange(len(self.p)) + 0.5) * self.seconds / len(self.p)
        below.fill_between(t, self.p[:, 0], color="0.88", step="mid", linewidth=0)
        for k, label in enumerate(self.labels, 1):
            colour = LINES[(k - 1) % len(LINES)]
            below.plot(t, self.p[:, k], color=colour, linewidth=1.2)
            for peak in peaks(self.p.argmax(axis=1) == k, self.p[:, k]):
                where = t[peak], self.p[peak, k]
                below.annotate(literal(label), where, (0, 2), textcoords="offset points", ha="center", color=colour)
        below.set(xlabel="seconds", xlim=(0, self.seconds), ylabel="probability", ylim=(0, 1.15), yticks=[0, 0.5, 1])
        grid_on(below, "y")
        if title:
            self.figure_.suptitle("What it heard, and when it is sure (grey: nothing to say)")
        return self


def peaks(on, heights):
    """The place of the largest height in every run of frames that are on."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], on.astype(int), [0]])))
    return [start + int(heights[start:end].argmax()) for start, end in edges.reshape(-1, 2)]
