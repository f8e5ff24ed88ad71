"""Mistakes that students make in the exercises of lesson 18."""

import numpy as np

FITTING = {
    "frames__one_sample_between": ("hop", "length"),
    "frames_backward__last_frame_forgotten": ("frame", "last"),
    "hann_window__half_a_sample_later": ("sample", "angle"),
    "power_spectrum__numpy_scaling": ("scale", "divided", "root", "√", "factor"),
    "mel_filter_bank__upside_down_at_the_top": ("edge", "zero", "tip"),
    "log_mel_backward__filters_not_transposed": ("transpose", "fᵀ"),
}


def frames__one_sample_between(x, length, hop):
    """The hop is counted from the end of a frame, so frames leave gaps."""
    starts = range(0, x.shape[1] - length + 1, length + hop)
    return np.stack([x[:, start : start + length] for start in starts], axis=1)


def frames_backward__last_frame_forgotten(dy, x, hop):
    """The loop ends one frame too early."""
    dx = np.zeros(x.shape)
    for p in range(dy.shape[1] - 1):
        start = p * hop
        dx[:, start : start + dy.shape[2]] += dy[:, p]
    return dx


def hann_window__half_a_sample_later(length):
    """The samples are taken in the middle of each step."""
    i = np.arange(length) + 0.5
    return 0.5 - 0.5 * np.cos(2 * np.pi * i / length)


def power_spectrum__numpy_scaling(x, window):
    """The transform is divided by the root of its length."""
    z = np.fft.rfft(x * window, norm="ortho")
    return np.abs(z) ** 2, z.real, z.imag


def mel_filter_bank__upside_down_at_the_top(bands, length, rate):
    """The left side is used all the way to the right edge."""
    top = 2595 * np.log10(1 + rate / 1400)
    hertz = 700 * (10 ** (np.arange(bands + 2) * top / (bands + 1) / 2595) - 1)
    bank = np.zeros((length // 2 + 1, bands))
    for d in range(len(bank)):
        f = d * rate / length
        for k in range(bands):
            if hertz[k] <= f <= hertz[k + 2]:
                bank[d, k] = (f - hertz[k]) / (hertz[k + 1] - hertz[k])
    return bank


def log_mel__mean_of_the_band(power, filters, floor=1e-6):
    """Each band is a weighted mean, not a sum."""
    mel = power @ filters / filters.sum(axis=0)
    return np.log(np.clip(mel, floor, None)), mel


def log_mel_backward__filters_not_transposed(dy, power, filters, mel, floor=1e-6):
    """dfilters has its axes exchanged."""
    inverse = np.zeros(mel.shape)
    np.divide(1, mel, out=inverse, where=mel > floor)
    dm = dy * inverse
    return np.einsum("nk,dk->nd", dm, filters), np.einsum("nk,nd->kd", dm, power)
