"""The properties that every op must have, each a function of its entry in the catalogue and one case.

They take an entry, the arguments by name and a random generator, return the error that they measured, and
raise PropertyError, one plain sentence, if that is too large.
"""

import copy

import numpy as np

from mmdl.errors import DataError, ShapeError
from mmdl.verify.batching import map_formula, parts, without_examples
from mmdl.verify.compare import EXACT, SINGLE, PropertyError, agree
from mmdl.verify.neighbours import broadcasts_as_documented, ignores_its_neighbours
from mmdl.verify.oracle import adjoint_gap, complex_step_gradient, each, promote
from mmdl.verify.promotion import promotes_numbers_but_not_ids

EXTREME = 1e4


def equals_formula(entry, arguments, rng):
    """Forward equals the loops of the formula, to 1e-12 in float64 and 1e-5 in float32."""
    errors = {}
    for dtype, tolerance in ((np.float32, SINGLE), (np.float64, EXACT)):
        given = _cast(arguments, dtype)
        truth = _by_formula(entry, _cast(given, np.float64))
        for name, found, expected in zip(entry.outputs, parts(entry(**given)), truth, strict=True):
            what = f"{name} of {entry.name} in {np.dtype(dtype)}"
            errors[dtype, name] = agree(what, found, expected, tolerance, "the formula")
    return max(errors[np.float64, name] for name in entry.outputs)


def backward_is_gradient(entry, arguments, rng, oracle=complex_step_gradient, tolerance=EXACT):
    """Backward equals the gradient that complex steps find in forward, to 1e-12 of the largest entry.

    Another `oracle`, such as `central_difference_gradient`, needs a larger `tolerance`.
    """
    upstream, gradients = _random_backward(entry, arguments, rng)
    source = oracle.__name__.replace("_", " ")
    errors = [0.0]
    for name, gradient in gradients.items():
        expected = oracle(*_positional(entry, arguments), list(arguments).index(name), tuple(upstream.values()))
        errors.append(agree(f"d{name} of {entry.name}_backward", gradient, expected, tolerance, source))
    return max(errors)


def adjoint_identity(entry, arguments, rng, tolerance=EXACT):
    """⟨dy, J v⟩ = ⟨Jᵀ dy, v⟩ for a random direction v of all arguments at once."""
    upstream, gradients = _random_backward(entry, arguments, rng)
    if not gradients:
        return 0.0
    directions = {name: each(lambda x: rng.standard_normal(x.shape), arguments[name]) for name in gradients}
    gap = adjoint_gap(
        *_positional(entry, arguments),
        [gradients.get(name) for name in arguments],
        tuple(upstream.values()),
        [directions.get(name) for name in arguments],
    )
    if not gap <= tolerance:
        raise PropertyError(
            f"⟨dy, J v⟩ and ⟨Jᵀ dy, v⟩ differ by {gap:.1e}, Jᵀ dy being what {entry.name}_backward gives"
        )
    return gap


def leaves_arguments_alone(entry, arguments, rng):
    """Forward and backward change neither their arguments nor the upstream gradient."""
    given = copy.deepcopy(arguments)
    results = entry.results(**given)
    _check_unchanged(entry.name, given, arguments)
    upstream = _random_upstream(entry, results, rng)
    given |= results | {f"d{name}": dy for name, dy in upstream.items()}
    before = copy.deepcopy(given)
    entry.gradients(upstream, {name: given[name] for name in arguments}, results)
    _check_unchanged(f"{entry.name}_backward", given, before)
    return 0.0


def repeats_itself(entry, arguments, rng):
    """Forward and backward, called twice with the same arguments, give the same bits."""
    results, again = entry.results(**arguments), entry.results(**arguments)
    for name, result in results.items():
        if not _same_bits(result, again[name]):
            raise PropertyError(f"{name} of {entry.name} is another when it is computed again")
    upstream = _random_upstream(entry, results, rng)
    gradients, again = (entry.gradients(upstream, arguments, results) for _ in range(2))
    for name, gradient in gradients.items():
        if not _same_bits(gradient, again[name]):
            raise PropertyError(f"d{name} of {entry.name}_backward is another when it is computed again")
    return 0.0


