"""Windows and filters: what the samples of a frame, and the frequencies of a spectrum, are weighted with."""

import math
from collections.abc import Collection

import numpy as np

from mmdl.shapes import Array


def hann_window(length: int) -> Array:
    """(43)  y_i = (1 − cos(2π i / I)) / 2, and 1 for I = 1

    -> y (I,) with I = length: zero at the edges of a frame, one in its middle.
    Source: Blackman, Tukey, The measurement of power spectra, 1958, who named it after J. von Hann.
    """
    if length == 1:
        return np.array([1.0])
    return np.array([(1 - math.cos(2 * math.pi * i / length)) / 2 for i in range(length)])


def hertz_to_mel(hertz: Collection[float], scale: str = "htk") -> Array:
    """(44)  m = 2595 log₁₀(1 + f / 700)

    hertz f (D,), not negative -> m (D,): equal steps of m sound like equal steps.
    scale "slaney": m = 3 f / 200 below 1000 Hz, and m = 15 + 27 log(f / 1000) / log 6.4 from there on.
    Source: O'Shaughnessy, Speech communication, 1987, and Young et al., The HTK book, section 5.4; Slaney, Auditory
    toolbox, 1998.
    """
    if scale == "htk":
        return np.array([2595 * math.log10(1 + f / 700) for f in hertz])
    return np.array([3 * f / 200 if f < 1000 else 15 + 27 * math.log(f / 1000) / math.log(6.4) for f in hertz])


def mel_to_hertz(mel: Collection[float], scale: str = "htk") -> Array:
    """(45)  f = 700 (10^{m / 2595} − 1)

    mel m (D,), not negative -> f (D,).  scale "slaney": f = 200 m / 3 below 15, and f = 1000 · 6.4^{(m − 15) / 27}.
    Source: as (44), which it reverses.
    """
    if scale == "htk":
        return np.array([700 * (10 ** (m / 2595) - 1) for m in mel])
    return np.array([200 * m / 3 if m < 15 else 1000 * 6.4 ** ((m - 15) / 27) for m in mel])


def mel_filter_bank(
    bands: int,
    length: int,
    rate: float,
    low: float = 0.0,
    high: float | None = None,
    scale: str = "htk",
    equal_area: bool = False,
) -> Array:
    """(46)  y_dk = max(0, min((f_d − a) / (b − a), (c − f_d) / (c − b)))  with  a, b, c = e_k, e_{k+1}, e_{k+2}

    -> y (D, K): K = bands triangles over the D = ⌊length / 2⌋ + 1 frequencies f_d = d · rate / length of (41).
    The edges e are K + 2 frequencies from low to high (half the rate unless given) in equal steps of mel.
    equal_area multiplies a triangle by 2 / (c − a).
    Source: Davis, Mermelstein, 1980, as (42); equal area: Slaney, Auditory toolbox, 1998.
    """
    lowest, highest = hertz_to_mel([low, rate / 2 if high is None else high], scale)
    step = (highest - lowest) / (bands + 1)
    edges = mel_to_hertz([lowest + k * step for k in range(bands + 2)], scale)
    y = np.zeros((length // 2 + 1, bands))
    for d, k in np.ndindex(y.shape):
        f, (a, b, c) = d * rate / length, edges[k : k + 3]
        y[d, k] = max(0, min((f - a) / (b - a), (c - f) / (c - b))) * (2 / (c - a) if equal_area else 1)
    return y
