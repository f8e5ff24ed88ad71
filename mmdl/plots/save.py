"""Figures as files: whole or not at all."""

from io import BytesIO
from pathlib import Path

from mmdl.errors import DataError
from mmdl.files import replacing
from mmdl.plots.figure import png
from mmdl.plots.style import DPI


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
            raise DataError(f"{path.name} takes {len(content) // 1000} kB, more than {limit // 1000} kB")
    with replacing(path) as unfinished:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(content)
    return path


def fewer_colours(content):
    """The bytes of a PNG with at most 256 colours."""
    from PIL import Image, PngImagePlugin

    buffer, carried = BytesIO(), PngImagePlugin.PngInfo()
    with Image.open(BytesIO(content)) as image:
        for key, text in image.text.items():
            carried.add_text(key, text)
        reduced = image.convert("RGB").quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        reduced.save(buffer, "png", optimize=True, dpi=image.info["dpi"], pnginfo=carried)
    return buffer.getvalue()
