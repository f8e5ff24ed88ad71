"""Mistakes that students make in the exercises of lesson 18."""

import numpy as np

FITTING = {
    "frames__one_sample_between": ("hop", "length"),
    "frames_backward__last_frame_forgotten": ("frame", "last"),
    "hann_window__half_a_sample_later": ("sample", "angle"),
    "power_spectrum__numpy_scaling": ("scale", "divided", "root", "√", "factor"),
    "mel_filter_bank__upside_down_at_the_top": ("edge", "zero", "tip"),
    "log_mel_backward__filters_not_transposed": ("transpose", "fᵀ"),
    "frames__hop_of_one": ("p · hop",),
    "frames_backward__set": ("overlap", "last one"),
    "hann_window__symmetric": ("length − 1", "last"),
    "power_spectrum__size": ("not the power", "size"),
    "mel_filter_bank__hertz": ("hertz",),
    "log_mel__base_ten": ("decimal",),
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


def frames__hop_of_one(x, length, hop):
    """Frame p begins at sample p."""
    count = len(range(0, x.shape[1] - length + 1, hop))
    return np.lib.stride_tricks.sliding_window_view(x, length, axis=1)[:, :count].copy()


def frames_backward__set(dy, x, hop):
    """= where += belongs."""
    dx = np.zeros(x.shape)
    for n, p in np.ndindex(dy.shape[:2]):
        dx[n, p * hop :][: dy.shape[2]] = dy[n, p]
    return dx


def hann_window__symmetric(length):
    """Zero at both ends."""
    return np.hanning(length) if length > 1 else np.zeros(1)


def power_spectrum__size(x, window):
    """|z|."""
    z = np.fft.fft(x * window)[..., : x.shape[-1] // 2 + 1]
    return np.hypot(z.real, z.imag), z.real, z.imag


def mel_filter_bank__hertz(bands, length, rate):
    """Triangles of equal width."""
    edges = np.arange(bands + 2) * rate / 2 / (bands + 1)
    f = np.arange(length // 2 + 1) * rate / length
    return np.stack([np.interp(f, edges[k : k + 3], [0, 1, 0], 0, 0) for k in range(bands)], axis=1)


def log_mel__base_ten(power, filters, floor=1e-6):
    """log10."""
    mel = np.einsum("...d,dk->...k", power, filters)
    return np.log10(np.fmax(mel, floor)), mel
