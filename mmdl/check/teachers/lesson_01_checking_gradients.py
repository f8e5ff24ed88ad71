"""Lesson 01: three ways to check a gradient."""

import numpy as np

from mmdl.check.draws import PLAIN, ZEROS
from mmdl.check.exercise import Exercise
from mmdl.check.known import mistakes_in
from mmdl.check.prediction import prediction
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


def row_products_backward(dy, x):
    """dx[n, d] = dy[n] · the product of all others in the row"""
    others = [np.delete(x, d, axis=1).prod(axis=1) for d in range(x.shape[1])]
    return dy[:, None] * np.stack(others, axis=1)


def neighbours_backward(dy, x):
    """dx[n, d] = dy[n, d] x[n, d + 1] + dy[n, d − 1] x[n, d − 1]"""
    dx = np.zeros(x.shape)
    dx[:, :-1] += dy * x[:, 1:]
    dx[:, 1:] += dy * x[:, :-1]
    return dx


def rows_of_factors(draws):
    """Rows, and a gradient for the product of each."""
    return draws.arrays(dy="N", x="N D")


def rows_of_neighbours(draws):
    """Rows of at least two, and a gradient for each pair of neighbours."""
    draws.size("D", (2, 3, 4))
    x = draws.array("N D")
    return {"dy": draws.rng.standard_normal(x[:, 1:].shape), "x": x}


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
    Exercise(
        row_products_backward,
        rows_of_factors,
        ("dx",),
        (
            "Nudge one factor by 1: the product moves by the product of all others.",
            "y / x[d] gives that only where x[d] is not 0: multiply the others instead, np.delete(x, d, axis=1).",
        ),
        axes={"dx": "N D"},
        variants=(PLAIN, ZEROS),
    ),
    Exercise(
        neighbours_backward,
        rows_of_neighbours,
        ("dx",),
        (
            "Each x but the first and the last goes into two products: with its right and with its left neighbour.",
            "Start from zeros; dx[:, :-1] gets dy times the right neighbours, and dx[:, 1:] += dy times the left ones.",
        ),
        axes={"dx": "N D"},
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


@mistakes_in(MISTAKES, "row_products_backward")("0 / 0 is no number: multiply the others instead of dividing.")
def product_divided_by_own_factor(dy, x):
    """It is right but where a factor is 0: there y / x divides by it."""
    return dy[:, None] * x.prod(axis=1, keepdims=True) / x


@mistakes_in(MISTAKES, "row_products_backward")(
    "Nudge one factor by 1: the product moves by the product of the others."
)
def whole_product_for_each(dy, x):
    """Each factor gets dy times the whole product, its own value included."""
    return np.broadcast_to((dy * x.prod(axis=1))[:, None], x.shape).copy()


@mistakes_in(MISTAKES, "neighbours_backward")("Each but the last goes into a product with its right neighbour, too.")
def left_neighbours_only(dy, x):
    """Only the products with the left neighbour send a gradient; those with the right one are missing."""
    dx = np.zeros(x.shape)
    dx[:, 1:] = dy * x[:, :-1]
    return dx


@mistakes_in(MISTAKES, "neighbours_backward")("Each but the first goes into a product with its left neighbour, too.")
def right_neighbours_only(dy, x):
    """Only the products with the right neighbour send a gradient; those with the left one are missing."""
    dx = np.zeros(x.shape)
    dx[:, :-1] = dy * x[:, 1:]
    return dx


@prediction("Where are the two errors equal? h² = 10^−16 / h.", "h³ = 10^−16.")
def best_exponent():
    """Around h = 10^−5 both errors are about 10^−11: larger steps bend, smaller ones leave only rounding."""
    exponents = (-1, -5, -10, -15)
    x, one = np.array([1.0]), np.array([1.0])
    errors = [abs(central_difference(np.exp, x, one, 10.0**e).item() - np.e) for e in exponents]
    return exponents[int(np.argmin(errors))]


@prediction("With one row, what is the sum over the rows?", "A wrong sign gives −1 where 1 belongs.")
def blind_spot():
    """One row is its own sum, and a wrong sign would show. Check with sizes that differ, and with random numbers."""
    one, three = np.ones((1, 2)), np.arange(6.0).reshape(3, 2)
    return "b" if (one[0] == one.sum(axis=0)).all() and (three[0] != three.sum(axis=0)).any() else "a"


PREDICTIONS = (best_exponent, blind_spot)
