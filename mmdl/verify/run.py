"""Test all ops for all properties: Hypothesis draws the cases and finds the smallest that fails."""

import time
import zlib
from dataclasses import dataclass, field

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky

from mmdl.errors import DataError
from mmdl.verify.catalogue import CATALOGUE
from mmdl.verify.compare import PropertyError
from mmdl.verify.draws import Draws, in_words
from mmdl.verify.oracle import each
from mmdl.verify.properties import PROPERTIES, backward_is_gradient, equals_formula

EXAMPLES = 50  # cases for each property of each op
CHOICES = 40  # bytes; more than any case needs. Drawn at once, because Hypothesis likes to make draws equal


@dataclass
class Attempt:
    """One property of one op, tried on many cases."""

    error: float = 0.0  # the largest that was measured
    shapes: set = field(default_factory=set)
    failure: str | None = None  # what is wrong, and the smallest case that shows it


@dataclass(frozen=True)
class Report:
    """One op against all properties."""

    op: str
    held: tuple[str, ...]
    failures: dict[str, str]  # property -> what is wrong, and the smallest case that shows it
    shapes: int  # different shapes and settings that were tried
    formula_error: float  # largest difference to the loops, relative to the larger of 1 and the largest entry
    gradient_error: float  # the same for gradients against complex steps
    seconds: float


def verify(names=(), examples=EXAMPLES):
    """Reports of the named ops, one after the other; of all ops if none is named.

    Raises
    ------
    DataError : an op that is not in the catalogue.
    """
    unknown = [name for name in names if name not in CATALOGUE]
    if unknown:
        raise DataError(f"there is no op {' or '.join(unknown)}; the ops are {', '.join(CATALOGUE)}")
    return (report(CATALOGUE[name], examples) for name in names or CATALOGUE)


def report(entry, examples=EXAMPLES):
    """One op against all properties."""
    start = time.perf_counter()
    attempts = {holds.__name__: attempt(entry, holds, examples) for holds in PROPERTIES}
    return Report(
        op=entry.name,
        held=tuple(name for name, tried in attempts.items() if not tried.failure),
        failures={name: tried.failure for name, tried in attempts.items() if tried.failure},
        shapes=len(set.union(*(tried.shapes for tried in attempts.values()))),
        formula_error=attempts[equals_formula.__name__].error,
        gradient_error=attempts[backward_is_gradient.__name__].error,
        seconds=time.perf_counter() - start,
    )


def attempt(entry, holds, examples=EXAMPLES):
    """One property of one op on `examples` cases, and on ever smaller ones when one fails.

    Whether the cases are the same each time (`derandomize`) is left to the Hypothesis profile of whoever calls.
    """
    tried = Attempt()
    case = ""

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    @given(st.binary(min_size=CHOICES, max_size=CHOICES), st.integers(0, 2**32 - 1))
    def try_one(choices, number):
        nonlocal case
        chosen = iter(choices)
        arguments = entry.arguments(Draws(lambda options: options[next(chosen, 0) % len(options)], number))
        case = f"{in_words(arguments)}, numbers from seed {number}"
        tried.shapes.add(tuple((name, each(_shape, value)) for name, value in arguments.items()))
        tried.error = max(tried.error, holds(entry, arguments, np.random.default_rng([number, 1])))

    if settings().derandomize:  # the same cases each time, but not for every property of every op
        try_one = seed(zlib.crc32(f"{entry.name} {holds.__name__}".encode()))(try_one)
    try:
        try_one()
    except PropertyError as error:
        tried.failure, tried.error = f"{error} (smallest case: {case})", error.error
    except Flaky:
        tried.failure, tried.error = f"fails now and then for the same arguments (such as {case})", np.inf
    except Exception as error:
        tried.failure, tried.error = f"{type(error).__name__}: {error} (smallest case: {case})", np.inf
    return tried


def table(reports):
    """The reports as lines for a terminal."""
    rows = [("op", "properties", "shapes", "against loops", "gradient", "seconds")]
    for one in reports:
        held = f"{len(one.held)} of {len(one.held) + len(one.failures)}"
        errors = f"{one.formula_error:.1e}", f"{one.gradient_error:.1e}"
        rows.append((one.op, held, str(one.shapes), *errors, f"{one.seconds:.1f}"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows]
    for one in reports:
        lines += [f"\n{one.op} fails {name}: {why}" for name, why in one.failures.items()]
    return "\n".join(lines)


def _shape(value):
    return getattr(value, "shape", value)