def keeps_dtype_and_stays_finite(entry, arguments, rng):
    """The dtype of the arguments is that of the results, which are finite at ±1e4 and with nothing to see.

    An empty batch, and a loss over nothing, may also be refused in a sentence.
    """
    for how, case, may_refuse in _hard_cases(entry, arguments):
        for dtype in (np.float32, np.float64):
            try:
                with np.errstate(over="raise", invalid="raise", divide="raise"):
                    _check_results(entry, _cast(case, dtype), dtype, f"{entry.name} {how}".strip(), rng)
            except FloatingPointError as error:
                raise PropertyError(f"{entry.name} {how} in {np.dtype(dtype)}: {error}") from None
            except (ShapeError, DataError):
                if not may_refuse:
                    raise
    return 0.0


def obeys_its_laws(entry, arguments, rng):
    """The op's own laws, written beside its entry in the catalogue, hold."""
    errors = [0.0]
    for law in entry.laws:
        error = law(entry, arguments, rng)
        if not error <= EXACT:
            raise PropertyError(f"{entry.name} breaks a law by {error:.1e}: {law.__doc__}")
        errors.append(error)
    return max(errors)


PROPERTIES = (
    equals_formula,
    backward_is_gradient,
    adjoint_identity,
    leaves_arguments_alone,
    repeats_itself,
    keeps_dtype_and_stays_finite,
    obeys_its_laws,
    promotes_numbers_but_not_ids,
    ignores_its_neighbours,
    broadcasts_as_documented,
)


def _by_formula(entry, arguments):
    if entry.whole_batch:
        return parts(entry.formula(**arguments))
    return map_formula(entry.formula, entry.contracts, arguments)


def _hard_cases(entry, arguments):
    """What is called hard, the arguments, and whether a sentence that refuses them is an answer too."""
    yield "", arguments, False
    large = {name: each(lambda x: EXTREME * np.sign(x), arguments[name]) for name in entry.extreme}
    if large:
        yield "at ±1e4", arguments | large, False
    masks = [name for name, value in arguments.items() if isinstance(value, np.ndarray) and value.dtype.kind == "b"]
    if masks:
        blind = {name: np.zeros_like(arguments[name]) for name in masks}
        yield "with nothing to see", arguments | blind, entry.whole_batch
    empty = without_examples(entry.contracts, arguments)
    if empty:
        yield "of an empty batch", empty, True


def _random_upstream(entry, results, rng):
    found = {name: np.asarray(results[name]) for name in entry.outputs}
    return {name: rng.standard_normal(y.shape).astype(y.dtype) for name, y in found.items()}


def _random_backward(entry, arguments, rng):
    results = entry.results(**arguments)
    upstream = _random_upstream(entry, results, rng)
    return upstream, entry.gradients(upstream, arguments, results)


def _positional(entry, arguments):
    """The op as a function of a list of arguments, and the list."""
    return lambda *values: entry(**dict(zip(arguments, values, strict=True))), list(arguments.values())


def _cast(arguments, dtype):
    return {name: promote(value, dtype) for name, value in arguments.items()}


def _same_bits(a, b):
    return all(
        np.shape(x) == np.shape(y) and np.asarray(x).tobytes() == np.asarray(y).tobytes()
        for x, y in zip(parts(a), parts(b), strict=True)
    )


def _check_unchanged(function, given, before):
    for name, value in given.items():
        if not _same_bits(value, before[name]):
            raise PropertyError(f"{function} changes its argument {name}")


def _check_results(entry, arguments, dtype, op, rng):
    results = entry.results(**arguments)
    gradients = entry.gradients(_random_upstream(entry, results, rng), arguments, results)
    found = {f"{name} of {op}": value for name, value in results.items()}
    found |= {f"d{name} of the backward pass of {op}": value for name, value in gradients.items()}
    for what, value in found.items():
        for part in map(np.asarray, parts(value)):
            if entry.differentiable and part.dtype.kind in "fc" and part.dtype != dtype:
                raise PropertyError(f"{what} is {part.dtype} for arguments in {np.dtype(dtype)}")
            if not np.isfinite(part).all():
                raise PropertyError(f"{what} holds {part[~np.isfinite(part)].flat[0]} in {np.dtype(dtype)}")
    for name, gradient in gradients.items():
        shapes = each(np.shape, gradient), each(np.shape, arguments[name])
        if shapes[0] != shapes[1]:
            raise PropertyError(f"d{name} of the backward pass of {op} has shape {shapes[0]} instead of {shapes[1]}")
