"""Whether the parts of a loaded model fit together, found out by asking it once."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from mmdl import tree
from mmdl.data import Batch
from mmdl.data.prepare import prepare
from mmdl.errors import FormatError
from mmdl.layers import Layer

FEW, MANY = 1, 64  # words or frames of the two examples
MOST = 1 << 25  # numbers that a layer makes of them


def _sound(preprocessor: Any, count: int) -> tuple[int, Any]:
    samples = preprocessor.window + preprocessor.hop * (min(count, preprocessor.length) - 1)
    return preprocessor.rate, np.linspace(-1, 1, samples, dtype=np.float32)


RAW: dict[str, Callable[[Any, int], Any]] = {  # by the kind of a modality, an example that its preprocessor takes
    "image": lambda preprocessor, count: np.arange(256, dtype=np.uint8).reshape(16, 16),
    "text": lambda preprocessor, count: " ".join([*preprocessor.words[-1:], *["a"] * count][:count]),
    "audio": _sound,
    "numbers": lambda preprocessor, count: [0.0] * len(preprocessor.mean),
}


def try_out(model: Any) -> None:
    """FormatError, unless a model that has preprocessors answers with a number for each class or unit of its target.

    It is asked about short and long things, and about nothing at all if it must be able to answer that.
    """
    if not getattr(model, "preprocessors", None):
        return
    try:
        watched = tree.map_nodes(_watched, model)
        with np.errstate(all="ignore"):
            answers = [watched.forward(_question(model, count))[0] for count in (FEW, MANY)]
        expected = _outputs(model)
        shapes = [getattr(answer, "values", answer).shape for answer in answers]
    except Exception as mistake:  # whatever a part does that is given what it was not made for
        reason = ascii(str(mistake))[1:-1][:150]
        raise FormatError(f"its parts do not fit together ({type(mistake).__name__}: {reason})") from None
    for shape in shapes:
        if expected is not None and (shape[0], *shape[-1:], len(shape)) != (2, expected, 3 if _writes(model) else 2):
            numbers = " x ".join(map(str, shape[1:]))
            raise FormatError(f"its parts do not fit together: it gives {numbers} numbers where {expected} are needed")


def _watched(layer: Any) -> Any:
    """The layer, which is a copy: it refuses to take or to give more than `MOST` numbers, as layers in a row may that
    each double what they are given."""
    if isinstance(layer, Layer):
        forward = layer.forward

        def limited(*x: Any) -> tuple[Any, Any]:
            _demand_few(x)
            y, trace = forward(*x)
            _demand_few(y)
            return y, trace

        object.__setattr__(layer, "forward", limited)
    return layer


def _demand_few(values: Any) -> None:
    if _count(values) > MOST:
        raise FormatError(f"more than {MOST:,} numbers for two examples")


def _count(values: Any) -> int:
    if isinstance(values, np.ndarray):
        return values.size
    return sum(map(_count, values)) if isinstance(values, tuple) else 0


def _outputs(model: Any) -> Any:
    """How many numbers a model gives for an example or a token; None where that is as it comes."""
    if hasattr(model, "classes"):
        return len(model.classes)
    if hasattr(model, "scale"):
        return 1
    return model.target.entries if _writes(model) else None


def _question(model: Any, count: int) -> Batch:
    """An example that has all modalities, and another that has none, if they may be absent."""
    raw = {name: RAW[each.kind](each, count) for name, each in model.preprocessors.items()}
    other = dict.fromkeys(raw) if hasattr(model, "modalities") else raw
    batch = prepare(model.preprocessors, **{name: [raw[name], other[name]] for name in raw})
    return replace(batch, targets=model.target.encode(["", ""])) if _writes(model) else batch


def _writes(model: Any) -> bool:
    return hasattr(model, "target")
