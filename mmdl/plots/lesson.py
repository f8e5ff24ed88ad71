"""What lessons do with figures: ask for a guess, mark it, save the picture beside them."""

import math
import os
import sys
from pathlib import Path

import numpy as np

from mmdl.errors import DataError
from mmdl.plots.save import save
from mmdl.plots.style import styled
from mmdl.terminal import is_shared, tolerate

tolerate(sys.stdout)  # lessons print Greek letters; this is the module that every lesson imports before it prints

MAX_BYTES = 150_000  # bytes of a lesson's figure
GUESS = "0.2"  # no curve is drawn in it


class SavedFigure(type(Path())):
    """The path of a saved figure; at the end of a notebook's cell it shows the figure."""

    def _repr_png_(self):
        return self.read_bytes() if self.is_file() else None


def guess(question, unit=""):
    """Ask the reader for a number: float, or None if nobody is there to ask or to answer

    Asked is a terminal (input and output), or the front end of a notebook; nobody where CI is in the environment, or
    where a notebook runs by itself. What is no number is asked for once more; an empty line is no guess.
    """
    if os.environ.get("CI") or not (is_shared() or in_kernel()):
        return None
    prompt = f"{question}\nYour guess{f' in {unit}' if unit else ''} (Enter to skip): "
    for again in ("That is no number; once more: ", None):
        try:
            typed = input(prompt).strip()
        except (EOFError, NotImplementedError):  # the latter from a kernel whose notebook cannot ask
            return None
        if not typed:
            return None
        value = number(typed, unit)
        if value is not None:
            return value
        prompt = again
    return None


def in_kernel():
    """Whether this code runs in the kernel of a notebook that can wait for an answer (in a browser it cannot)."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return hasattr(shell, "kernel") and sys.platform != "emscripten"


def number(typed, unit=""):
    """The finite number that someone typed, with a unit or a decimal comma perhaps; None if it is none."""
    try:
        value = float(typed.removesuffix(unit).replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


@styled
def mark_guess(ax, value, axis="y"):
    """Draw the reader's guess as a labelled dashed line across an axis; nothing for None.

    A guess a little beyond the axis makes room for itself. One far beyond it (or not above zero where the axis is
    logarithmic) would squeeze the figure: its line stands at the end, and says so.
    """
    if value is None:
        return
    if axis not in ("x", "y"):
        raise DataError(f'a guess is marked on axis "x" or "y", not "{axis}"')
    start, end = getattr(ax, f"get_{axis}lim")()
    scale = getattr(ax, f"{axis}axis").get_transform()
    first, last, here = scale.transform(np.array([start, end, value]))
    place = (here - first) / (last - first)  # 0 and 1 are the ends of the axis, also of a logarithmic one
    near = -1 <= place <= 2
    shown = value if near else end if place > 1 else start
    if near and not 0 <= place <= 1:
        ends = np.array((place - 0.05, 1) if place < 0 else (0, place + 0.05))
        ax.set(**{f"{axis}lim": scale.inverted().transform(first + ends * (last - first))})
    label = f"your guess: {value:g}{'' if near else ', off this axis'}"
    dashed = {"color": GUESS, "linestyle": (0, (5, 3)), "linewidth": 1.5}
    words = {"color": GUESS, "fontsize": 8, "ha": "right", "va": "top" if place > 0.5 else "bottom"}
    words["bbox"] = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1}
    if axis == "y":
        ax.axhline(shown, **dashed)
        ax.text(0.99, shown, label, transform=ax.get_yaxis_transform(), **words)
    else:
        words |= {"ha": "right" if place > 0.5 else "left", "va": "top", "rotation": 90}
        ax.axvline(shown, **dashed)
        ax.text(shown, 0.98, label, transform=ax.get_xaxis_transform(), **words)


def save_figure(figure, name):
    """Save a lesson's figure as <name>.png.  -> its path, which shows the figure in a notebook; None if that fails

    A figure that cannot be written is one sentence on stderr, and the lesson goes on.

    Parameters
    ----------
    figure : matplotlib Figure
    name : str
        "10_attention".
    """
    try:
        return SavedFigure(save(figure, figures_folder() / f"{name}.png", limit=MAX_BYTES))
    except DataError as mistake:
        print(f"The figure is not saved: {mistake}.", file=sys.stderr)
        return None


def figures_folder():
    """Where a lesson's figures go: the folder that MMDL_FIGURES names, or the current one."""
    return Path(os.environ.get("MMDL_FIGURES") or ".")
