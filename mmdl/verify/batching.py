"""Formulas know one example, ops know batches: contracts say which axes lie between them."""

import numpy as np

from mmdl.verify.oracle import each


def leading_axes(contract, array):
    """How many axes of `array` count examples: one for a contract in `N`, those of `...` or `*`, else none."""
    letters = contract.rpartition(" of ")[2].split()
    if letters[0] == "N":
        return 1
    return array.ndim - (len(letters) - 1) if letters[0] in ("...", "*") else 0


def map_formula(formula, contracts, arguments):
    """The formula of one example after the other, stacked: a tuple with one array for each output.

    Where any shape goes (`...` or `*` alone) the formula takes vectors.
    """

    def count(name, array):
        return leading_axes(contracts[name], array) - (contracts[name] in ("...", "*"))

    batched = [name for name in contracts if arguments.get(name) is not None]
    leading = np.broadcast_shapes(
        *(part.shape[: count(name, part)] for name in batched for part in parts(arguments[name]))
    )

    def example(name, index):
        def entry(array):
            axes = count(name, array)
            return np.broadcast_to(array, (*leading, *array.shape[axes:]))[index] if axes else array

        return each(entry, arguments[name]) if name in batched else arguments[name]

    results = [parts(formula(**{name: example(name, index) for name in arguments})) for index in np.ndindex(leading)]
    return tuple(np.reshape(rows, (*leading, *np.shape(rows[0]))) for rows in zip(*results, strict=True))


def without_examples(contracts, arguments):
    """The arguments with an empty batch, N = 0; None if nothing here has a batch."""
    depths = {
        name: max(leading_axes(contracts[name], part) for part in parts(arguments[name]))
        for name in contracts
        if arguments.get(name) is not None
    }
    deepest = max(depths.values(), default=0)

    def emptied(name):
        def cut(array):
            return array[:0] if leading_axes(contracts[name], array) == deepest else array

        return each(cut, arguments[name]) if depths.get(name) == deepest else arguments[name]

    return {name: emptied(name) for name in arguments} if deepest else None


def parts(value):
    """The entries of a tuple; of anything else, itself alone."""
    return value if isinstance(value, tuple) else (value,)
