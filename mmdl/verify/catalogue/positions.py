"""Positions."""

from mmdl.ops.positions import sinusoidal_positions
from mmdl.verify.compare import difference
from mmdl.verify.entry import Entry


def distance_alone_decides(entry, arguments, rng):
    """The inner product of two positions depends only on their distance, if the columns come in pairs."""
    positions = entry(T=arguments["T"], D=2 * arguments["D"])
    products = positions @ positions.T
    return difference(products[1:, 1:], products[:-1, :-1])


ENTRIES = (
    Entry.of(
        sinusoidal_positions,
        lambda draws: {"T": draws.of(1, 2, 5, 0), "D": draws.of(1, 2, 3, 6)},
        differentiable=(),
        laws=(distance_alone_decides,),
    ),
)
