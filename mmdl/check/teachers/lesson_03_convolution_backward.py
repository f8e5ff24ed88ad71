"""Lesson 03: the gradients of a convolution."""

import numpy as np

from mmdl.check.exercise import backward, piece
from mmdl.check.known import mistakes_in
from mmdl.check.prediction import prediction
from mmdl.ops.convolution import conv2d, conv2d_backward


def conv2d_db(dy):
    """db = Σ dy over examples, rows and columns"""
    return dy.sum(axis=(0, 1, 2))


def conv2d_dw(dy, x, w, stride=1):
    """dw[i, j] = Σ x[stride · p + i, stride · q + j]ᵀ dy[p, q]"""
    return conv2d_backward(dy, x, w, stride)[1]


def conv2d_dx(dy, x, w, stride=1):
    """dx[stride · p + i, stride · q + j] += dy[p, q] w[i, j]ᵀ"""
    return conv2d_backward(dy, x, w, stride)[0]


CONV2D_BACKWARD = backward(
    "conv2d",
    "Do the three one by one: conv2d_db, conv2d_dw and conv2d_dx are exercises of their own.",
    "One pair of loops over i and j serves both dw and dx: x[:, i : i + stride · P : stride, ...] is all that w[i, j] saw.",
    "dw[i, j] = Σ seenᵀ dy, and where it was seen from, dy w[i, j]ᵀ is added to dx.",
)

EXERCISES = (
    piece(
        conv2d_db,
        CONV2D_BACKWARD,
        "db",
        "b[k] was added at every place of every image, to channel k.",
        "Add up dy over the first three axes: axis=(0, 1, 2).",
    ),
    piece(
        conv2d_dw,
        CONV2D_BACKWARD,
        "dw",
        "w[i, j] met x[stride · p + i, stride · q + j] at every place p, q of every image, and went into y[p, q].",
        "dw[i, j, d, k] = Σ over n, p, q of x[n, stride · p + i, stride · q + j, d] dy[n, p, q, k].",
        "For fixed i, j take the slice of x that w[i, j] saw, (N, P, Q, D), and contract its first three axes with dy's: "
        "np.tensordot(seen, dy, ((0, 1, 2), (0, 1, 2))).",
    ),
    piece(
        conv2d_dx,
        CONV2D_BACKWARD,
        "dx",
        "Go through the forward sum and do the opposite: where it read x, add to dx what comes back.",
        "dx[n, stride · p + i, stride · q + j] += w[i, j] dy[n, p, q]. Windows overlap: += and not =.",
        "Whoever gathers instead, for each pixel, meets the kernel backwards: dy[p − i] w[i].",
    ),
    CONV2D_BACKWARD,
)

MISTAKES = []
in_conv2d_backward = mistakes_in(MISTAKES, "conv2d_backward")


@in_conv2d_backward(
    "Scatter each dy through w to where x was read; whoever gathers has to turn the kernel: w[::-1, ::-1]."
)
def gathered_with_unturned_kernel(dy, x, w, stride=1, padding="valid", dilation=1):
    """dx is what the kernel turned by 180 degrees would give."""
    dx = conv2d_backward(dy, x, w[::-1, ::-1], stride, padding, dilation)[0]
    return dx, *conv2d_backward(dy, x, w, stride, padding, dilation)[1:]


@in_conv2d_backward("Every image of the batch used this kernel: add up over n.")
def first_image_only(dy, x, w, stride=1, padding="valid", dilation=1):
    """Only the first image counts; what the others send is left out."""
    dx = conv2d_backward(dy, x, w, stride, padding, dilation)[0]
    return dx, *conv2d_backward(dy[:1], x[:1], w, stride, padding, dilation)[1:]


@in_conv2d_backward("Every image of the batch used this kernel: += and not =.")
def last_image_only(dy, x, w, stride=1, padding="valid", dilation=1):
    """Only the last image counts, which has overwritten the others."""
    dx = conv2d_backward(dy, x, w, stride, padding, dilation)[0]
    return dx, *conv2d_backward(dy[-1:], x[-1:], w, stride, padding, dilation)[1:]


@in_conv2d_backward("Windows overlap, so a pixel hears from several stops: += and not =.")
def overlaps_overwritten(dy, x, w, stride=1):
    """In dx only the last window that saw a pixel counts."""
    dx = np.zeros(x.shape)
    s, t = np.broadcast_to(stride, 2)
    for p, q in np.ndindex(dy.shape[1:3]):
        window = np.s_[:, s * p : s * p + w.shape[0], t * q : t * q + w.shape[1]]
        dx[window] = np.einsum("nk,ijdk->nijd", dy[:, p, q], w)
    return dx, *conv2d_backward(dy, x, w, stride)[1:]


@in_conv2d_backward("Add up: the mean, if there was one, has been taken in the loss.")
def bias_averaged(dy, x, w, stride=1, padding="valid", dilation=1):
    """db is the mean of dy over images and places instead of its sum."""
    return *conv2d_backward(dy, x, w, stride, padding, dilation)[:2], dy.mean(axis=(0, 1, 2))


@in_conv2d_backward("dw[i, j] belongs to what w[i, j] saw: x[p + i, q + j], the offset added.")
def kernel_gradient_flipped(dy, x, w, stride=1, padding="valid", dilation=1):
    """dw is turned by 180 degrees."""
    dx, dw, db = conv2d_backward(dy, x, w, stride, padding, dilation)
    return dx, dw[::-1, ::-1], db


@in_conv2d_backward("The forward pass read x[stride · p + i]: there, too, the gradient goes.")
def stride_forgotten_on_the_way_back(dy, x, w, stride=1):
    """The gradient looks at row p + i instead of stride · p + i: right at stride 1."""
    P, Q = x.shape[1] - w.shape[0] + 1, x.shape[2] - w.shape[1] + 1
    spread = np.zeros((len(x), P, Q, w.shape[3]))
    spread[:, : dy.shape[1], : dy.shape[2]] = dy
    return conv2d_backward(spread, x, w)


@prediction("In how many places may the kernel stand so that it covers the pixel? And how many channels are there?")
def moved_by_a_pixel():
    """Nine stops cover it, each with one number in each of 8 channels: 72. So many terms its gradient has."""
    x = np.zeros((1, 9, 9, 1))
    x[0, 4, 4, 0] = 1
    return int(np.count_nonzero(conv2d(x, np.ones((3, 3, 1, 8)))))


@prediction("How many stops are there?", "Each stop gives dy · 1 to each of its nine cells.")
def sum_of_the_gradient():
    """Two stops down, two across; each adds nine ones, whether they overlap or not: 36."""
    return float(conv2d_dx(np.ones((1, 2, 2, 1)), np.zeros((1, 6, 6, 1)), np.ones((3, 3, 1, 1)), stride=2).sum())


PREDICTIONS = (moved_by_a_pixel, sum_of_the_gradient)
