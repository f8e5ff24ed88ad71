"""Lesson 02: how large a convolution is, and what it sums."""

import numpy as np

from mmdl.check.exercise import Exercise, forward
from mmdl.check.known import mistakes_in
from mmdl.check.prediction import prediction
from mmdl.ops.convolution import conv2d


def output_size(R, I, stride=1, padding=0):
    """The last stop is the last one that still fits: (R + 2 padding − I) / stride, rounded down, and one for the first"""
    return (R + 2 * padding - I) // stride + 1


def correlation2d(x, w):
    """Equation (1): every stop of the kernel is one sum"""
    return conv2d(x[None, :, :, None], w[:, :, None, None])[0, :, :, 0]


def convolution2d(x, w):
    """The same with the kernel turned by 180 degrees"""
    return correlation2d(x, w[::-1, ::-1])


def sizes(draws):
    """An image, a kernel that fits, a stride and a padding."""
    I = draws.of(1, 2, 3, 4)
    R = I + draws.of(0, 1, 2, 3, 5, 8)
    return {"R": R, "I": I, "stride": draws.of(1, 2, 3), "padding": draws.of(0, 1, 2)}


def one_image(draws):
    """One image with one channel, and one kernel that is not symmetric."""
    for axis, cells, options in (("R", "I", (1, 2, 3)), ("C", "J", (2, 1, 3))):
        least = draws.size(cells, options)
        draws.size(axis, range(least, least + 4))
    return draws.arrays(x="R C", w="I J")


def difference_backward(dy):
    """dx[p] = dy[p − 1] − dy[p]"""
    dx = np.zeros(len(dy) + 1)
    dx[1:] += dy
    dx[:-1] -= dy
    return dx


def correlation1d_backward(dy, x, w):
    """dx[p + i] += dy[p] w[i],   dw[i] = Σ_p dy[p] x[p + i]"""
    dx = np.zeros(len(x))
    for p in range(len(dy)):
        dx[p : p + len(w)] += dy[p] * w
    return dx, np.array([dy @ x[i : i + len(dy)] for i in range(len(w))])


def one_row(draws):
    """A row of numbers, a kernel, and a gradient for each stop."""
    cells = draws.size("I", (2, 1, 3))
    length = draws.size("R", range(cells, cells + 5))
    return draws.arrays(x="R", w="I") | {"dy": draws.rng.standard_normal(length - cells + 1)}


EXERCISES = (
    Exercise(
        output_size,
        sizes,
        ("size",),
        (
            "Without stride and padding the kernel's first row can stand in row 0, 1, ..., R − I.",
            "Padding makes the image 2 · padding rows longer. With a stride only every stride-th of those stops is used.",
            "(R + 2 · padding - I) // stride + 1",
        ),
    ),
    Exercise(
        correlation2d,
        one_image,
        ("y",),
        (
            "Two loops over the places p, q of the result, two over the cells i, j of the kernel.",
            "The inner two are one sum: np.sum(x[p : p + I, q : q + J] * w).",
        ),
        axes={"y": "P Q"},
    ),
    Exercise(
        convolution2d,
        one_image,
        ("y",),
        (
            "With i = 0 the sum reads x at p + I − 1, the last row that it sees: the offset counts backwards.",
            "It is the same as sliding a kernel that has been turned by 180 degrees: w[::-1, ::-1].",
        ),
        axes={"y": "P Q"},
    ),
    forward(
        "conv2d",
        "Begin with stride 1 and one image, with loops over p, q and k; then let x[p : p + I, q : q + J] be a block.",
        "Stop number p of a kernel with stride s stands in row s · p, not in row p; within the window it still moves by 1.",
        "For each i, j: y += x[:, i : i + s · (P - 1) + 1 : s, j : j + t · (Q - 1) + 1 : t] @ w[i, j], for strides s and t.",
    ),
    Exercise(
        difference_backward,
        lambda draws: draws.arrays(dy="P"),
        ("dx",),
        (
            "x[p] is in two differences: with a plus in y[p − 1], with a minus in y[p]. At the ends it is in one.",
            "Start from zeros, one longer than dy: dx[1:] += dy and dx[:-1] -= dy.",
        ),
        axes={"dx": "R"},
    ),
    Exercise(
        correlation1d_backward,
        one_row,
        ("dx", "dw"),
        (
            "y[p] moves by w[i] if x[p + i] is nudged, and by x[p + i] if w[i] is.",
            "Go through all stops p: dx[p : p + I] += dy[p] * w, because windows overlap.",
            "w[i] was used at all stops: dw[i] = Σ_p dy[p] x[p + i].",
        ),
        axes={"dx": "R", "dw": "I"},
    ),
)

