"""What all displays share."""

from typing import ClassVar

from mmdl.plots.figure import png
from mmdl.plots.save import save
from mmdl.plots.style import DPI


class Display:
    """The arrays behind a figure, and how to draw them.

    `SomeDisplay.from_...(...)` computes the arrays, which are its fields; `plot(ax=None, title=True, **style)` draws
    them, keeps the figure as `figure_` and its axes as `ax_` or `axes_`, and returns the display. Displays of several
    panels take a `figure` (or a subfigure) in the place of `ax`. `style` goes to the drawing function of matplotlib, so
    that a colour map or a line width can be chosen: `display.plot(cmap="magma", title=False)`. Nothing is shown, and
    pyplot is never touched; at the end of a notebook's cell a display that was drawn shows itself.
    """

    figure_: ClassVar = None

    def save(self, path, dpi=DPI):
        """Draw, if that has not been done yet, and write a PNG file. -> Path"""
        if self.figure_ is None:
            self.plot()
        return save(self.figure_, path, dpi)

    def _repr_png_(self):
        return None if self.figure_ is None else png(self.figure_)
