"""Sound as a picture: frames of a wave, the power of their frequencies, and its logarithm band by band."""

import math

import numpy as np

from mmdl.shapes import Array


def frames(x: Array, length: int, hop: int) -> Array:
    """(40)  y_pi = x_{p · hop + i}

    x (T,) -> y (P, I): I = length samples in each frame, P = 1 + ⌊(T − I) / hop⌋ frames that lie whole within x.
    Source: Allen, Rabiner, A unified approach to short-time Fourier analysis and synthesis, 1977.
    """
    P = 1 + (len(x) - length) // hop
    y = np.zeros((P, length))
    for p, i in np.ndindex(P, length):
        y[p, i] = x[p * hop + i]
    return y


def power_spectrum(x: Array, window: Array) -> Array:
    """(41)  y_k = |Σ_i w_i x_i e^{−2πj k i / I}|²  with  j² = −1

    x (I,), window w (I,) -> y (K,) for the K = ⌊I / 2⌋ + 1 frequencies of k whole turns a frame.
    Source: Oppenheim, Schafer, Discrete-time signal processing, 1989, chapter 11.
    """
    I = len(x)
    y = np.zeros(I // 2 + 1)
    for k in range(len(y)):
        angle = [2 * math.pi * k * i / I for i in range(I)]
        real = sum(window[i] * x[i] * math.cos(angle[i]) for i in range(I))
        imaginary = -sum(window[i] * x[i] * math.sin(angle[i]) for i in range(I))
        y[k] = real**2 + imaginary**2
    return y


def log_mel(power: Array, filters: Array, floor: float = 1e-6) -> Array:
    """(42)  y_k = log max(Σ_d p_d f_dk, floor)

    power p (D,), filters f (D, K) -> y (K,): what each filter lets through, in nats.
    Source: Davis, Mermelstein, Comparison of parametric representations for monosyllabic word recognition, 1980.
    """
    D, K = filters.shape
    return np.array([math.log(max(sum(power[d] * filters[d, k] for d in range(D)), floor)) for k in range(K)])
