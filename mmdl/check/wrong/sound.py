"""Mistakes in sound: frames, windows, spectra, and the bands of pitch."""

import numpy as np

from mmdl.check.wrong.known import mistakes_in
from mmdl.ops.filters import hertz_to_mel, mel_filter_bank, mel_to_hertz
from mmdl.ops.spectrum import LogMel, PowerSpectrum, frames, frames_backward, log_mel, power_spectrum

MISTAKES = []
in_frames = mistakes_in(MISTAKES, "frames")
in_frames_backward = mistakes_in(MISTAKES, "frames_backward")
in_window = mistakes_in(MISTAKES, "hann_window")
in_spectrum = mistakes_in(MISTAKES, "power_spectrum")
in_bank = mistakes_in(MISTAKES, "mel_filter_bank")
in_log_mel = mistakes_in(MISTAKES, "log_mel")
in_log_mel_backward = mistakes_in(MISTAKES, "log_mel_backward")


@in_frames("Frame p starts at sample p · hop; within a frame samples follow one by one.")
def hop_forgotten(x, length, hop):
    """The result has the right size, but frame p starts at sample p instead of p · hop: right for a hop of 1."""
    return frames(x, length, 1)[..., : frames(x, length, hop).shape[-2], :]


@in_frames("The next frame starts `hop` samples later, not `length`.")
def frames_side_by_side(x, length, hop):
    """Each frame starts where the one before ends: they do not overlap."""
    return frames(x, length, length)


@in_frames("The first frame needs no hop: P = 1 + (T − length) // hop.")
def last_frame_forgotten(x, length, hop):
    """The last frame is missing: there are (T − length) // hop frames and one more."""
    return frames(x, length, hop)[..., :-1, :]


@in_frames("Only whole frames count: what is left at the end is dropped.")
def rest_filled_with_zeros(x, length, hop):
    """What is left at the end of the wave becomes a frame, too, with zeros behind it."""
    left = (length - x.shape[-1]) % hop
    return frames(np.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, left)]), length, hop)


@in_frames_backward("Frames overlap: += and not =.")
def frames_overwritten(dy, x, hop):
    """Where frames overlap only the last one counts."""
    dx = np.zeros_like(x)
    for p in range(dy.shape[-2]):
        dx[..., p * hop : p * hop + dy.shape[-1]] = dy[..., p, :]
    return dx


@in_frames_backward("Add up what comes from all frames; nobody took a mean on the way forward.")
def overlap_averaged(dy, x, hop):
    """Each sample gets the mean of what its frames send back, not the sum."""
    return frames_backward(dy, x, hop) / np.maximum(frames_backward(np.ones_like(dy), x, hop), 1)


@in_frames_backward("Frame p was read from sample p · hop on: there its gradient goes.")
def hop_forgotten_on_the_way_back(dy, x, hop):
    """The gradient of frame p goes to sample p and on, instead of p · hop: right for a hop of 1."""
    dx = np.zeros_like(x)
    for p in range(dy.shape[-2]):
        dx[..., p : p + dy.shape[-1]] += dy[..., p, :]
    return dx


@in_window("Divide by `length`. With length − 1 windows half a frame apart no longer sum to one.")
def symmetric_window(length):
    """The angle is divided by length − 1, as in np.hanning: the last sample is zero as well as the first."""
    return np.hanning(length)


@in_window("Von Hann's window goes down to zero: (1 − cos) / 2.")
def hamming_window(length):
    """It is Hamming's window, 0.54 − 0.46 cos, which ends on a step of 0.08."""
    return 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(length) / length)


@in_window("(1 − cos(2φ)) / 2 is the square of sin φ.")
def sine_window(length):
    """It is the root of what it should be: a sine."""
    return np.sin(np.pi * np.arange(length) / length)


