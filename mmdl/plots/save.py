"""Figures as files: whole or not at all, and the same bytes for the same picture."""

import os
from io import BytesIO
from pathlib import Path

from mmdl.errors import DataError
from mmdl.plots.style import DPI, styled


@styled
def png(figure, dpi=DPI):
    """The bytes of a PNG, without date and version, so that the same figure gives the same bytes."""
    buffer, root = BytesIO(), figure.figure
    before = [(ax, ax.get_in_layout(), ax.get_position(original=True), ax.get_position()) for ax in root.axes]
    root.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None}, pil_kwargs={"optimize": True})
    for ax, in_layout, original, active in before:  # a layout starts from the last one: it would come out otherwise
        ax.set_position(original, "original")
        ax.set_position(active, "active")
        ax.set_in_layout(in_layout)
    return buffer.getvalue()


def save(figure, path, dpi=DPI, limit=None):
    """Write a figure as a PNG file; a folder that is missing is made.

    Parameters
    ----------
    figure : matplotlib Figure
    path : str or path
        Ends in ".png".
    dpi : float
        Pixels an inch; a new figure is 8 inches wide.
    limit : int, optional
        Bytes that the file may take. A larger one is reduced to 256 colours first.

    Returns
    -------
    Path

    Raises
    ------
    DataError
        If the file cannot be written there, or stays too large. What stood there before is then still there.
    """
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise DataError(f"figures are saved as .png, not as {path.name}")
    content = png(figure, dpi)
    if limit and len(content) > limit:
        content = fewer_colours(content)
        if len(content) > limit:
            raise DataError(f"{path.name} takes {len(content) // 1000} kB, more than {limit // 1000}")
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            unfinished.write_bytes(content)
            os.replace(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as mistake:
        raise DataError(f"{path} cannot be written ({mistake.strerror})") from None
    return path


def fewer_colours(content):
    """The bytes of a PNG with at most 256 colours."""
    from PIL import Image

    buffer = BytesIO()
    with Image.open(BytesIO(content)) as image:
        reduced = image.convert("RGB").quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        reduced.save(buffer, "png", optimize=True, dpi=image.info["dpi"])
    return buffer.getvalue()
