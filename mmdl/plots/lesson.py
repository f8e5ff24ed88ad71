"""What lessons do with figures: ask for a guess, mark it, save the picture beside them."""

import math
import os
import sys
from pathlib import Path

from mmdl.errors import DataError
from mmdl.plots.save import save
from mmdl.plots.style import VERMILLION, styled

LARGEST = 150_000  # bytes of a lesson's figure


def guess(question, unit=""):
    """Ask the reader for a number: float, or None if nobody is there to ask or to answer

    Only a terminal is asked (input and output, and no CI in the environment). What is no number is asked for once
    more; an empty line is no guess.
    """
    if os.environ.get("CI") or not (sys.stdin and sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    prompt = f"{question}\nYour guess{f' in {unit}' if unit else ''} (Enter to skip): "
    for again in ("That is no number; once more: ", None):
        try:
            typed = input(prompt).strip()
        except EOFError:
            return None
        if not typed:
            return None
        value = number(typed, unit)
        if value is not None:
            return value
        prompt = again
    return None


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

    A guess a little beyond the axis makes room for itself. One far beyond (or not above zero on a logarithmic axis)
    would squeeze the figure, so it stands as a note at the edge.
    """
    if value is None:
        return
    if axis not in ("x", "y"):
        raise DataError(f'a guess is marked on axis "x" or "y", not "{axis}"')
    scale = (ax.transScale + ax.transLimits).transform
    along = 1 if axis == "y" else 0
    get, put = (ax.get_ylim, ax.set_ylim) if axis == "y" else (ax.get_xlim, ax.set_xlim)
    corner = [ax.get_xlim()[0], ax.get_ylim()[0]]
    corner[along] = value
    place = scale(corner)[along]  # 0 and 1 are the ends of the axis
    label = f"your guess: {value:g}"
    if not -0.5 <= place <= 1.5:
        _note(ax, label, axis, place > 1)
        return
    low, high = get()
    if not 0 <= place <= 1:
        put((value, high) if place < 0 else (low, value))
    line = ax.axhline if axis == "y" else ax.axvline
    line(value, color=VERMILLION, linestyle=(0, (5, 3)), linewidth=1.5)
    transform = ax.get_yaxis_transform() if axis == "y" else ax.get_xaxis_transform()
    spot = (0.99, value) if axis == "y" else (value, 0.99)
    settings = (
        {"va": "bottom", "ha": "right"} if axis == "y" else {"va": "top", "ha": "right", "rotation": 90}
    )
    ax.text(*spot, label, transform=transform, color=VERMILLION, fontsize=8, **settings)


def _note(ax, label, axis, beyond):
    """The guess with an arrow, at that end of the axis beyond which it lies."""
    arrow = {"y": "↓↑", "x": "←→"}[axis][beyond]
    spot = (0.99, 0.97 if beyond else 0.03) if axis == "y" else (0.98 if beyond else 0.02, 0.97)
    settings = {
        "va": "top" if axis == "x" or beyond else "bottom",
        "ha": "left" if axis == "x" and not beyond else "right",
    }
    ax.text(*spot, f"{label} {arrow}", transform=ax.transAxes, color=VERMILLION, fontsize=8, **settings)


def save_figure(figure, name, lesson=None):
    """Save a lesson's figure as figures/<name>.png beside the folder of lessons. -> Path, or None if that fails

    A figure that cannot be written is one sentence on stderr, and the lesson goes on.

    Parameters
    ----------
    figure : matplotlib Figure
    name : str
        "10_attention", or the lesson's `__file__`.
    lesson : str, optional
        The lesson's `__file__`; by default that of the script that runs. In a notebook the current folder counts.
    """
    lesson = lesson or (name if name.endswith(".py") else None)
    try:
        return save(figure, figures_folder(lesson) / f"{Path(name).stem}.png", limit=LARGEST)
    except DataError as mistake:
        print(f"The figure is not saved: {mistake}.", file=sys.stderr)
        return None


def figures_folder(lesson=None):
    """Where a lesson's figures go: the folder that MMDL_FIGURES names, or "figures" beside "lessons"

    A lesson that was copied to another folder gets a "figures" in that folder.
    """
    if chosen := os.environ.get("MMDL_FIGURES"):
        return Path(chosen)
    lesson = lesson or getattr(sys.modules["__main__"], "__file__", None)
    folder = Path(lesson).resolve().parent if lesson else Path.cwd()
    return (folder.parent if folder.name == "lessons" else folder) / "figures"
