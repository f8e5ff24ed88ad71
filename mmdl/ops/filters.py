"""Windows and filters: what the samples of a frame, and the frequencies of a spectrum, are weighted with."""

import math
import warnings

import numpy as np
from numpy.typing import ArrayLike

from mmdl.errors import DataError, ShapeError
from mmdl.shapes import Array, as_numbers


def hann_window(length: int) -> Array:
    """y = (1 − cos(2π i / I)) / 2, and 1 for a frame of one sample

    A frame that fades in and out has no edges, which would sound like a click. Windows half a frame apart sum to one.

    Returns
    -------
    y : float64 array (I,), I = length

    Source: Blackman, Tukey, The measurement of power spectra, 1958; Harris, On the use of windows for harmonic analysis
    with the discrete Fourier transform, 1978.
    """
    if length < 1:
        raise ShapeError(f"hann_window: a window needs at least one sample, not {length}")
    if length == 1:  # where the formula would silence the frame's only sample
        return np.ones(1)
    return (1 - np.cos(2 * np.pi * np.arange(length) / length)) / 2


def hertz_to_mel(hertz: ArrayLike, scale: str = "htk") -> Array:
    """m = 2595 log₁₀(1 + f / 700): equal steps of mel sound like equal steps

    Parameters
    ----------
    hertz : array (...) or number, not negative
    scale : "htk" or "slaney"
        The formula above; or 3 f / 200 below 1000 Hz, and 15 + 27 log(f / 1000) / log 6.4 from there on.

    Returns
    -------
    mel : array (...)

    Source: O'Shaughnessy, Speech communication, 1987, and Young et al., The HTK book, section 5.4; Slaney, Auditory
    toolbox, 1998.
    """
    hertz = as_numbers("hertz_to_mel", "hertz", hertz)
    if _is_slaney("hertz_to_mel", scale):
        return np.where(hertz < 1000, hertz * 3 / 200, 15 + np.log(np.maximum(hertz, 1000) / 1000) * 27 / math.log(6.4))
    return 2595 * np.log10(1 + hertz / 700)


def mel_to_hertz(mel: ArrayLike, scale: str = "htk") -> Array:
    """f = 700 (10^(m / 2595) − 1): what `hertz_to_mel` does, reversed

    Parameters
    ----------
    mel : array (...) or number, not negative
    scale : "htk" or "slaney"

    Returns
    -------
    hertz : array (...)
    """
    mel = as_numbers("mel_to_hertz", "mel", mel)
    if _is_slaney("mel_to_hertz", scale):
        return np.where(mel < 15, mel * 200 / 3, 1000 * 6.4 ** ((np.maximum(mel, 15) - 15) / 27))
    return 700 * (10 ** (mel / 2595) - 1)


def mel_filter_bank(
    bands: int,
    length: int,
    rate: float,
    low: float = 0.0,
    high: float | None = None,
    scale: str = "htk",
    equal_area: bool = False,
) -> Array:
    """Triangles over the frequencies of a spectrum, each from its neighbour's centre to its other neighbour's centre

    Parameters
    ----------
    bands
        Triangles, K. Their edges and centres are K + 2 frequencies in equal steps of mel.
    length
        Samples of a frame: its spectrum has D = ⌊length / 2⌋ + 1 frequencies, rate / length hertz apart.
    rate
        Samples a second.
    low, high
        Hertz where the first triangle begins and the last one ends; by default from 0 to half the rate.
    scale : "htk" or "slaney"
        As in `hertz_to_mel`.
    equal_area
        Every triangle encloses the area one, so that noise is as loud in all bands, as in Slaney's toolbox. Without it
        every triangle is one high, and from the first centre to the last they sum to one.

    Returns
    -------
    filters : float64 array (D, K)
        The sides are straight in hertz.

    Raises
    ------
    DataError
        If there are no bands, or not 0 ≤ low < high ≤ rate / 2.

    Warns
    -----
    UserWarning
        If a triangle lies between two frequencies, and so is zero everywhere: it is narrower than rate / length.

    Source: Davis, Mermelstein, Comparison of parametric representations for monosyllabic word recognition, 1980; equal
    area: Slaney, Auditory toolbox, 1998.
    """
    high = rate / 2 if high is None else high
    if min(bands, length) < 1:
        raise DataError(f"mel_filter_bank: {bands} bands and a length of {length} must be at least 1")
    if not 0 <= low < high <= rate / 2:
        raise DataError(f"mel_filter_bank: {low} to {high} Hz is no range within 0 to {rate / 2} Hz, half the rate")
    edges = np.linspace(hertz_to_mel(low, scale), hertz_to_mel(high, scale), bands + 2)
    a, b, c = (mel_to_hertz(edges[k : k + bands], scale) for k in range(3))
    f = rate / length * np.arange(length // 2 + 1)[:, None]
    filters = np.maximum(0, np.minimum((f - a) / (b - a), (c - f) / (c - b)))
    if empty := int((filters == 0).all(axis=0).sum()):
        advice = f"take fewer bands or more than {length} samples a frame"
        warnings.warn(f"mel_filter_bank: {empty} of {bands} bands are empty; {advice}", stacklevel=2)
    return filters * 2 / (c - a) if equal_area else filters


def _is_slaney(function: str, scale: str) -> bool:
    if scale not in ("htk", "slaney"):
        raise DataError(f'{function}: scale must be "htk" or "slaney", not "{scale}"')
    return scale == "slaney"
