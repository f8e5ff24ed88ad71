"""Sound as a picture: a wave is cut into frames, and each becomes the power of its frequencies, band by band."""

from typing import Annotated, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from mmdl.errors import ShapeError
from mmdl.ops._reduce import sum_to
from mmdl.shapes import Array, shapes


@shapes
def frames(x: Annotated[Array, "... T"], length: int, hop: int) -> Array:
    """y[p, i] = x[p · hop + i]

    Parameters
    ----------
    x
        Waves of T samples.
    length
        Samples of a frame, I.
    hop
        From the start of a frame to that of the next; frames overlap where it is smaller than `length`.

    Returns
    -------
    y : array (..., P, I), P = 1 + ⌊(T − I) / hop⌋
        A view of x that cannot be written to: no sample is copied.

    Raises
    ------
    ShapeError
        If there is no whole frame in x.

    Source: Allen, Rabiner, A unified approach to short-time Fourier analysis and synthesis, 1977.
    """
    _count("frames", x, length, hop)
    return sliding_window_view(x, length, axis=-1)[..., ::hop, :]


@shapes
def frames_backward(dy: Annotated[Array, "* P I"], x: Annotated[Array, "* T"], hop: int) -> Array:
    """dx[p · hop + i] += dy[p, i]: overlap and add.  -> dx (..., T)"""
    P, I = dy.shape[-2:]
    if (count := _count("frames_backward", x, I, hop)) != P:
        raise ShapeError(f"frames_backward: x has {count} frames but dy (..., P, I) = {dy.shape}")
    dx = np.zeros(x.shape, dy.dtype)
    for p in range(P):
        dx[..., p * hop : p * hop + I] += dy[..., p, :]
    return dx


class PowerSpectrum(NamedTuple):
    """The power of each frequency, and the Fourier sums that it is made of."""

    y: Array  # (..., K)
    real: Array  # (..., K)
    imaginary: Array  # (..., K)


@shapes
def power_spectrum(x: Annotated[Array, "... I>0"], window: Annotated[Array, "I"]) -> PowerSpectrum:
    """y = |F (w ∘ x)|² = real² + imaginary²  with  F[k, i] = e^(−2πj k i / I)

    Parameters
    ----------
    x
        Frames of a wave.
    window
        What the samples are weighted with, such as `hann_window(I)`.

    Returns
    -------
    PowerSpectrum : y, real, imaginary (..., K), K = ⌊I / 2⌋ + 1. Other frequencies of a real wave are mirror images.

    Source: Oppenheim, Schafer, Discrete-time signal processing, 1989; the sum in I log I steps: Cooley, Tukey, 1965.
    """
    real, imaginary = _fourier(window * x)
    return PowerSpectrum(real * real + imaginary * imaginary, real, imaginary)


@shapes
def power_spectrum_backward(
    dy: Annotated[Array, "* K"],
    x: Annotated[Array, "* I"],
    window: Annotated[Array, "I"],
    real: Annotated[Array, "* K"],
    imaginary: Annotated[Array, "* K"],
) -> tuple[Array, Array]:
    """df = Re Fᴴ (2 dy ∘ (real + j imaginary));   dx = w ∘ df,  dw = x ∘ df

    Returns
    -------
    dx : array (..., I)
    dwindow : array (I,), the sum over all frames
    """
    dspectrum = 2 * dy * (real + 1j * imaginary)
    dframe = np.fft.ifft(dspectrum, len(window), norm="forward").real  # Fᴴ, with zeros for the frequencies beyond K
    return window * dframe, sum_to(x * dframe, window.shape)


class LogMel(NamedTuple):
    """The logarithms, and what they were taken of."""

    y: Array  # (..., K)
    mel: Array  # (..., K): power in each band, which may lie below the floor


@shapes
def log_mel(power: Annotated[Array, "... D"], filters: Annotated[Array, "D>0 K>0"], floor: float = 1e-6) -> LogMel:
    """y = log max(p F, floor)

    Parameters
    ----------
    power
        Power of each frequency, as in `power_spectrum`.
    filters
        How much of a frequency each band lets through, as in `mel_filter_bank`.
    floor
        What is fainter counts as silence, whose logarithm would be −∞. The power of a tone as loud as numbers within
        ±1 allow, in a Hann window of 256 samples, is 4096: 1e-6 lies 96 dB below that.

    Returns
    -------
    LogMel : y, mel (..., K)

    Source: Davis, Mermelstein, Comparison of parametric representations for monosyllabic word recognition, 1980.
    """
    mel = power @ filters
    return LogMel(np.log(np.where(mel.real <= floor, np.asarray(floor, mel.dtype), mel)), mel)  # so NaN stays NaN


@shapes
def log_mel_backward(
    dy: Annotated[Array, "* K"],
    power: Annotated[Array, "* D"],
    filters: Annotated[Array, "D>0 K>0"],
    mel: Annotated[Array, "* K"],
    floor: float = 1e-6,
) -> tuple[Array, Array]:
    """dm = dy / m where m > floor, else 0;   dp = dm Fᵀ,  dF = pᵀ dm.  -> dpower (..., D), dfilters (D, K)"""
    loud = ~(mel <= floor)
    dmel = np.where(loud, dy, 0) / np.where(loud, mel, 1)
    D, K = filters.shape
    return dmel @ filters.T, power.reshape(-1, D).T @ dmel.reshape(-1, K)


def _fourier(x: Array) -> tuple[Array, Array]:
    """Real and imaginary part of Σᵢ xᵢ e^(−2πj k i / I); both are linear in x, and so they stay for a complex x."""
    y = np.fft.rfft(x.real)
    if x.dtype.kind != "c":
        return y.real, y.imag
    step = np.fft.rfft(x.imag)
    return y.real + 1j * step.real, y.imag + 1j * step.imag


def _count(function: str, x: Array, length: int, hop: int) -> int:
    """How many frames lie whole within x."""
    T = x.shape[-1]
    if min(length, hop) < 1:
        raise ShapeError(f"{function}: length {length} and hop {hop} must be at least 1")
    if length > T:
        raise ShapeError(f"{function}: a frame of {length} samples does not fit into T = {T}")
    return 1 + (T - length) // hop
