"""Files that are written whole or not at all."""

import os
from contextlib import contextmanager
from pathlib import Path

from mmdl.errors import DataError


@contextmanager
def replacing(path):
    """Lend another name in the same folder; what was written there becomes `path`, unless something went wrong

    A file that was there before stays whole until a whole one takes its place.

    Raises
    ------
    DataError
        If the file cannot be written.
    """
    path = Path(path)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        try:
            yield unfinished
            os.replace(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as mistake:
        raise DataError(f"{path} cannot be written: {mistake.strerror or mistake}") from None
