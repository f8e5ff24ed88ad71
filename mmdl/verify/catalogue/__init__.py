"""Every op with its loops, its draws and its laws; a file here for each file of `ops`, found by its name."""

import importlib
import pkgutil

KINDS = tuple(importlib.import_module(f"{__name__}.{file.name}") for file in pkgutil.iter_modules(__path__))

CATALOGUE = {entry.name: entry for kind in KINDS for entry in kind.ENTRIES}
