"""The two sums that are both called convolution."""

import numpy as np
from scipy.signal import convolve2d, correlate2d

from mmdl.formulas.convolution import conv2d, convolution2d
from tests.close import close


def test_signal_processing_turns_the_kernel_and_the_article_does_not():
    x, w = (np.random.default_rng(0).standard_normal(shape) for shape in ((5, 4), (3, 2)))
    turned = convolution2d(x, w)
    plain = conv2d(x[..., None], w[..., None, None])[..., 0]
    assert close(turned, convolve2d(x, w, "valid"))
    assert close(plain, correlate2d(x, w, "valid"))
    assert close(turned, conv2d(x[..., None], w[::-1, ::-1, None, None])[..., 0])
    assert not close(turned, plain)
