"""Where in the picture a writer looked for every word that it wrote."""

from dataclasses import dataclass

import numpy as np

from mmdl.errors import DataError
from mmdl.plots.display import Display
from mmdl.plots.figure import figure_of
from mmdl.plots.inputs import image_of, one, picture_name, viewable
from mmdl.plots.names import literal
from mmdl.plots.receptive import feature_maps
from mmdl.plots.replay import replay
from mmdl.plots.style import MAGNITUDES, percent, picture_on, styled

ACROSS = 5  # panels in a row


@dataclass(eq=False)
class GazeDisplay(Display):
    """A picture, and for every written word the weights that it gave to the picture's cells.

    Parameters
    ----------
    image : array (R, C) or (R, C, 3)
    words : list of T str
    weights : array (T, P, Q)
        What a word gave to each cell; the rest of one went to other modalities.
    """

    image: np.ndarray
    words: list
    weights: np.ndarray

    @classmethod
    def from_model(cls, model, examples, example=0):
        """What a Writer wrote of one example's picture, and where it looked.  examples: Batch or Examples

        Raises
        ------
        DataError
            If the example has no picture, its tokens are no cells of a feature map, or the decoder does not look.
        """
        batch = one(examples, example)
        image, name = image_of(batch), picture_name(batch)
        *_, (P, Q) = [(0, 0), *(y.shape[1:3] for _, _, y in feature_maps(model.modalities[name].encoder, image))]
        units, weights = replay(model, batch)
        if weights[name].shape[1] != P * Q:
            raise DataError(f"the tokens of {name} are no cells of a feature map, so they have no place in the picture")
        return cls(viewable(image), units, weights[name].reshape(len(units), P, Q))

    def __post_init__(self):
        if len(self.words) != len(self.weights) or np.ndim(self.weights) != 3:
            raise DataError(f"{len(self.words)} words need weights (T, P, Q), not {np.shape(self.weights)}")

    @styled
    def plot(self, figure=None, title=True, **style):
        """Draw the picture, then for every word the picture under its heat; `axes_` are theirs. `style` is for `imshow`

        One scale for all: dark is no attention, bright the most that any word gives to one cell.
        """
        count = 1 + len(self.words)
        rows = -(-count // ACROSS)
        self.figure_ = figure_of(figure, 1.95 * rows + 0.6)
        grid = self.figure_.subplots(rows, ACROSS, squeeze=False)
        for ax in grid.ravel()[count:]:
            ax.set_axis_off()
        self.axes_ = grid.ravel()[:count]
        picture_on(self.axes_[0], self.image)
        self.axes_[0].set_title("the picture")
        R, C = self.image.shape[:2]
        scale = {"cmap": MAGNITUDES, "vmin": 0, "vmax": 100 * self.weights.max(initial=0) or 1} | style
        ink = self.image if self.image.ndim == 2 else self.image.mean(axis=-1)
        for ax, word, weights in zip(self.axes_[1:], self.words, self.weights, strict=True):
            drawn = picture_on(ax, 100 * weights, extent=(-0.5, C - 0.5, R - 0.5, -0.5), **scale)
            if ink.min() < 0.4 < ink.max():
                ax.contour(ink, levels=[0.4], colors="white", linewidths=1)
            ax.set_title(f"{literal(word)}\n{percent(weights.sum())}")
        if self.words:
            bar = self.figure_.colorbar(drawn, ax=grid, fraction=0.03, pad=0.02)
            bar.set_label("% of the word's attention, per cell")
            self.figure_.supxlabel("Below each word: how much of its attention is on the picture", fontsize=8)
        if title:
            self.figure_.suptitle("Where it looked for each word")
        return self
