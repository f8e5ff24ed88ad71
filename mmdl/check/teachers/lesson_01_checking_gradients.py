"""Lesson 01: three ways to check a gradient."""

import numpy as np

from mmdl.check.exercise import Exercise
from mmdl.check.known import mistakes_in
from mmdl.ops.softmax import softmax


def central_difference(f, x, dy, h=1e-5):
    """dx[i] = ⟨dy, f(x with x[i] + h) − f(x with x[i] − h)⟩ / 2h"""
    dx = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        above[i] += h
        below[i] -= h
        dx[i] = np.sum(dy * (f(above) - f(below))) / (2 * h)
    return dx


def complex_step(f, x, dy, h=1e-30):
    """dx[i] = Im ⟨dy, f(x with x[i] + ih)⟩ / h"""
    dx = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        moved = x.astype(complex)
        moved[i] += 1j * h
        dx[i] = np.sum(dy * f(moved)).imag / h
    return dx


def adjoint_gap(f, x, dx, dy, v, h=1e-30):
    """|⟨dy, J v⟩ − ⟨dx, v⟩|  with  J v = Im f(x + ihv) / h"""
    derivative = f(x + 1j * h * v).imag / h
    return abs(np.sum(dy * derivative) - np.sum(dx * v))


def cube(x):
    """x³"""
    return x * x * x


def row_products(x):
    """The product of each row: the result has one axis less"""
    return x.prod(axis=-1)


def neighbours(x):
    """Each entry times the next one of its row"""
    return x[..., 1:] * x[..., :-1]


FUNCTIONS = (np.sin, np.exp, cube, softmax, row_products, neighbours)


def functions(draws):
    """A function, x, and an upstream gradient."""
    f, x = draws.of(*FUNCTIONS), draws.array("N D")
    return {"f": f, "x": x, "dy": draws.rng.standard_normal(f(x).shape)}


def directions(draws):
    """The same with a direction, and a gradient that is not the right one."""
    return functions(draws) | draws.arrays(dx="N D", v="N D")


EXERCISES = (
    Exercise(
        central_difference,
        functions,
        ("dx",),
        (
            "Go through the entries of x one by one (np.ndindex(x.shape) counts all index tuples) and evaluate f twice.",
            "Change a copy of x: what was changed for one entry must not stay when the next one's turn comes.",
            "np.sum(dy * (f(above) - f(below))) / (2 * h) is one entry of the result.",
        ),
        axes={"dx": "N D"},
        tolerance=1e-7,
    ),
    Exercise(
        complex_step,
        functions,
        ("dx",),
        (
            "As before, entry by entry; but now x must be able to hold complex numbers.",
            "x.astype(complex) makes such a copy. Written into an array of floats, ih would be lost with a warning.",
            "np.sum(dy * f(moved)).imag / h is one entry of the result.",
        ),
        axes={"dx": "N D"},
    ),
    Exercise(
        adjoint_gap,
        directions,
        ("gap",),
        (
            "J v is what f changes by along v. A complex step gives it from one evaluation: f(x + 1j * h * v).",
            "Both inner products are sums over all entries: np.sum(a * b).",
            "abs(np.sum(dy * Jv) - np.sum(dx * v))",
        ),
    ),
)

MISTAKES = []
in_differences = mistakes_in(MISTAKES, "central_difference")


def _one_sided(f, x, dy, h, other):
    dx = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        above[i] += h
        below[i] -= other * h
        dx[i] = np.sum(dy * (f(above) - f(below))) / (h * (1 + other))
    return dx


@mistakes_in(MISTAKES, "complex_step")(
    "Write ih into a complex copy: x.astype(complex). A float array keeps only the real part."
)
def through_a_float_buffer(f, x, dy, h=1e-30):
    """It is zero everywhere: the imaginary part is lost in an array of floats (NumPy warns of that)."""
    return np.zeros(x.shape)


@in_differences("Both sides, and twice h: (f(x + h) − f(x − h)) / 2h.")
def divided_by_h(f, x, dy, h=1e-5):
    """It is twice as large as it should be: the two points lie 2h apart."""
    return 2 * _one_sided(f, x, dy, h, 1)


@in_differences("One side alone is off by h; take both: (f(x + h) − f(x − h)) / 2h.")
def one_side_only(f, x, dy, h=1e-5):
    """It is right to five digits only: the difference is taken on one side."""
    return _one_sided(f, x, dy, h, 0)
