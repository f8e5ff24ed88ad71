"""All products of entries, written out or as a sum of few terms."""

import numpy as np

from mmdl.ops.fusion.tensors import low_rank_fusion, tensor_fusion
from mmdl.verify.catalogue.fusion.vectors import widths
from mmdl.verify.compare import difference
from mmdl.verify.entry import Entry


def holds_every_modality(entry, arguments, rng):
    """Where all others give their 1, the tensor holds the modality itself, and then a 1."""
    features = arguments["features"]
    tensor = entry(**arguments)
    leading = tensor.shape[:-1]
    tensor = tensor.reshape(*leading, *(x.shape[-1] + 1 for x in features))
    found = [
        tensor[(..., *(slice(None) if n == m else -1 for n in range(len(features))))] for m in range(len(features))
    ]
    expected = [
        np.concatenate([np.broadcast_to(x, (*leading, x.shape[-1])), np.ones((*leading, 1))], -1) for x in features
    ]
    return difference(tuple(found), tuple(expected))


def inner_products_multiply(entry, arguments, rng):
    """⟨y, y'⟩ = Π_m (1 + ⟨x_m, x'_m⟩), and so many products are never needed to compare two tensors."""
    features = arguments["features"]
    others = tuple(rng.standard_normal(x.shape) for x in features)
    expected = np.prod(
        np.broadcast_arrays(*(1 + (x * o).sum(-1) for x, o in zip(features, others, strict=True))), axis=0
    )
    return difference((entry(features=features) * entry(features=others)).sum(-1), expected)


def is_the_tensor_and_a_matrix(entry, arguments, rng):
    """It equals tensor fusion followed by a matrix whose entry (ij..., k) is Σ_f W_1[i, f, k] W_2[j, f, k] ..."""
    features, factors = arguments["features"], arguments["factors"]
    matrix = factors[0]
    for W in factors[1:]:
        matrix = (matrix[:, None] * W).reshape(-1, *W.shape[1:])
    return difference(entry(**arguments), tensor_fusion(features) @ matrix.sum(axis=1))


def with_factors(draws):
    """Features of different widths, and a factor for each."""
    features = widths(draws)["features"]
    F, K = draws.size("F", (1, 2, 3)), draws.size("K", (1, 2, 3))
    return {
        "features": features,
        "factors": tuple(draws.rng.standard_normal((x.shape[-1] + 1, F, K)) for x in features),
    }


ENTRIES = (
    Entry.of(
        tensor_fusion,
        widths,
        differentiable=("features",),
        laws=(holds_every_modality, inner_products_multiply),
        extreme=("features",),
    ),
    Entry.of(
        low_rank_fusion,
        with_factors,
        differentiable=("features", "factors"),
        laws=(is_the_tensor_and_a_matrix,),
        extreme=("features",),
    ),
)