@in_spectrum("Square it: real² + imaginary². With sizes, twice the wave adds log 2 to the log-mel, not log 4.")
def magnitude_for_power(x, window):
    """y is the size √(real² + imaginary²), not the power: twice the wave makes it twice as large, not four times."""
    y, real, imaginary = power_spectrum(x, window)
    return PowerSpectrum(np.sqrt(y), real, imaginary)


@in_spectrum("Square each of the two, then add.")
def squared_after_adding(x, window):
    """y is (real + imaginary)²: the square of the sum, not the sum of the squares."""
    _, real, imaginary = power_spectrum(x, window)
    return PowerSpectrum((real + imaginary) ** 2, real, imaginary)


@in_spectrum("Fade every frame first: window * x.")
def window_left_out(x, window):
    """The frames are not faded: the window is not used."""
    return power_spectrum(x, np.ones_like(window))


@in_spectrum("The sums are sums: nothing divides them by I.")
def power_averaged(x, window):
    """real and imaginary are right, but y is divided by the number of samples."""
    y, real, imaginary = power_spectrum(x, window)
    return PowerSpectrum(y / len(window), real, imaginary)


@in_spectrum("Each of the K frequencies counts once; leave their mirror images alone.")
def mirror_images_added(x, window):
    """Frequencies that have a mirror image count twice in y, as in a one-sided density."""
    y, real, imaginary = power_spectrum(x, window)
    return PowerSpectrum(np.where(2 * np.arange(y.shape[-1]) % len(window) == 0, 1, 2) * y, real, imaginary)


@in_spectrum("For real waves the upper half mirrors the lower: np.fft.rfft, or the first I // 2 + 1 of np.fft.fft.")
def all_frequencies(x, window):
    """There are all I frequencies, the mirror images included; K = I // 2 + 1 would do."""
    sums = np.fft.fft(window * x)
    return PowerSpectrum(np.abs(sums) ** 2, sums.real, sums.imag)


@in_spectrum("e^(−jφ) = cos φ − j sin φ: the sum of the sines is subtracted.")
def turned_the_other_way(x, window):
    """imaginary has the opposite sign: + Σ sin instead of − Σ sin."""
    y, real, imaginary = power_spectrum(x, window)
    return PowerSpectrum(y, real, -imaginary)


@in_bank("Equal steps of mel: np.linspace(0, mel(rate / 2), bands + 2), and then back to hertz.")
def equal_steps_of_hertz(bands, length, rate):
    """The triangles stand in equal steps of hertz, not of mel."""
    return _triangles(np.linspace(0, rate / 2, bands + 2), _frequencies(length, rate))


@in_bank("Only the edges are equally spaced in mel; the sides are straight lines in hertz.")
def sides_straight_in_mel(bands, length, rate):
    """The edges are right, but the sides between them are straight in mel, not in hertz."""
    return _triangles(_mels(bands, rate), hertz_to_mel(_frequencies(length, rate)))


