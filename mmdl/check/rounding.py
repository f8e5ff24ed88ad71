"""How far rounding alone can move a result: what a right solution, in another order of operations, may differ by.

A number is rounded wherever it is stored, and q kᵀ / √D rounds elsewhere than (q / √D) kᵀ. Each of these roundings has
the effect of moving some argument by a little, so a result is sure only up to what it moves by when all arguments are
moved at random by a few roundings. Where that is next to nothing the comparison is as strict as ever; where scores of
±10⁸ cancel, it is not, and nobody is told to be wrong for it.
"""

import numpy as np

from mmdl.check.results import of_reference
from mmdl.verify.compare import difference

ROUNDINGS = 32  # that a number may have gone through
TRIES = 8


def within_rounding(exercise, case, found, truth):
    """The results found, with our numbers in the place of all that differ from them by rounding only."""
    moved = None
    settled = {}
    for name, array in found.items():
        settled[name] = array
        if _may_be_rounded(array, truth[name], exercise.tolerance):
            moved = moved or list(_moved(exercise, case))
            near = np.abs(array - truth[name]) <= _reach(truth[name], [one.get(name) for one in moved])
            settled[name] = np.where(near, truth[name], array).astype(array.dtype)
    return settled


def _may_be_rounded(array, truth, tolerance):
    """Whether there is anything to settle: whole numbers, True and False are right or wrong."""
    fits = array.shape == truth.shape and array.dtype.kind == truth.dtype.kind == "f"
    return fits and not difference(array, truth) <= tolerance


def _moved(exercise, case):
    """The true results for arguments that are moved by a few roundings each."""
    for seed in range(TRIES):
        rng = np.random.default_rng([seed, 5])
        arguments = {name: _nudged(value, rng) for name, value in case.arguments.items()}
        results = of_reference(exercise.truth(type(case)(arguments, case.lengths)), exercise.outputs)
        yield exercise.settle(results)


def _nudged(value, rng):
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value * (1 + ROUNDINGS * np.finfo(value.dtype).eps * rng.standard_normal(value.shape)).astype(
            value.dtype
        )
    if isinstance(value, tuple):
        return tuple(_nudged(each, rng) for each in value)
    return {name: _nudged(each, rng) for name, each in value.items()} if isinstance(value, dict) else value


def _reach(truth, moved):
    """The largest distance of the moved results from the truth, entry by entry; 0 where one is no number."""
    with np.errstate(invalid="ignore"):
        distances = [np.abs(each - truth) for each in moved if each is not None and each.shape == truth.shape]
    return np.nan_to_num(np.max(distances, axis=0, initial=0), nan=0, posinf=0) if distances else np.zeros_like(truth)
