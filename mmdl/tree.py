"""A model is a tree of arrays; so are its gradient and its moments.

A node is an array, a tuple, a dictionary or a dataclass; whatever else stands in a tree (numbers, names, None) is a
setting. A parameter that is used twice is one array that stands at two places.
"""

from collections.abc import Callable, Iterator
from dataclasses import field, fields, is_dataclass, replace
from typing import Any, TypeVar

import numpy as np

from mmdl.errors import FormatError
from mmdl.fields import check_fields
from mmdl.shapes import Array

Tree = TypeVar("Tree")


def map(f: Callable[..., Any], tree: Tree, *others: Any) -> Tree:
    """Apply f to the arrays that stand at the same place in each tree; settings stay as they are in the first.

    An array that stands at two places is given to f twice, and comes back as two.
    """
    if isinstance(tree, np.ndarray):
        return f(tree, *others)
    if not _is_node(tree):
        return tree
    return _rebuilt(tree, {name: map(f, *nodes) for name, *nodes in _children(tree, *others)})


def map_nodes(f: Callable[[Any], Any], tree: Tree) -> Tree:
    """Apply f to every dataclass in the tree, the outermost last; the arrays are the same ones, shared or not."""
    if not _is_node(tree):
        return tree
    tree = _rebuilt(tree, {name: map_nodes(f, child) for name, child in _children(tree)})
    return f(tree) if _is_layer(tree) else tree


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Array]]:
    """Yield every array with its dotted path, ("head.W", array); a shared array comes once for each of its places.

    >>> from mmdl.layers import Dense
    >>> [(path, array.shape) for path, array in leaves(Dense.init(np.random.default_rng(0), 2, 3))]
    [('W', (2, 3)), ('b', (3,))]
    """
    if isinstance(tree, np.ndarray):
        yield path, tree
    elif _is_node(tree):
        for name, child in _children(tree):
            yield from leaves(child, f"{path}.{name}" if path else str(name))


def add(a: Tree, b: Tree) -> Tree:
    """The sum of two trees, array by array: gradients of two halves of a batch, say."""
    return map(np.add, a, b)


def zeros(tree: Tree) -> Tree:
    """A tree of the same kind with zeros for arrays: where a moment starts."""
    return map(np.zeros_like, tree)


def copy(tree: Tree) -> Tree:
    """A copy with arrays of its own; what was shared in the tree is shared in the copy."""
    copies: dict[int, Array] = {}
    return map(lambda array: copies.setdefault(id(array), np.array(array, order="C")), tree)


def count(tree: Any) -> int:
    """How many numbers there are to learn: shared arrays count once, running statistics not at all."""
    running = running_momentum(tree)
    return sum(array.size for path, array in distinct(tree) if path not in running)


