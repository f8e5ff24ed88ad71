"""The eighth property: numbers are promoted, ids are not."""

import numpy as np

from mmdl.errors import DataError
from mmdl.verify.batching import parts
from mmdl.verify.compare import EXACT, PropertyError, agree
from mmdl.verify.oracle import each

WHOLE = {"f": (np.int64, np.int8, np.uint8, bool), "i": (np.int64, np.int16, np.uint8), "b": (bool, np.int64, np.uint8)}
REFUSED = {"f": (np.float16, "U8"), "i": (bool, float), "b": (float, "U8")}  # by kind: numbers, ids, masks

ROUGH = 1e-4  # rounding in float32 of sums of whole numbers, which are larger than those of unit scale


def promotes_numbers_but_not_ids(entry, arguments, rng):
    """Whole numbers mean the same in every type, alike or mixed: integers and booleans are promoted, ids are not.

    What is computed in float32 may differ by its rounding. float16, ids that are no integers, and masks that are
    neither True nor False, are refused in a sentence.
    """
    whole = {name: each(_whole, value) for name, value in arguments.items()}
    large = {name: each(lambda x: 100 * x, whole[name]) for name in entry.extreme}  # sums of which leave eight bits
    cases = ((whole, ()), (whole | large, ()), (whole, (np.float32,)), (whole, (np.float32, np.float64)))
    error = max(_compare_with_double(entry, case, floating, rng) for case, floating in cases)
    for name, value in arguments.items():
        for wrong in _wrong_types(value):
            _check_refused(entry, arguments | {name: wrong}, name)
    return error


def _compare_with_double(entry, arguments, floating, rng):
    """The largest difference of results and gradients to those of the same numbers in float64."""
    given = {name: each(lambda x: _retyped(x, floating, rng), value) for name, value in arguments.items()}
    double = {name: each(_in_double, arguments[name], given[name]) for name in arguments}
    results = entry.results(**double)
    upstream = {name: _whole(rng.standard_normal(np.shape(results[name]))) for name in entry.outputs}
    typed = {name: _retyped(dy, floating, rng) for name, dy in upstream.items()}
    found = _outcome(entry, given, typed)
    truth = _outcome(entry, double, {name: _in_double(upstream[name], typed[name]) for name in upstream})
    words = ", ".join(f"{name} {_types(value)}" for name, value in given.items() if _types(value))
    dtypes = [part.dtype for value in given.values() for part in parts(value) if isinstance(part, np.ndarray)]
    common = np.result_type(*([dtype for dtype in dtypes if dtype.kind == "f"] or [float]))
    errors = [0.0]
    for name, value in found.items():
        what = f"{name} of {entry.name} for {words}"
        for mine, theirs in zip(map(np.asarray, parts(value)), map(np.asarray, parts(truth[name])), strict=True):
            if theirs.dtype.kind == "f" and mine.dtype != common and (name in results or mine.dtype.kind != "f"):
                raise PropertyError(f"{what} is {mine.dtype}")
            single = np.float32 in (common, mine.dtype)  # a gradient may come from dy in float32 alone
            error = agree(what, mine, theirs, ROUGH if single else EXACT, "float64")
            errors.append(0.0 if single else error)
    return max(errors)


def _outcome(entry, arguments, upstream):
    """Results and gradients, by name."""
    results = entry.results(**arguments)
    gradients = entry.gradients(upstream, arguments, results)
    return results | {f"d{name}": gradient for name, gradient in gradients.items()}


def _whole(x):
    """Numbers rounded up, so that what is positive stays so."""
    return np.ceil(x) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x


def _retyped(x, floating, rng):
    """Numbers, ids or a mask in any type that may stand for them, or the nearest that this type can hold."""
    if not isinstance(x, np.ndarray):
        return x
    types = WHOLE[x.dtype.kind] + (floating if x.dtype.kind == "f" else ())
    dtype = np.dtype(types[rng.integers(len(types))])
    if dtype.kind == "u":
        x = np.abs(x)
    if dtype.kind in "iu":
        x = np.clip(x, np.iinfo(dtype).min, np.iinfo(dtype).max)
    return x.astype(dtype)


def _in_double(original, retyped):
    return retyped.astype(float) if isinstance(original, np.ndarray) and original.dtype.kind == "f" else original


def _wrong_types(value):
    """The value in types that an op must refuse; of a tuple of arrays the first is wrong."""
    first, *others = parts(value) or (None,)
    for dtype in REFUSED[first.dtype.kind] if isinstance(first, np.ndarray) else ():
        wrong = first.astype(dtype)
        yield (wrong, *others) if isinstance(value, tuple) else wrong


def _check_refused(entry, arguments, name):
    try:
        entry.results(**arguments)
    except DataError:
        return
    raise PropertyError(f"{entry.name} takes {name} in {_types(arguments[name])}")


def _types(value):
    return " and ".join(str(part.dtype) for part in parts(value) if isinstance(part, np.ndarray))
