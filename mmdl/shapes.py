"""What an op takes, said once, in the annotations of its arguments: the shape in letters, and the kind of number.

    @shapes
    def affine(x: Annotated[Array, "... D"], W: Annotated[Array, "D K"], b: Annotated[Array, "K"] | None) -> Array:

One letter means one length, over all arguments of a call:

    N  examples of a batch        I J  rows and columns of a kernel    H  hidden units
    T  tokens, or steps of time   P Q  image rows and columns out      V  width of the values in attention
    S  tokens of a second one     D    features or channels in         A  entries of an embedding table
    R C  image rows and columns   K    features, channels, classes out M  modalities
    F  terms of a tensor, its rank

An axis may also be a multiple (`4H`), one longer (`T+1`), a number (`2`), any length (`_`), or one that must not
be empty (`S>0`). A leading `...` stands for axes that broadcast, a leading `*` for axes that do not: they are the same
in every argument, and what `...` stands for elsewhere broadcasts to exactly these. `Annotated[Arrays, "M of ... D"]` is
a tuple of M such arrays.

**Numbers are promoted, ids are not.**

    Array, Arrays  Numbers. All of a call share one floating-point type, the one that NumPy promotes them to: float32
                   and float64 make float64. Integers and booleans are taken as numbers of that type, and of float64
                   if there is no other. float16 is refused, because sums leave its range at 65,504. Complex numbers
                   are for gradients by complex steps.
    Ids            Integers that name a row or a class. Booleans and floats are refused.
    Mask           Booleans, or integers that are all 0 or 1.

Arguments are NumPy arrays (a NumPy scalar is one without axes). Lists and Python's own numbers are refused.
"""

import functools
import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any, NamedTuple, ParamSpec, TypeAlias, TypeVar, get_args, get_origin

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmdl.errors import DataError, ShapeError

Array: TypeAlias = NDArray[Any]
Arrays: TypeAlias = tuple[Array, ...]
Ids: TypeAlias = NDArray[np.integer[Any]]
Mask: TypeAlias = NDArray[np.bool_]
Pair: TypeAlias = int | tuple[int, ...]  # one number for rows and columns, or one for each
Padding: TypeAlias = str | int | tuple[Pair, Pair]  # "valid", "same", or how much is added before and after

ACCEPTED = {  # what an argument must be, and the kinds of dtype that are
    Array: ("numbers", "biufc"),
    Arrays: ("numbers", "biufc"),
    Ids: ("integers", "iu"),
    Mask: ("True or False", "biu"),
}

P = ParamSpec("P")
R = TypeVar("R")
Given: TypeAlias = Any  # (shape, dtype, class) of an array; a tuple of them for a tuple of arrays; None for None
Bound: TypeAlias = dict[str, tuple[Any, ...]]  # by letter: what it stands for, and the argument that said so first
Conversion: TypeAlias = tuple[int, str, Callable[[Any], Any]]  # place and name of an argument, function of its value


def shapes(function: Callable[P, R]) -> Callable[P, R]:
    """Check the arguments that are annotated with a contract; an argument that is None is left out.

    Letters are bound, and types promoted, once for every new combination of shapes and types, so that a repeated call
    costs about a microsecond. The decorated function keeps the contracts, as written, in `.contracts`.
    """
    signature = inspect.signature(function, eval_str=True)
    arguments = tuple(_arguments(signature))
    named = [(each.place, each.name) for each in arguments]

    @functools.lru_cache(maxsize=1024)
    def bind(found: tuple[Given, ...]) -> list[Conversion]:
        bound: Bound = {}
        for argument, given in zip(arguments, found, strict=True):
            if given is not None:
                _bind(function.__name__, argument, given, bound)
        _compare_leading(function.__name__, bound)
        return _conversions(function.__name__, arguments, found)

    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> R:
        count = len(args)
        values = [args[place] if place < count else kwargs.get(name) for place, name in named]
        try:
            key = tuple([None if value is None else (value.shape, value.dtype, type(value)) for value in values])
        except AttributeError:  # an argument is a tuple of arrays, or no array at all
            key = tuple([_given(function.__name__, *pair) for pair in zip(arguments, values, strict=True)])
        for place, name, convert in bind(key):
            if place < count:
                args = (*args[:place], convert(args[place]), *args[place + 1 :])
            else:
                kwargs[name] = convert(kwargs[name])
        return function(*args, **kwargs)

    vars(checked).update(
        contracts={each.name: each.contract for each in arguments}, __signature__=_signature(signature)
    )
    return checked


