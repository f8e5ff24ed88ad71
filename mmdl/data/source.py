"""Where data comes from: what is known of a dataset before it is loaded."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple


class Download(NamedTuple):
    """One file of a dataset as it was published."""

    file: str  # below the data folder: "mnist/t10k-labels-idx1-ubyte.gz"
    urls: tuple[str, ...]  # mirrors, tried in turn
    checksum: str  # "md5:..." or "sha256:..." of the file as published
    bytes: int
    content: str | None = None  # checksum of what is in a .gz, for copies that were compressed again


@dataclass(frozen=True)
class Source:
    """A dataset by name.

    Parameters
    ----------
    load : function of keyword options -> Dataset
    modalities : tuple of str
    about : str
        What it is, in one line.
    licence : str
        Of the data, and whom to thank.
    downloads : tuple of Download
        Empty for data that is made on this machine.
    """

    load: Callable
    modalities: tuple[str, ...]
    about: str
    licence: str
    downloads: tuple[Download, ...] = ()
