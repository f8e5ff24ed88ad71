"""Every kind of thing that a model file may contain, by name: nothing else is ever built from a file.

These are the layers, fusions, models and preprocessors that the packages export. A class may be renamed, or get other
fields: what older files call it stands in `FORMER`.
"""

from collections.abc import Callable
from dataclasses import is_dataclass
from typing import Any

from mmdl import data, fusion, layers, models
from mmdl.layers import Layer

Change = Callable[[str, dict[str, Any]], dict[str, Any]]  # former name and fields -> description of today


def _is_kind(thing: Any) -> bool:
    """Whether a model may consist of such things: layers, and what prepares their inputs."""
    return is_dataclass(thing) and isinstance(thing, type) and (issubclass(thing, Layer) or hasattr(thing, "encode"))


_exported = [getattr(package, name) for package in (layers, fusion, models, data) for name in package.__all__]
KINDS = {kind.__name__: kind for kind in [*_exported, *fusion.FUSIONS.values()] if _is_kind(kind)}


def current(description: Any, version: int) -> Any:
    """What a file of this version describes, as a file of today would: see `tree.describe`"""
    match description:
        case list():
            return [current(each, version) for each in description]
        case {"kind": str(kind), "fields": dict(parts)}:
            parts = {name: current(each, version) for name, each in parts.items()}
            change = FORMER.get(version, {}).get(kind)
            return {"kind": kind, "fields": parts} if change is None else change(kind, parts)
    return description


def _renamed(kind: str | None = None, **names: str) -> Change:
    """The change to another name of the kind, and to other names of its fields: new="old" """

    def change(former: str, parts: dict[str, Any]) -> dict[str, Any]:
        new = {old: name for name, old in names.items()}
        return {"kind": kind or former, "fields": {new.get(name, name): part for name, part in parts.items()}}

    return change


def _transformer_block(kind: str, parts: dict[str, Any]) -> dict[str, Any]:
    """The second norm and the two dense layers are a feed-forward network now."""
    *rest, norm, widen, narrow = (parts[name] for name in ("norm1", "attention", "norm2", "widen", "narrow"))
    network = {"kind": "FeedForward", "fields": {"norm": norm, "widen": widen, "narrow": narrow}}
    return {"kind": kind, "fields": dict(zip(("norm", "attention", "feed_forward"), (*rest, network), strict=True))}


FORMER: dict[int, dict[str, Change]] = {  # by version of the file, what became of a kind
    1: {
        "BottleneckBlock": _renamed(output="mix", feed_forward="thought"),
        "CrossBlock": _renamed(output="mix", feed_forward="thought"),
        "CrossAttentionFusion": _renamed(feed_forward="thought"),
        "EachToken": _renamed("TimeDistributed"),
        "Thought": _renamed("FeedForward"),
        "TransformerBlock": _transformer_block,
    }
}
