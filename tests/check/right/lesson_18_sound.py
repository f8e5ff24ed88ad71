"""Right solutions of lesson 18: windows by index, by view, by loop; spectra by sums and by fast transforms."""

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def frames__index(x, length, hop):
    P = 1 + (x.shape[1] - length) // hop
    return x[:, np.arange(P)[:, None] * hop + np.arange(length)]


def frames__view(x, length, hop):
    return sliding_window_view(x, length, axis=1)[:, ::hop].copy()


def frames__slices(x, length, hop):
    return np.stack([x[:, start : start + length] for start in range(0, x.shape[1] - length + 1, hop)], axis=1)


def frames_backward__slices(dy, x, hop):
    dx = np.zeros(x.shape)
    for p in range(dy.shape[1]):
        dx[:, p * hop : p * hop + dy.shape[2]] += dy[:, p]
    return dx


def frames_backward__samples(dy, x, hop):
    dx = np.zeros_like(x)
    for n, p, i in np.ndindex(*dy.shape):
        dx[n, p * hop + i] += dy[n, p, i]
    return dx


def frames_backward__matrix(dy, x, hop):
    places = (np.arange(dy.shape[1])[:, None] * hop + np.arange(dy.shape[2])).ravel()
    return dy.reshape(len(dy), -1) @ np.eye(x.shape[1])[places]


def hann_window__formula(length):
    return (1 - np.cos(2 * np.pi * np.arange(length) / length)) / 2


def hann_window__sine_squared(length):
    return np.sin(np.pi * np.arange(length) / length) ** 2


def hann_window__numpy(length):
    return np.hanning(length + 1)[:length]


def power_spectrum__fast(x, window):
    z = np.fft.rfft(x * window)
    return z.real**2 + z.imag**2, z.real, z.imag


def power_spectrum__sums(x, window):
    I = len(window)
    angle = 2 * np.pi * np.outer(np.arange(I // 2 + 1), np.arange(I)) / I
    real, imaginary = (x * window) @ np.cos(angle).T, -(x * window) @ np.sin(angle).T
    return real * real + imaginary * imaginary, real, imaginary


def power_spectrum__complex_sums(x, window):
    I = x.shape[1]
    z = np.einsum("i,ni,ki->nk", window, x, np.exp(-2j * np.pi * np.arange(I // 2 + 1)[:, None] * np.arange(I) / I))
    return np.abs(z) ** 2, z.real.copy(), z.imag.copy()


def _edges(bands, rate):
    top = 2595 * math.log10(1 + rate / 2 / 700)
    return [700 * (10 ** (top * k / (bands + 1) / 2595) - 1) for k in range(bands + 2)]


def mel_filter_bank__minimum(bands, length, rate):
    top = 2595 * np.log10(1 + rate / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, top, bands + 2) / 2595) - 1)
    f = np.arange(length // 2 + 1)[:, None] * rate / length
    a, b, c = edges[:-2], edges[1:-1], edges[2:]
    return np.maximum(0, np.minimum((f - a) / (b - a), (c - f) / (c - b)))


def mel_filter_bank__interpolation(bands, length, rate):
    edges, f = _edges(bands, rate), np.linspace(0, rate * (length // 2) / length, length // 2 + 1)
    return np.stack([np.interp(f, edges[k : k + 3], [0, 1, 0]) for k in range(bands)], axis=1)


def mel_filter_bank__loops(bands, length, rate):
    edges = _edges(bands, rate)
    y = np.zeros((length // 2 + 1, bands))
    for d, k in np.ndindex(*y.shape):
        f = rate / length * d
        a, b, c = edges[k : k + 3]
        if a < f <= b:
            y[d, k] = (f - a) / (b - a)
        elif b < f < c:
            y[d, k] = (c - f) / (c - b)
    return y


def log_mel__maximum(power, filters, floor=1e-6):
    m = power @ filters
    return np.log(np.maximum(m, floor)), m


def log_mel__where(power, filters, floor=1e-6):
    m = np.einsum("nd,dk->nk", power, filters)
    loud = m > floor
    return np.where(loud, np.log(np.where(loud, m, 1)), math.log(floor)), m


def log_mel__loops(power, filters, floor=1e-6):
    m = np.array([[math.fsum(row * column) for column in filters.T] for row in power])
    return np.vectorize(lambda each: math.log(max(each, floor)), otypes=[float])(m), m


def log_mel_backward__where(dy, power, filters, mel, floor=1e-6):
    dm = np.where(mel > floor, dy / np.maximum(mel, floor), 0)
    return dm @ filters.T, power.T @ dm


def log_mel_backward__index(dy, power, filters, mel, floor=1e-6):
    dm, loud = np.zeros(dy.shape), mel > floor
    dm[loud] = dy[loud] / mel[loud]
    return np.einsum("nk,dk->nd", dm, filters), np.einsum("nd,nk->dk", power, dm)


def log_mel_backward__loops(dy, power, filters, mel, floor=1e-6):
    dpower, dfilters = np.zeros(power.shape), np.zeros(filters.shape)
    for n, k in np.ndindex(*dy.shape):
        if mel[n, k] > floor:
            dpower[n] += filters[:, k] / mel[n, k] * dy[n, k]
            dfilters[:, k] += power[n] / mel[n, k] * dy[n, k]
    return dpower, dfilters
