"""Figures without pyplot: nothing global, no window, and the same bytes for the same picture."""

from io import BytesIO

from matplotlib.figure import Figure

from mmdl.plots.numbers import KEY, as_text
from mmdl.plots.powers import write_powers
from mmdl.plots.style import DPI, WIDTH, styled


class ShownFigure(Figure):
    """A figure that a notebook shows when it stands at the end of a cell."""

    def _repr_png_(self):
        return png(self)


@styled
def subplots(rows=1, columns=1, height=3.6):
    """A new figure in the style of all figures, and its axes: one, or an array of them

    Parameters
    ----------
    rows, columns : int
    height : float
        Inches; the width is that of a README, 8.
    """
    figure = figure_of(None, height)
    return figure, figure.subplots(rows, columns)


def figure_of(figure, height):
    """The figure to draw in: the one given, or a new one."""
    return ShownFigure(figsize=(WIDTH, height), dpi=DPI, layout="constrained") if figure is None else figure


def axes_of(ax, height):
    """The figure and the axes to draw in: those given, or new ones."""
    return subplots(height=height) if ax is None else (ax.figure, ax)


@styled
def png(figure, dpi=DPI):
    """The bytes of a PNG, with the numbers behind it but without date and version: the same figure, the same bytes."""
    buffer, root = BytesIO(), figure.figure
    write_powers(root)
    before = [(ax, ax.get_in_layout(), ax.get_position(original=True), ax.get_position()) for ax in root.axes]
    root.savefig(
        buffer, format="png", dpi=dpi, metadata={"Software": None, KEY: as_text(root)}, pil_kwargs={"optimize": True}
    )
    for ax, in_layout, original, active in before:  # a layout starts from the last one, so a second file would differ
        ax.set_position(original, "original")
        ax.set_position(active, "active")
        ax.set_in_layout(in_layout)
    return buffer.getvalue()
