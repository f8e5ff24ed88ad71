"""Alignment: for every token that is written, the tokens that it was read from."""

from dataclasses import dataclass

import numpy as np

from mmdl.errors import DataError
from mmdl.plots.display import Display
from mmdl.plots.figure import axes_of
from mmdl.plots.inputs import one, text_name, words_of
from mmdl.plots.names import literal
from mmdl.plots.replay import replay
from mmdl.plots.style import MAGNITUDES, styled


@dataclass(eq=False)
class AlignmentDisplay(Display):
    """A matrix: how much each written token (row) looked at each token that was read (column).

    Parameters
    ----------
    weights : array (T, S)
        Rows sum to one at most.
    written : list of T str
    read : list of S str
    """

    weights: np.ndarray
    written: list
    read: list

    @classmethod
    def from_model(cls, model, examples, example=0):
        """What a Writer wrote of one example's text, and from which of its words.  examples: Batch or Examples

        Raises
        ------
        DataError
            If the example has no text, or the decoder does not look.
        """
        batch = one(examples, example)
        name = text_name(batch)
        read = words_of(batch, model.preprocessors[name])[0]
        if not read:
            raise DataError("the example has no text, so nothing was read from it")
        units, weights = replay(model, batch)
        return cls(weights[name], units, read)

    def __post_init__(self):
        if np.shape(self.weights) != (len(self.written), len(self.read)):
            there = f"{len(self.written)} written and {len(self.read)} read tokens"
            raise DataError(f"weights of shape {np.shape(self.weights)} do not fit {there}")

    @styled
    def plot(self, ax=None, title=True, **style):
        """Draw the matrix, what is read from left to right, what is written downwards. `style` is for `imshow`."""
        self.figure_, self.ax_ = axes_of(ax, 1.6 + 0.2 * len(self.written))
        scale = {"cmap": MAGNITUDES, "vmin": 0, "vmax": 1, "aspect": "auto"} | style
        image = self.ax_.imshow(self.weights, **scale)
        slanted = {} if max(map(len, self.read)) < 3 else {"rotation": 40, "ha": "right", "rotation_mode": "anchor"}
        self.ax_.set_xticks(range(len(self.read)), [literal(each) for each in self.read], **slanted)
        self.ax_.set_yticks(range(len(self.written)), [literal(each) for each in self.written])
        self.ax_.tick_params(length=0)
        self.ax_.spines[:].set_visible(False)
        self.ax_.set(xlabel="read", ylabel="written")
        self.figure_.colorbar(image, ax=self.ax_, fraction=0.03, pad=0.02).set_label("attention")
        if title:
            self.ax_.set_title("What each token was written from")
        return self
