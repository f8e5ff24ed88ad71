"""Lessons 02, 03 and 05: convolution, forward and back, and max pooling."""

from mmdl.check.exercise import Exercise, backward, forward, piece, tied
from mmdl.ops.convolution import conv2d, conv2d_backward


def output_size(R, I, stride=1, padding=0):
    """The last stop is the last one that still fits: (R + 2 padding − I) / stride, rounded down, and one for the first"""
    return (R + 2 * padding - I) // stride + 1


def correlation2d(x, w):
    """Equation (1): every stop of the kernel is one sum"""
    return conv2d(x[None, :, :, None], w[:, :, None, None])[0, :, :, 0]


def convolution2d(x, w):
    """The same with the kernel turned by 180 degrees"""
    return correlation2d(x, w[::-1, ::-1])


def conv2d_db(dy):
    """db = Σ dy over examples, rows and columns"""
    return dy.sum(axis=(0, 1, 2))


def conv2d_dw(dy, x, w, stride=1):
    """dw[i, j] = Σ x[stride · p + i, stride · q + j]ᵀ dy[p, q]"""
    return conv2d_backward(dy, x, w, stride)[1]


def conv2d_dx(dy, x, w, stride=1):
    """dx[stride · p + i, stride · q + j] += dy[p, q] w[i, j]ᵀ"""
    return conv2d_backward(dy, x, w, stride)[0]


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


CONV2D_BACKWARD = backward(
    "conv2d",
    "Do the three one by one: conv2d_db, conv2d_dw and conv2d_dx are exercises of their own.",
    "One pair of loops over i and j serves both dw and dx: x[:, i : i + stride · P : stride, ...] is all that w[i, j] saw.",
    "dw[i, j] = Σ seenᵀ dy, and where it was seen from, dy w[i, j]ᵀ is added to dx.",
)

MAX_POOL = tied(
    forward(
        "max_pool2d",
        "Window p, q covers the rows window · p to window · p + window − 1, and the columns likewise.",
        "Flatten the cells of a window in one axis: then .max gives y, and .argmax the winner's number.",
        "argmax returns the first of equal values. With a pair, window[0] counts rows and window[1] columns.",
    )
)

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
    MAX_POOL,
    tied(
        backward(
            "max_pool2d",
            "Only the winner of a window moved y; all the others could change a little and nothing would happen.",
            "`winner` says which cell that was: in a window of two columns, number 3 is row 1, column 1: divmod(3, 2).",
            "Comparing x with y again finds several winners where values are equal; there is only one, the first.",
        )
    ),
)
