"""Picture files of any format: opened upright, as grey levels or colours of 8 bits."""

import math
import os
import warnings
from typing import Any

import numpy as np

from mmdl.errors import DataError, FormatError
from mmdl.files import opened as opened_file
from mmdl.files import remedy
from mmdl.shapes import Array

MAX_SIDE = 1024  # pixels a side beyond which a picture is shrunk before anything is computed from it
MAX_PIXELS = 89_478_485  # beyond which Pillow warns of a file that was made to fill the memory
LONGEST = 1 << 16  # pixels of a side: to shrink a line of millions, all of them have their weights in every pixel
MAX_MORE = 32 << 20  # bytes that a picture may take beyond a byte a channel
MAX_FACTOR = 64  # by which a picture is shrunk at once
STRIP = 1 << 20  # pixels that are converted at a time
ORIENTATION = 0x0112  # in EXIF
ON_ITS_SIDE = range(5, 9)  # values of it for which rows and columns have changed places
WHITE = -1, -1  # among what is known of an image, where no file can write it: texts have names, and IPTC numbers from 0


def opened(picture: Any, enough: int | None = None) -> Any:
    """The Pillow image of a path, an array or an image, upright

    What is larger than `MAX_SIDE` is shrunk while it is read, a few rows at a time, if at least `enough` pixels a side
    are left: so a picture takes not much more memory than it has pixels, whatever becomes of it.
    """
    from PIL import Image, ImageOps

    if isinstance(picture, (str, os.PathLike)):
        path = os.fspath(picture)
        if not os.path.exists(path):
            raise DataError(f"there is no picture {path}{remedy(path)}")
        try:
            with opened_file(path) as stream, warnings.catch_warnings(action="ignore"), Image.open(stream) as image:
                side = max(enough or 0, MAX_SIDE)
                image.draft(None, (side, side))
                _check_size(path, image)
                return ImageOps.exif_transpose(_shrunk(image, enough))
        except (DataError, FormatError):
            raise
        except Image.DecompressionBombError:
            raise FormatError(f"{path} has more pixels than are read") from None
        except Exception as mistake:  # broken files make Pillow's decoders raise errors of a dozen kinds
            raise FormatError(f"{path} cannot be read as a picture ({type(mistake).__name__})") from None
    if isinstance(picture, np.ndarray):
        picture = _image_of_array(picture)
    if not isinstance(picture, Image.Image):
        raise DataError(f"a picture is an image, a path or a uint8 array, not {type(picture).__name__}")
    if 0 in picture.size:
        raise DataError("a picture needs at least one pixel")
    return ImageOps.exif_transpose(picture)


def _check_size(path: str, image: Any) -> None:
    """FormatError if the picture has too many pixels, or takes much more in memory than a byte a channel."""
    pixels, channels = math.prod(image.size), len(image.getbands())
    stored = 1 if image.mode in ("1", "L", "P") else 2 if image.mode.startswith("I;16") else 4
    if pixels > MAX_PIXELS or max(image.size) > LONGEST or (stored - channels) * pixels > MAX_MORE:
        columns, rows = image.size
        raise FormatError(f"{path} has {rows:,} x {columns:,} pixels, which are more than are read")


