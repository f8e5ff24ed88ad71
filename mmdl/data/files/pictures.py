"""Picture files of any format: opened upright, as grey levels or colours of 8 bits."""

import os
from typing import Any

import numpy as np

from mmdl.errors import DataError, FormatError
from mmdl.shapes import Array

MAX_SIDE = 1024  # pixels a side beyond which a picture is shrunk before anything is computed from it
ORIENTATION = 0x0112  # in EXIF: from 5 on, rows and columns have changed places


def opened(picture: Any, enough: int | None = None) -> Any:
    """The Pillow image of a path, an array or an image, upright

    A large JPEG is read at a fraction of its size, which takes a fraction of the time, if at least `enough` pixels a
    side are left.
    """
    from PIL import Image, ImageOps

    if isinstance(picture, (str, os.PathLike)):
        path = os.fspath(picture)
        try:
            with Image.open(path) as image:
                if enough:
                    image.draft(None, (enough, enough))
                return ImageOps.exif_transpose(image)
        except FileNotFoundError:
            raise DataError(f"there is no picture {path}") from None
        except Exception as mistake:  # broken files make Pillow's decoders raise errors of a dozen kinds
            raise FormatError(f"{path} cannot be read as a picture ({type(mistake).__name__})") from None
    if isinstance(picture, np.ndarray):
        picture = _image_of_array(picture)
    if not isinstance(picture, Image.Image):
        raise DataError(f"a picture is an image, a path or a uint8 array, not {type(picture).__name__}")
    if 0 in picture.size:
        raise DataError("a picture needs at least one pixel")
    return ImageOps.exif_transpose(picture)


def upright_size(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    """(rows, columns) of the picture in a file, from its head alone; None if that cannot be read."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            on_its_side = image.getexif().get(ORIENTATION, 1) >= 5
            return image.size if on_its_side else image.size[::-1]
    except Exception:  # whoever reads the whole file will say what is wrong
        return None


def grey(image: Any) -> Any:
    """Any Pillow image as grey levels of 8 bits without transparency, at most `MAX_SIDE` pixels a side."""
    from PIL import Image

    if image.mode[0] in "IF":  # 16 or 32 bits, whose white is not agreed on: what is brightest is white
        levels = np.nan_to_num(np.asarray(image, np.float64), posinf=0, neginf=0)
        levels -= levels.min()
        image = Image.fromarray((levels * (255 / max(levels.max(), 1e-9))).astype(np.uint8))
    if "A" in image.getbands() or "transparency" in image.info:
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
        return grey(image).convert("RGB")
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def _image_of_array(levels: Array) -> Any:
    from PIL import Image

    if levels.dtype != np.uint8 or levels.ndim < 2 or levels.shape[2:] not in ((), (1,), (3,), (4,)):
        form = f"{levels.dtype} of shape {levels.shape}"
        raise DataError(f"a picture as an array is uint8 of shape (R, C) or (R, C, 1 or 3 or 4), not {form}")
    return Image.fromarray(levels[..., 0] if levels.shape[2:] == (1,) else levels)