class _Argument(NamedTuple):
    name: str
    place: int
    contract: str  # as written
    alias: Any  # Array, Arrays, Ids or Mask
    copies: str | None  # the letter before `of`, if the argument is a tuple of arrays
    leading: str  # "..." or "*", if it has leading axes
    axes: tuple[str, ...]

    def __str__(self) -> str:
        axes = [self.leading] * bool(self.leading) + [axis.removesuffix(">0") for axis in self.axes]
        return f"{self.name} ({', '.join(axes)})"


def _arguments(signature: inspect.Signature) -> Iterator[_Argument]:
    """The arguments that have a contract."""
    for place, (name, parameter) in enumerate(signature.parameters.items()):
        for part in (parameter.annotation, *get_args(parameter.annotation)):  # of `Annotated[...] | None`
            if get_origin(part) is Annotated and get_args(part)[0] in ACCEPTED:
                alias, contract = get_args(part)
                copies, _, each = contract.rpartition(" of ")
                axes = tuple(each.split())
                leading = axes[0] if axes[:1] in (("...",), ("*",)) else ""
                yield _Argument(name, place, contract, alias, copies or None, leading, axes[bool(leading) :])


class _Text(str):
    """An annotation that `help` shows without quotes."""

    __slots__ = ()
    __repr__ = str.__str__


def _signature(signature: inspect.Signature) -> inspect.Signature:
    """What `help` shows: `Array`, where Python would write `numpy.ndarray[tuple[typing.Any, ...], ...`"""
    parameters = [each.replace(annotation=_readable(each.annotation)) for each in signature.parameters.values()]
    return signature.replace(parameters=parameters, return_annotation=_readable(signature.return_annotation))


def _readable(annotation: Any) -> Any:
    if annotation is inspect.Signature.empty:
        return annotation
    text = inspect.formatannotation(annotation).replace("typing.", "")
    for name, written in WRITTEN.items():
        text = text.replace(written, name)
    return _Text(text)


WRITTEN = {
    name: inspect.formatannotation(alias).replace("typing.", "")
    for name, alias in {"Array": Array, "Ids": Ids, "Mask": Mask}.items()
}


def as_numbers(function: str, name: str, value: ArrayLike) -> Array:
    """An array of anything that NumPy takes for one, by the same rule: for functions of a number."""
    array = np.asarray(value)
    _check_types(function, name, Array, {array.dtype})
    return array if array.dtype.kind in "fc" else array.astype(float)


def _given(function: str, argument: _Argument, value: Any) -> Given:
    if value is None:
        return None
    if not argument.copies:
        return _given_array(function, argument.name, value)
    if not isinstance(value, (tuple, list)):
        raise ShapeError(f"{function}: {argument.name} must be a tuple of arrays, not {type(value).__name__}")
    return tuple(_given_array(function, f"{argument.name}[{place}]", each) for place, each in enumerate(value))


def _given_array(function: str, name: str, value: Any) -> Given:
    if not isinstance(value, (np.ndarray, np.generic)):
        raise ShapeError(f"{function}: {name} must be an array, not {type(value).__name__}")
    return value.shape, value.dtype, type(value)


def _bind(function: str, argument: _Argument, given: Given, bound: Bound) -> None:
    """Bind the letters of one argument, last axis first, or explain why they do not fit."""
    if argument.copies:
        if given and isinstance(given[-1], type):
            raise ShapeError(f"{function}: {argument.name} must be a tuple of arrays, not {given[-1].__name__}")
        _bind_axis(function, argument.copies, len(given), (argument.name, f"{len(given)} arrays"), bound)
        for place, each in enumerate(given):
            _bind(function, argument._replace(name=f"{argument.name}[{place}]", copies=None), each, bound)
        return
    shape, _, kind = given
    if not issubclass(kind, (np.ndarray, np.generic)) or issubclass(kind, (np.matrix, np.ma.MaskedArray)):
        raise ShapeError(f"{function}: {argument.name} must be an array, not {kind.__name__}")
    where = (str(argument), shape)
    if len(shape) < len(argument.axes) or (not argument.leading and len(shape) > len(argument.axes)):
        axes = f"at least {len(argument.axes)}" if argument.leading else str(len(argument.axes))
        raise ShapeError(f"{function}: {argument} needs {axes} axes but has shape {shape}")
    for axis, length in zip(reversed(argument.axes), reversed(shape), strict=False):
        _bind_axis(function, axis, length, where, bound)
    leading = shape[: len(shape) - len(argument.axes)]
    if argument.leading == "...":
        _broadcast(function, leading, where, bound)
    elif argument.leading == "*":
        _agree(function, "*", leading, where, bound)


