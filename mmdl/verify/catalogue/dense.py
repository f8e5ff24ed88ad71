"""Dense layers."""

import numpy as np

from mmdl.ops.dense import affine
from mmdl.verify.compare import difference
from mmdl.verify.entry import Entry


def linear_in_x(entry, arguments, rng):
    """Without its bias it is linear in x."""
    x, rest = arguments["x"], {**arguments, "b": np.zeros_like(arguments["b"])}
    other = rng.standard_normal(x.shape)
    return difference(entry(**rest | {"x": 2 * x + other}), 2 * entry(**rest) + entry(**rest | {"x": other}))


ENTRIES = (
    Entry.of(
        affine,
        lambda draws: draws.arrays(x="... D", W="D K", b="K"),
        differentiable=("x", "W", "b"),
        laws=(linear_in_x,),
        extreme=("x",),
    ),
)