@in_bank("Frequency d is d · rate / length; the last one is half the rate only if the length is even.")
def last_frequency_at_half_the_rate(bands, length, rate):
    """The frequencies run from 0 to rate / 2 in equal steps: right only for an even length."""
    return _triangles(mel_to_hertz(_mels(bands, rate)), np.linspace(0, rate / 2, length // 2 + 1)[:, None])


@in_bank("Outside of its edges a triangle is zero: np.maximum(0, ...).")
def negative_outside(bands, length, rate):
    """The sides go on below zero outside of the edges."""
    a, b, c = _thirds(mel_to_hertz(_mels(bands, rate)))
    f = _frequencies(length, rate)
    return np.minimum((f - a) / (b - a), (c - f) / (c - b))


@in_bank("Every triangle is one high, here.")
def equal_areas(bands, length, rate):
    """Each triangle encloses the area one, 2 / (c − a) high, instead of being one high."""
    return mel_filter_bank(bands, length, rate, equal_area=True)


@in_bank("The mel of this exercise is 2595 log₁₀(1 + f / 700).")
def another_mel(bands, length, rate):
    """It is Slaney's mel, straight up to 1000 Hz, not the formula's."""
    return mel_filter_bank(bands, length, rate, scale="slaney")


@in_log_mel("The natural logarithm: np.log.")
def decimal_logarithm(power, filters, floor=1e-6):
    """The logarithm is the decimal one."""
    y, mel = log_mel(power, filters, floor)
    return LogMel(y / np.log(10), mel)


@in_log_mel("The natural logarithm, np.log, without a factor.")
def decibels(power, filters, floor=1e-6):
    """y is in decibels, 10 log₁₀."""
    y, mel = log_mel(power, filters, floor)
    return LogMel(y * 10 / np.log(10), mel)


@in_log_mel("The larger of the two: np.maximum(m, floor).")
def floor_added(power, filters, floor=1e-6):
    """The floor is added to m; it should only replace what is smaller."""
    mel = power @ filters
    return LogMel(np.log(mel + floor), mel)


@in_log_mel("np.maximum(m, floor) before the logarithm, or silence is −∞.")
def floor_left_out(power, filters, floor=1e-6):
    """There is no floor: what is fainter goes on falling, to −∞ for silence."""
    mel = power @ filters
    return LogMel(np.log(mel), mel)


@in_log_mel("Filter the power as it is. With sizes, twice the wave adds log 2, not log 4.")
def sizes_filtered(power, filters, floor=1e-6):
    """The filters get the root of the power: four times the power, which is twice the wave, adds log 2, not log 4."""
    return log_mel(np.sqrt(power), filters, floor)


@in_log_mel("First add up what a band lets through, then take the logarithm.")
def logarithm_before_the_filters(power, filters, floor=1e-6):
    """m is right, but y filters the logarithms of the powers, instead of being the logarithm of m."""
    return LogMel(np.log(np.maximum(power, floor)) @ filters, power @ filters)


@in_log_mel("log m, not log(1 + m): otherwise faint bands are all alike.")
def one_added(power, filters, floor=1e-6):
    """y is log(1 + m)."""
    mel = power @ filters
    return LogMel(np.log1p(np.maximum(mel, floor)), mel)


@in_log_mel_backward("Where m is under the floor y does not depend on it: dm = 0 there.")
def gradient_under_the_floor(dy, power, filters, mel, floor=1e-6):
    """It is right but where m is under the floor: there it still sends dy / m back."""
    return _through(dy / mel, power, filters)


@in_log_mel_backward("Where m is under the floor y does not depend on it: dm = 0 there, and not dy / floor.")
def divided_by_the_floor(dy, power, filters, mel, floor=1e-6):
    """It is right but where m is under the floor: there it sends dy / floor back."""
    return _through(dy / np.maximum(mel, floor), power, filters)


@in_log_mel_backward("The derivative of log m is 1 / m.")
def logarithm_forgotten(dy, power, filters, mel, floor=1e-6):
    """dy is not divided by m, as if there were no logarithm."""
    return _through(np.where(mel > floor, dy, 0), power, filters)


@in_log_mel_backward("The derivative of log m is 1 / m, not 1 / log m.")
def divided_by_the_logarithm(dy, power, filters, mel, floor=1e-6):
    """dy is divided by log m instead of m."""
    return _through(np.where(mel > floor, dy, 0) / np.log(mel), power, filters)


def _through(dmel, power, filters):
    return dmel @ filters.T, power.T @ dmel


def _frequencies(length, rate):
    return rate / length * np.arange(length // 2 + 1)[:, None]


def _mels(bands, rate):
    return np.linspace(0, hertz_to_mel(rate / 2), bands + 2)


def _thirds(edges):
    return edges[:-2], edges[1:-1], edges[2:]


def _triangles(edges, f):
    a, b, c = _thirds(edges)
    return np.maximum(0, np.minimum((f - a) / (b - a), (c - f) / (c - b)))
