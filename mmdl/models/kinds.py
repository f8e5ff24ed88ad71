"""Every kind of thing that a model file may contain, by name: nothing else is ever built from a file.

These are the layers, fusions, models and preprocessors that the packages export.
"""

from dataclasses import is_dataclass

from mmdl import data, fusion, layers, models
from mmdl.layers import Layer


def _is_kind(thing):
    """Whether a model may consist of such things: layers, and what prepares their inputs."""
    return is_dataclass(thing) and isinstance(thing, type) and (issubclass(thing, Layer) or hasattr(thing, "encode"))


_exported = [getattr(package, name) for package in (layers, fusion, models, data) for name in package.__all__]
KINDS = {kind.__name__: kind for kind in [*_exported, *fusion.FUSIONS.values()] if _is_kind(kind)}
