"""A modality without a token of its own still looks at the bottleneck."""

import numpy as np

from mmdl import formulas, ops
from tests.close import close


def test_a_modality_without_tokens():
    q, k, v = np.random.default_rng(0).normal(size=(3, 1, 5, 2))
    assert close(
        ops.bottleneck_attention(q, k, v, (0, 3)).y[0], formulas.bottleneck_attention(q[0], k[0], v[0], (0, 3))
    )