def _bind_axis(function: str, axis: str, length: int, where: tuple[str, Any], bound: Bound) -> None:
    factor, letter, more, filled = re.fullmatch(r"(\d*)([A-Z_]?)(?:\+(\d+))?(>0)?", axis).groups()  # type: ignore[union-attr]
    if filled and length == 0:
        raise ShapeError(f"{function}: {letter} must be at least 1 in {where[0]} = {where[1]}")
    if letter == "_":
        return
    count, rest = divmod(length - int(more or 0), int(factor or 1))
    if rest or count < 0 or (not letter and count != 1):
        raise ShapeError(f"{function}: {length} cannot be {axis} in {where[0]} = {where[1]}")
    if letter:
        _agree(function, letter, count, where, bound)


def _agree(function: str, letter: str, length: int | tuple[int, ...], where: tuple[str, Any], bound: Bound) -> None:
    known, *there = bound.setdefault(letter, (length, *where))
    if known != length:
        what = "the leading axes are" if letter == "*" else f"{letter} is"
        raise ShapeError(
            f"{function}: {what} {known} in {there[0]} = {there[1]} but {length} in {where[0]} = {where[1]}"
        )


def _broadcast(function: str, leading: tuple[int, ...], where: tuple[str, Any], bound: Bound) -> None:
    known, *there = bound.get("...", (leading, *where))
    try:
        bound["..."] = (np.broadcast_shapes(known, leading), *where)
    except ValueError:
        raise ShapeError(
            f"{function}: leading axes {known} of {there[0]} = {there[1]} "
            f"do not broadcast with {leading} of {where[0]} = {where[1]}"
        ) from None


def _compare_leading(function: str, bound: Bound) -> None:
    """Where some leading axes are given and others broadcast, these must broadcast to those."""
    if "*" in bound and "..." in bound and bound["*"][0] != bound["..."][0]:
        (leading, *where), (other, *there) = bound["*"], bound["..."]
        raise ShapeError(
            f"{function}: leading axes must be {other}, as in {there[0]} = {there[1]}, "
            f"but are {leading} in {where[0]} = {where[1]}"
        )


def _conversions(function: str, arguments: tuple[_Argument, ...], found: tuple[Given, ...]) -> list[Conversion]:
    """The rule for types of numbers: what must be converted, and how."""
    given = [
        (argument, {dtype for _, dtype, _ in (each if argument.copies else (each,))})
        for argument, each in zip(arguments, found, strict=True)
        if each
    ]
    for argument, dtypes in given:
        _check_types(function, argument.name, argument.alias, dtypes)
    numbers = [dtypes for argument, dtypes in given if argument.alias in (Array, Arrays)]
    floating = [dtype for dtype in set().union(*numbers) if dtype.kind in "fc"]
    number = np.result_type(*floating).newbyteorder("=") if floating else np.dtype(float)
    conversions: list[Conversion] = []
    for argument, dtypes in given:
        if argument.alias in (Array, Arrays) and dtypes - {number}:
            conversions.append((argument.place, argument.name, functools.partial(_converted, number)))
        elif argument.alias == Mask and dtypes - {np.dtype(bool)}:
            conversions.append((argument.place, argument.name, functools.partial(_as_mask, function, argument.name)))
    return conversions


def _check_types(function: str, name: str, alias: Any, dtypes: Iterable[np.dtype[Any]]) -> None:
    wanted, kinds = ACCEPTED[alias]
    for dtype in dtypes:
        if dtype.kind not in kinds:
            raise DataError(f"{function}: {name} must be {wanted}, not {dtype}")
        if dtype == np.float16:
            raise DataError(f"{function}: {name} is float16, whose sums overflow; make it float32 or float64")


def _converted(number: np.dtype[Any], value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return tuple(each.astype(number, copy=False) for each in value)
    return value.astype(number, copy=False)


def _as_mask(function: str, name: str, value: Any) -> Mask:
    value = np.asarray(value)
    wrong = value[(value != 0) & (value != 1)]
    if wrong.size:
        raise DataError(f"{function}: {name} must be True or False, or 1 and 0, but holds {wrong.flat[0]}")
    return value.astype(bool)