def _shrunk(image: Any, enough: int | None) -> Any:
    """A smaller image of the mean of squares of pixels, made of a few rows after another; a small image as it is."""
    from PIL import Image

    factor = min(max(image.size) // MAX_SIDE, min(image.size) // enough if enough else MAX_PIXELS, MAX_FACTOR)
    if factor < 2:
        return image
    mode = "F" if image.mode[0] in "IF" else "RGBa" if is_transparent(image) else "RGB"
    columns, rows = image.size
    small = Image.new(mode, (-(-columns // factor), -(-rows // factor)))
    small.info |= {WHITE: white_of(image)} if mode == "F" else {}  # which the means cannot tell
    step = max(1, STRIP // columns // factor) * factor
    for top in range(0, rows, step):
        strip = image.crop((0, top, columns, min(top + step, rows)))
        for through in {"F": ("I", "F"), "RGBa": ("RGBA", "RGBa")}.get(mode, (mode,)):
            strip = strip if strip.mode in (mode, "F") else strip.convert(through)
        small.paste(strip.reduce(factor), (0, top // factor))
    small = small.convert("RGBA") if mode == "RGBa" else small
    small.getexif()[ORIENTATION] = image.getexif().get(ORIENTATION, 1)
    return small


def is_transparent(image: Any) -> bool:
    """Whether something may be seen through it: as a channel, one of its colours, or some of its palette says."""
    in_palette = image.mode == "P" and image.palette.mode.endswith("A")
    return image.mode in ("LA", "PA", "RGBA", "RGBa") or "transparency" in image.info or in_palette


def upright_size(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    """(rows, columns) of the picture in a file, from its head alone; None if that cannot be read."""
    from PIL import Image

    try:
        with opened_file(path) as stream, warnings.catch_warnings(action="ignore"), Image.open(stream) as image:
            on_its_side = image.getexif().get(ORIENTATION) in ON_ITS_SIDE
            return image.size if on_its_side else image.size[::-1]
    except Exception:  # whoever reads the whole file will say what is wrong
        return None


def grey(image: Any) -> Any:
    """Any Pillow image as grey levels of 8 bits without transparency, at most `MAX_SIDE` pixels a side."""
    from PIL import Image

    if image.mode[0] in "IF":  # 16 or 32 bits, whose white is not agreed on: what is brightest is white
        levels = np.nan_to_num(np.asarray(image, np.float32), posinf=0, neginf=0)
        levels -= levels.min()
        image = Image.fromarray((levels * (255 / max(levels.max(), 1e-9))).astype(np.uint8))
    if is_transparent(image):
        image, opacity = image.convert("RGBA").convert("LA").split()
        seen = np.asarray(opacity, np.float32)
        light = (np.asarray(image) * seen).sum() > 127.5 * seen.sum()
        image = Image.composite(image, Image.new("L", image.size, 0 if light else 255), opacity)
    image = image.convert("L")
    image.thumbnail((MAX_SIDE, MAX_SIDE))
    return image


def coloured(image: Any) -> Any:
    """Any Pillow image as red, green and blue of 8 bits each, on white where it is transparent."""
    from PIL import Image

    if image.mode[0] in "IF":
        levels = np.nan_to_num(np.asarray(image, np.float32), posinf=0, neginf=0)
        return Image.fromarray((levels * (255 / white_of(image))).clip(0).round().astype(np.uint8)).convert("RGB")
    if is_transparent(image):
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def white_of(image: Any) -> float:
    """What is white in a picture of 16 or 32 bits: the largest 16-bit number, or of 32 bits 1, 255 or 65535

    The type says it where it can, and else the least of these that no level exceeds, so that a dark picture stays dark
    and a flat white one white.
    """
    if WHITE in image.info:
        return float(image.info[WHITE])
    if image.mode.startswith("I;16"):
        return 65535.0
    brightest = float(image.getextrema()[1])
    if not np.isfinite(brightest):
        brightest = float(np.nan_to_num(np.asarray(image, np.float32), posinf=0).max())
    scales = (1.0, 255.0, 65535.0) if image.mode == "F" else (255.0, 65535.0)
    return next((scale for scale in scales if brightest <= scale), brightest)


def _image_of_array(levels: Array) -> Any:
    from PIL import Image

    if levels.dtype != np.uint8 or levels.ndim < 2 or levels.shape[2:] not in ((), (1,), (3,), (4,)):
        form = f"{levels.dtype} of shape {levels.shape}"
        raise DataError(f"a picture as an array is uint8 of shape (R, C) or (R, C, 1 or 3 or 4), not {form}")
    return Image.fromarray(levels[..., 0] if levels.shape[2:] == (1,) else levels)
