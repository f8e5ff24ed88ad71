"""Exercises of lesson 18: from a wave to the loudness of its pitches, and back.

Write what is missing, then ask `mmdl check 18_sound.py`. For the next step of help add `--hint`.

★ the formula is given, ★★ only the forward pass is: derive it, ★★★ answer before you compute.
"""

import numpy as np


def frames(x, length, hop):
    """★ y[p, i] = x[p · hop + i]: pieces of `length` samples, a new one every `hop`. What is left at the end is dropped

    x (N, T), length and hop whole numbers -> y (N, P, length)  with  P = 1 + (T − length) // hop

    >>> frames(np.arange(1.0, 7.0)[None], length=3, hop=2).tolist()
    [[[1.0, 2.0, 3.0], [3.0, 4.0, 5.0]]]
    """
    raise NotImplementedError


def frames_backward(dy, x, hop):
    """★★ Forward: y[n, p, i] = x[n, p · hop + i]. Derive what comes back to the wave

    dy (N, P, I), the wave x (N, T) of the forward pass, hop a whole number -> dx (N, T)

    >>> frames_backward(np.array([[[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]]), np.zeros((1, 6)), hop=2).tolist()
    [[1.0, 2.0, 13.0, 20.0, 30.0, 0.0]]
    """
    raise NotImplementedError


def hann_window(length):
    """★ y[i] = (1 − cos(2π i / length)) / 2: what fades a frame in and out

    length a whole number -> y (length,)

    >>> hann_window(4).round(3).tolist()
    [0.0, 0.5, 1.0, 0.5]
    """
    raise NotImplementedError


def power_spectrum(x, window):
    """★ y = real² + imaginary²,  real[k] = Σᵢ wᵢ xᵢ cos(2π k i / I),  imaginary[k] = −Σᵢ wᵢ xᵢ sin(2π k i / I)

    x (N, I), window w (I,) -> y, real and imaginary, each (N, K)  with  K = I // 2 + 1

    >>> y, real, imaginary = power_spectrum(np.array([[0.0, 1.0, 0.0, -1.0]]), np.ones(4))
    >>> y.tolist(), real.tolist(), imaginary.tolist()
    ([[0.0, 4.0, 0.0]], [[0.0, 0.0, 0.0]], [[0.0, -2.0, 0.0]])
    """
    raise NotImplementedError


def mel_filter_bank(bands, length, rate):
    """★ y[d, k] = max(0, min((f − a) / (b − a), (c − f) / (c − b))): triangles with the edges a and c, and the tip b

    f = d · rate / length hertz for d = 0, ..., length // 2. The tips and edges are bands + 2 frequencies from 0 to
    rate / 2, in equal steps of mel = 2595 log₁₀(1 + f / 700); triangle k has a, b, c = number k, k + 1, k + 2 of them.
    bands and length whole numbers, rate a number (samples a second) -> y (length // 2 + 1, bands)

    >>> mel_filter_bank(2, 8, 8000).round(3).tolist()
    [[0.0, 0.0], [0.676, 0.324], [0.0, 0.906], [0.0, 0.453], [0.0, 0.0]]
    """
    raise NotImplementedError


def log_mel(power, filters, floor=1e-6):
    """★ y = log max(m, floor)  with  m = power F: how loud each band is, and silence is no worse than the floor

    power (N, D), not negative, filters F (D, K) -> y and m, each (N, K)

    >>> y, mel = log_mel(np.array([[1.0, 3.0]]), np.array([[1.0, 0.0], [1.0, 0.0]]), floor=0.5)
    >>> y.round(3).tolist(), mel.tolist()
    ([[1.386, -0.693]], [[4.0, 0.0]])
    """
    raise NotImplementedError


def log_mel_backward(dy, power, filters, mel, floor=1e-6):
    """★★ Forward: m = power F,   y = log(max(m, floor)). Derive what the power and the filters get

    dy (N, K), power (N, D), filters F (D, K), mel m (N, K) from the forward pass -> dpower (N, D), dfilters (D, K)

    >>> power, filters = np.array([[1.0, 3.0]]), np.array([[1.0, 0.0], [1.0, 0.0]])
    >>> dpower, dfilters = log_mel_backward(np.array([[8.0, 1.0]]), power, filters, np.array([[4.0, 0.0]]))
    >>> dpower.tolist(), dfilters.tolist()
    ([[2.0, 2.0]], [[2.0, 0.0], [6.0, 0.0]])
    """
    raise NotImplementedError


def wave_twice_as_loud():
    """★★★ A wave is doubled. By how much does its log-mel spectrum rise, where it is above the floor?

    Answer with a number
    """
    raise NotImplementedError


def number_of_frames():
    """★★★ One second at 8000 samples, frames of 256 samples, a new one every 128. How many frames?

    Answer with a whole number
    """
    raise NotImplementedError
