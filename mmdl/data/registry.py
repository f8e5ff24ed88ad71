"""Where data comes from: what is known of a data set before it is loaded, and how it is found by its name."""

import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module

from mmdl.data.dataset import Dataset
from mmdl.data.files.fetch import Download


@dataclass(frozen=True)
class Source:
    """A data set by name.

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
    to_write : str
        The name of the data set with which models learn to write, which may be its own; "" if there is none.
    """

    load: Callable[..., Dataset]
    modalities: tuple[str, ...]
    about: str
    licence: str
    downloads: tuple[Download, ...] = ()
    to_write: str = ""


class Sources(Mapping[str, Source]):
    """The `SOURCE` of every module in a package by the module's name: `spoken-digits` is in `spoken_digits.py`

    Names are read from the folder; a module is imported when its source is asked for.
    """

    def __init__(self, package: str):
        self.package = package

    def __iter__(self) -> Iterator[str]:
        folders = import_module(self.package).__path__
        return (module.name.replace("_", "-") for module in pkgutil.iter_modules(folders))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getitem__(self, name: str) -> Source:
        if name not in set(self):
            raise KeyError(name)
        source: Source = import_module(f"{self.package}.{name.replace('-', '_')}").SOURCE
        return source
