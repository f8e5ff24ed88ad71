"""What a search has found, as a page."""

import textwrap
from dataclasses import dataclass

import numpy as np

from mmdl.plots.display import Display
from mmdl.plots.figure import figure_of
from mmdl.plots.names import literal, wrapped
from mmdl.plots.style import BLUE, picture_on, styled

ABREAST = 5


@dataclass(eq=False)
class SearchDisplay(Display):
    """The question, and a grid of answers, best first.

    Parameters
    ----------
    query : str or array (R, C)
        What was searched for: words, or a picture.
    images : list of arrays (R, C) or (R, C, 3)
    names : list of str
    scores : array (N,)
        Cosines.
    among : str
        What was searched: "647 unseen characters".
    """

    query: object
    images: list
    names: list
    scores: np.ndarray
    among: str

    @styled
    def plot(self, figure=None, title=True, **style):
        """Draw the page; `axes_` are those of the answers. A picture that was searched for comes first, framed

        `style` is for `imshow`: cmap, ...
        """
        scale = {"vmin": 0, "vmax": 1} | style
        asked = [] if isinstance(self.query, str) else [self.query]
        cells = len(asked) + len(self.images)
        columns = min(ABREAST, cells)
        rows = -(-cells // columns)
        self.figure_ = figure_of(figure, 2.25 * rows + 0.6)
        grid = self.figure_.subplots(rows, columns, squeeze=False).ravel()
        for ax in grid[cells:]:
            ax.set_axis_off()
        for ax, picture in zip(grid, asked, strict=False):
            picture_on(ax, picture, **scale)
            ax.set_title("searched for", color=BLUE, fontweight="bold", fontsize=9)
            for spine in ax.spines.values():
                spine.set(color=BLUE, linewidth=2)
        self.axes_ = grid[len(asked) : cells]
        answers = zip(self.axes_, self.images, self.names, self.scores, strict=True)
        for place, (ax, image, name, score) in enumerate(answers, 1):
            picture_on(ax, image, **scale)
            ax.set_title(f"{place}.  {score:.2f}", fontsize=9, fontweight="bold")
            ax.set_xlabel(wrapped(name, 20), fontsize=7.5, color="0.3")
        what = "this picture" if asked else textwrap.shorten(f"“{literal(self.query)}”", 60)
        if title:
            self.figure_.suptitle(f"What fits {what} best?\nAmong {self.among}; 1 would be a perfect fit", fontsize=11)
        return self
