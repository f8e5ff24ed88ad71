"""A modality without a token of its own still looks at the bottleneck."""

import numpy as np

from mmdl.formulas import fusion as formulas
from mmdl.ops.fusion import bottleneck_attention
from tests.close import close


def test_a_modality_without_tokens():
    q, k, v = np.random.default_rng(0).normal(size=(3, 1, 5, 2))
    y = bottleneck_attention(q, k, v, (0, 3))[0]
    assert close(y[0], formulas.bottleneck_attention(q[0], k[0], v[0], (0, 3)))