MISTAKES = []
in_conv2d = mistakes_in(MISTAKES, "conv2d")


@in_conv2d("The article's sum adds the offset: x[p + i, q + j] w[i, j]. Do not turn the kernel.")
def kernel_flipped(x, w, b=None, stride=1, padding="valid", dilation=1):
    """y is what the kernel turned by 180 degrees would give: the true convolution."""
    return conv2d(x, w[::-1, ::-1], b, stride, padding, dilation)


@in_conv2d("Stop p of the kernel begins in row stride · p; within the window it still moves by 1.")
def stride_forgotten_inside(x, w, b=None, stride=1, padding="valid", dilation=1):
    """The result has the right size, but stop p looks at row p + i instead of stride · p + i: right at stride 1."""
    right = conv2d(x, w, b, stride, padding, dilation)
    return conv2d(x, w, b, 1, padding, dilation)[:, : right.shape[1], : right.shape[2]]


@in_conv2d("A kernel sees all channels at once: the sum runs over d, too.")
def first_channel_only(x, w, b=None, stride=1, padding="valid", dilation=1):
    """Only the first input channel is used."""
    return conv2d(x[..., :1], w[:, :, :1], b, stride, padding, dilation)


@in_conv2d("Add b[k] to channel k of the result, where there is a bias.")
def bias_left_out(x, w, b=None, stride=1, padding="valid", dilation=1):
    """y is right but for the bias, which is not added."""
    return conv2d(x, w, None, stride, padding, dilation)


@in_conv2d("The bias is added once to every result, not once for every cell of the kernel.")
def bias_in_every_cell(x, w, b=None, stride=1, padding="valid", dilation=1):
    """The bias is added inside the sum, once for every cell of the kernel."""
    cells = w.shape[0] * w.shape[1]
    return conv2d(x, w, None if b is None else cells * b, stride, padding, dilation)


@mistakes_in(MISTAKES, "difference_backward")("x[p] stands in y[p − 1] with a plus and in y[p] with a minus.")
def one_side_of_the_difference(dy):
    """Each x gets what its left difference sends; that it is subtracted in the next one is forgotten."""
    return np.concatenate([[0.0], dy])


@mistakes_in(MISTAKES, "correlation1d_backward")(
    "Forward reads x[p + i], so there goes dy[p] w[i]: the offset is added."
)
def offsets_subtracted(dy, x, w):
    """dx is what the mirrored kernel would give."""
    mirrored, right = (correlation1d_backward(dy, x, kernel) for kernel in (w[::-1], w))
    return mirrored[0], right[1]


@mistakes_in(MISTAKES, "correlation1d_backward")("Windows overlap: += and not =.")
def last_window_only(dy, x, w):
    """In dx only the last window that saw a number counts."""
    dx = np.zeros(len(x))
    for p in range(len(dy)):
        dx[p : p + len(w)] = dy[p] * w
    return dx, correlation1d_backward(dy, x, w)[1]


@mistakes_in(MISTAKES, "output_size")("There is padding on either side: R + 2 · padding.")
def padding_counted_once(R, I, stride=1, padding=0):
    """The padding is counted once, but there is some on either side."""
    return (R + padding - I) // stride + 1


@prediction("Turn each of them by 180 degrees, in your head.")
def hidden_flip():
    """Turned by 180 degrees the Laplacian is itself; Sobel changes its sign, and emboss changes altogether."""
    kernels = {
        "a": np.outer([1, 2, 1], [1, 0, -1]),
        "b": np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]]),
        "c": np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]),
    }
    x = np.random.default_rng(0).standard_normal((6, 6))
    same = [name for name, w in kernels.items() if np.allclose(correlation2d(x, w * 1.0), convolution2d(x, w * 1.0))]
    return same[0] if len(same) == 1 else "d"


@prediction("(28 − 5) / 2, rounded down, and one for the first stop.", "Channels out are the kernel's last axis.")
def shape_after_a_stride():
    """(2, 12, 12, 8): the last stop begins in row 22, because 24 + 5 is more than 28."""
    return conv2d(np.zeros((2, 28, 28, 3)), np.zeros((5, 5, 3, 8)), stride=2).shape


PREDICTIONS = (hidden_flip, shape_after_a_stride)
