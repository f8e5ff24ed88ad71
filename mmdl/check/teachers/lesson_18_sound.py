"""Lesson 18: a wave, its frames and their spectra, and the way back."""

import numpy as np

from mmdl.check.exercise import backward, forward
from mmdl.check.known import mistakes_in
from mmdl.check.prediction import prediction
from mmdl.check.teachers import bands
from mmdl.ops.spectrum import PowerSpectrum, frames, frames_backward, log_mel, power_spectrum

EXERCISES = (
    forward(
        "frames",
        "Frame p covers the samples p · hop to p · hop + length − 1. How many lie whole within T samples?",
        "The last frame starts at T − length at most, so P = 1 + (T − length) // hop.",
        "np.stack([x[:, p * hop : p * hop + length] for p in range(P)], axis=1)",
    ),
    backward(
        "frames",
        "Frames overlap: a sample went into every frame that holds it, so it collects from all of them.",
        "Begin with zeros like x. For each frame: dx[:, p * hop : p * hop + I] += dy[:, p]. Add, do not set.",
    ),
    forward(
        "hann_window",
        "i counts the samples from 0: np.arange(length). The angle goes once around within the frame.",
        "Divide by `length`, not by length − 1: the next window's first zero is this one's missing last.",
    ),
    forward(
        "power_spectrum",
        "First window * x: every frame is faded. Then np.fft.rfft(...) does both sums at once, real + j imaginary.",
        "np.fft.rfft gives complex numbers: .real and .imag are the two sums.",
        "The power is the square of a complex number's size: real² + imaginary². np.abs alone is not squared.",
    ),
    forward(
        "mel_filter_bank",
        "First the edges: np.linspace from 0 to the mel of rate / 2, bands + 2 of them, and back to hertz.",
        "mel reversed: f = 700 (10^(mel / 2595) − 1). From here on all is in hertz, and straight lines are straight there.",
        "a, b, c = edges[:-2], edges[1:-1], edges[2:], and f = rate / length * np.arange(length // 2 + 1)[:, None].",
        "np.maximum(0, np.minimum((f - a) / (b - a), (c - f) / (c - b)))",
        axes={"y": "D K"},
    ),
    forward(
        "log_mel",
        "m = power @ filters: each band adds up what it lets through. The logarithm comes after the sum.",
        "Of m and the floor the larger one: np.maximum(m, floor). Return the logarithm, and m as it was.",
    ),
    backward(
        "log_mel",
        "The derivative of log m is 1 / m, of m itself, not of its logarithm. Under the floor nothing moves: 0.",
        "Do not divide by a band that is silent: dm = np.where(loud, dy, 0) / np.where(loud, mel, 1), loud = mel > floor.",
        "m = power F is an affine layer without a bias: dpower = dm @ F.T, dfilters = power.T @ dm.",
    ),
)

MISTAKES = [*bands.MISTAKES]
in_frames = mistakes_in(MISTAKES, "frames")
in_frames_backward = mistakes_in(MISTAKES, "frames_backward")
in_window = mistakes_in(MISTAKES, "hann_window")
in_spectrum = mistakes_in(MISTAKES, "power_spectrum")


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
    """The last frame is missing: there should be (T − length) // hop frames and one more."""
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
    """y is divided by the number of samples."""
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


@in_frames_backward("Go through all P frames: range(dy.shape[1]).")
def last_frame_left_out(dy, x, hop):
    """The last frame sends nothing back."""
    first = dy.copy()
    first[..., -1, :] = 0
    return frames_backward(first, x, hop)


@prediction("The power is the square of the size.", "The logarithm makes a sum of a factor.")
def wave_twice_as_loud():
    """The power is four times as large, in every band, and log 4 = 1.386 is added: loudness becomes a shift."""
    once, twice = (log_mel(np.array([[scale**2]]), np.ones((1, 1))).y.item() for scale in (1.0, 2.0))
    return twice - once


@prediction("The last frame starts at 8000 − 256 at most.")
def number_of_frames():
    """1 + (8000 − 256) // 128 = 61: the last one starts at sample 7680, and 64 samples are left over."""
    return int(frames(np.zeros((1, 8000)), 256, 128).shape[1])


PREDICTIONS = (wave_twice_as_loud, number_of_frames)
