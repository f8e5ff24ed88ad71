"""Lesson 18: a wave, its frames and their spectra, and the way back."""

from mmdl.check.exercise import backward, forward

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
