"""Gradients from the forward pass alone, to hold a hand-written backward pass against."""

import numpy as np


def complex_step_gradient(f, arguments, place, dy, h=1e-30):
    """Gradient of ⟨dy, f(arguments)⟩ with respect to one argument, exact to rounding.

    f(x + ih) = f(x) + ih f'(x) + O(h²): nothing is subtracted, so nothing cancels, and h may be tiny. `f`
    must be analytic where it is evaluated: it may branch on `.real`, but not take magnitudes or conjugates.

    Parameters
    ----------
    f : function of arrays, giving an array or a tuple of arrays
    arguments : list
        What `f` is called with. Arrays of numbers, and tuples of them, become complex; the rest is passed on.
    place : int
        The argument to differentiate: an array, or a tuple of arrays.
    dy : array, or tuple of arrays
        Upstream gradient, shaped as what `f` gives.

    Returns
    -------
    gradient : array shaped as the argument, or a tuple of them

    Raises
    ------
    TypeError : `f` gives real numbers for complex arguments, so that there is nothing to see.

    Source: Squire, Trapp, Using complex variables to estimate derivatives of real functions, 1998.

    >>> complex_step_gradient(lambda x: x**3, [np.array([2.0])], 0, np.array([1.0])).tolist()
    [12.0]
    """
    arguments = [promote(argument, complex) for argument in arguments]

    def gradient_of(x):
        gradient = np.empty(x.shape)
        for index in np.ndindex(x.shape):
            x[index] += 1j * h
            gradient[index] = (flat(dy) @ flat(_complex_result(f, arguments))).imag / h
            x[index] = x[index].real
        return gradient

    return each(gradient_of, arguments[place])


def complex_step_derivative(f, arguments, directions, h=1e-30):
    """J v, the derivative of f along `directions`, from one evaluation: f(x + ihv) = f(x) + ih J v + O(h²).

    `directions` has one entry for each argument, shaped like it, or None for an argument that stays. Gives an
    array or a tuple of arrays, as `f` does.
    """
    moved = [
        promote(x, complex) if v is None else each(lambda x, v: x + 1j * h * v, x, v)
        for x, v in zip(arguments, directions, strict=True)
    ]
    return each(lambda y: y.imag / h, _complex_result(f, moved))


def central_difference_gradient(f, arguments, place, dy, h=1e-5):
    """Gradient of ⟨dy, f(arguments)⟩ by (f(x + h) − f(x − h)) / 2h, for every entry x of one argument.

    Asks nothing of `f` but real numbers; off by about h² + 1e-16 / h, so good for nine or ten digits at best.
    Parameters and result are those of `complex_step_gradient`.
    """
    arguments = [promote(argument, float) for argument in arguments]

    def gradient_of(x):
        gradient = np.empty(x.shape)
        for index in np.ndindex(x.shape):
            here = x[index]
            x[index] = here + h
            above = flat(dy) @ flat(f(*arguments))
            x[index] = here - h
            gradient[index] = (above - flat(dy) @ flat(f(*arguments))) / (2 * h)
            x[index] = here
        return gradient

    return each(gradient_of, arguments[place])


def adjoint_gap(f, arguments, gradients, dy, directions):
    """|⟨dy, J v⟩ − ⟨Jᵀ dy, v⟩|: zero when `gradients` is Jᵀ dy, and practically only then, for a random v.

    One evaluation of `f` tests all arguments together. The gap is relative to the larger of 1 and the sum of
    the magnitudes that were added up. `gradients` and `directions` have one entry for each argument, None for
    one that is not differentiated.

    Source: Claerbout, Earth soundings analysis, 1992 (the dot-product test).
    """
    moves = [place for place, direction in enumerate(directions) if direction is not None]
    dy, derivative = flat(dy), flat(complex_step_derivative(f, arguments, directions))
    dx, v = (flat(tuple(some[place] for place in moves)) for some in (gradients, directions))
    magnitude = np.abs(dy) @ np.abs(derivative) + np.abs(dx) @ np.abs(v)
    return abs(dy @ derivative - dx @ v) / max(1, magnitude)


def promote(argument, dtype):
    """A copy with all floating-point arrays in `dtype`; ids, masks, settings and None as they are."""
    if isinstance(argument, tuple):
        return each(lambda array: promote(array, dtype), argument)
    if isinstance(argument, np.ndarray) and argument.dtype.kind in "fc":
        return argument.astype(dtype)
    return argument


def each(function, x, *others):
    """function(x); for a tuple, the tuple of what the function makes of its entries."""
    return tuple(map(function, x, *others)) if isinstance(x, tuple) else function(x, *others)


def flat(x):
    """All numbers of an array, or of a tuple of arrays, in one vector."""
    return np.concatenate([flat(part) for part in x]) if isinstance(x, tuple) else np.ravel(x)


def _complex_result(f, arguments):
    y = f(*arguments)
    if not np.iscomplexobj(flat(y)):
        raise TypeError(f"complex arguments gave a result in {flat(y).dtype}: the step was lost on the way")
    return y