def equal(a: Any, b: Any) -> bool:
    """True if both trees are of the same kinds, with the same settings and the same numbers."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return type(a) is type(b) and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")
    if type(a) is not type(b):
        return False
    if not _is_node(a):
        return a == b
    mine, theirs = dict(_children(a)), dict(_children(b))
    return mine.keys() == theirs.keys() and all(equal(mine[name], theirs[name]) for name in mine)


def distinct(tree: Any) -> Iterator[tuple[str, Array]]:
    """Yield every array once, with the first of its paths."""
    seen: set[int] = set()
    for path, array in leaves(tree):
        if id(array) not in seen:
            seen.add(id(array))
            yield path, array


def running(momentum: str = "momentum") -> Any:
    """Mark a dataclass field as a running statistic; `momentum` names the field that says how slowly it moves.

    Its "gradient" is its distance from the batch's value, and an optimizer moves it by 1 − momentum times that.
    """
    return field(metadata={"running": momentum})


def fixed_row(row: str) -> Any:
    """Mark a dataclass field as an array of which one row never changes; `row` names the field that says which."""
    return field(metadata={"fixed_row": row})


def running_momentum(tree: Any) -> dict[str, float]:
    """The momentum of every running statistic: {dotted path: momentum}"""
    return _marked(tree, "running")


def fixed_rows(tree: Any) -> dict[str, int]:
    """Which row of an array never changes: {dotted path: row}"""
    return {path: row for path, row in _marked(tree, "fixed_row").items() if row is not None}


def _marked(tree: Any, mark: str, path: str = "") -> dict[str, Any]:
    """What the fields with this mark refer to, by dotted path."""
    found: dict[str, Any] = {}
    if _is_node(tree):
        for name, child in _children(tree):
            found |= _marked(child, mark, f"{path}.{name}" if path else str(name))
    if _is_layer(tree):
        for each in fields(tree):
            if mark in each.metadata:
                found[f"{path}.{each.name}" if path else each.name] = getattr(tree, each.metadata[mark])
    return found


def describe(tree: Any) -> Any:
    """The tree as plain JSON, with a dotted path in the place of each array: `rebuild` reverses it.

    An array that is shared is named by the first of its paths. Random generators are no part of a description.
    """
    first: dict[int, str] = {}
    for path, array in leaves(tree):
        first.setdefault(id(array), path)
    if len(set(first.values())) < len(first):
        raise FormatError("two arrays have the same dotted path; let names have no dots")
    return _describe(tree, first)


def rebuild(description: Any, arrays: dict[str, Array], kinds: dict[str, Any]) -> Any:
    """The tree again, from its description, its arrays by dotted path, and the table of known kinds by name.

    Raises
    ------
    FormatError
        If a kind, a setting or an array is not known. Nothing is ever imported or called by a name in a file.
    """
    match description:
        case list():
            return tuple(rebuild(each, arrays, kinds) for each in description)
        case {"array": str(path)}:
            if path not in arrays:
                raise FormatError(f"the array {path!r:.60} is missing")
            return arrays[path]
        case {"kind": str(kind), "fields": dict(parts)}:
            return _of_kind(kind, {name: rebuild(each, arrays, kinds) for name, each in parts.items()}, kinds)
        case dict():
            raise FormatError(f"{ascii(description)[:60]} describes no part of a model")
    return description


def _of_kind(kind: str, children: dict[str, Any], kinds: dict[str, Any]) -> Any:
    if kind == "dict":
        return children
    if kind not in kinds:
        raise FormatError(f"{ascii(kind)[:60]} is no known kind of layer")
    check_fields(kinds[kind], children)
    try:
        return kinds[kind](**children)
    except TypeError:
        raise FormatError(f"{sorted(children)} are not the fields of {kind}") from None


def _is_node(tree: Any) -> bool:
    if isinstance(tree, tuple):  # one of names or numbers is a setting: a vocabulary is not walked through
        return not isinstance(next(iter(tree), ""), (str, int, float))
    return isinstance(tree, dict) or _is_layer(tree)


def _is_layer(tree: Any) -> bool:
    return is_dataclass(tree) and not isinstance(tree, type)


def _children(tree: Any, *others: Any) -> Iterator[tuple[Any, ...]]:
    """Yield each child's name and the nodes that stand there in all trees."""
    if isinstance(tree, tuple):
        yield from zip(range(len(tree)), tree, *others, strict=True)
    elif isinstance(tree, dict):
        yield from ((name, child, *(other[name] for other in others)) for name, child in tree.items())
    else:
        names = [each.name for each in fields(tree)]
        yield from ((name, *(getattr(node, name) for node in (tree, *others))) for name in names)


def _rebuilt(tree: Any, children: dict[Any, Any]) -> Any:
    if isinstance(tree, tuple):
        return type(tree)(*children.values()) if hasattr(tree, "_fields") else tuple(children.values())
    return children if isinstance(tree, dict) else replace(tree, **children)


def _describe(tree: Any, first: dict[int, str]) -> Any:
    if isinstance(tree, np.ndarray):
        return {"array": first[id(tree)]}
    if isinstance(tree, tuple):
        return [_describe(child, first) for child in tree]
    if isinstance(tree, dict):
        return {"kind": "dict", "fields": {name: _describe(child, first) for name, child in tree.items()}}
    if _is_layer(tree):
        described = {name: _describe(child, first) for name, child in _children(tree)}
        return {"kind": type(tree).__name__, "fields": described}
    if isinstance(tree, np.random.Generator):
        raise FormatError("a model in training mode carries a generator and cannot be described; leave that mode first")
    if tree is not None and not isinstance(tree, (bool, int, float, str)):
        raise FormatError(f"a {type(tree).__name__} has no place in a description")
    return tree
