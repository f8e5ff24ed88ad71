"""Convolution over images and sequences."""

import numpy as np

from mmdl.ops.convolution import conv1d, conv2d
from mmdl.verify.compare import difference
from mmdl.verify.entry import Entry


def linear_in_x(entry, arguments, rng):
    """Without its bias it is linear in x."""
    x, rest = arguments["x"], {**arguments, "b": None}
    other = rng.standard_normal(x.shape)
    return difference(entry(**rest | {"x": 2 * x + other}), 2 * entry(**rest) + entry(**rest | {"x": other}))


def linear_in_w(entry, arguments, rng):
    """Without its bias it is linear in w."""
    w, rest = arguments["w"], {**arguments, "b": None}
    other = rng.standard_normal(w.shape)
    return difference(entry(**rest | {"w": 2 * w + other}), 2 * entry(**rest) + entry(**rest | {"w": other}))


def shift_equivariant(entry, arguments, rng):
    """Where x moves by one stride, with zeros moving in, y moves by one."""
    step = np.max(arguments["stride"])
    valid = {**arguments, "padding": "valid", "stride": step}
    axes = tuple(range(1, arguments["x"].ndim - 1))
    margin = [(step, 0) if axis in axes else (0, 0) for axis in range(arguments["x"].ndim)]
    y = entry(**valid | {"x": np.pad(arguments["x"], margin)})
    return difference(y[(slice(None), *(slice(1, None) for _ in axes))], entry(**valid))


def article_sum_is_cross_correlation(entry, arguments, rng):
    """The sum of equation (1) is what signal processing calls cross-correlation."""
    from scipy.signal import correlate2d

    return _by_signal_processing(entry, arguments, correlate2d, arguments["w"])


def flipped_kernel_makes_convolution(entry, arguments, rng):
    """With the kernel turned by 180 degrees it is what signal processing calls convolution."""
    from scipy.signal import convolve2d

    return _by_signal_processing(entry, arguments, convolve2d, arguments["w"][::-1, ::-1])


def is_conv2d_of_one_row(entry, arguments, rng):
    """It is conv2d of an image that has one row."""
    x, w = arguments["x"][:, None], arguments["w"][None]
    y = conv2d(x, w, arguments["b"], (1, arguments["stride"]), "valid", (1, arguments["dilation"]))
    return difference(entry(**arguments | {"padding": "valid"}), y[:, 0])


def images(draws):
    """Images that a kernel fits into without padding."""
    stride, dilation = draws.of(1, 2, (1, 2), (3, 1)), draws.of(1, 2, (2, 1))
    for axis, cells, apart in zip("RC", "IJ", np.broadcast_to(dilation, 2), strict=True):
        reach = (draws.size(cells, (1, 2, 3)) - 1) * int(apart) + 1
        draws.size(axis, range(reach, reach + 3))
    draws.size("N", (1, 2)), draws.size("D", (1, 2)), draws.size("K", (1, 3))
    padding = draws.of("valid", "same", 1, ((0, 2), (1, 0)))
    arrays = draws.arrays(x="N R C D", w="I J D K") | {"b": draws.maybe("K")}
    return arrays | {"stride": stride, "padding": padding, "dilation": dilation}


def sequences(draws):
    """Sequences that a kernel fits into without padding."""
    stride, dilation = draws.of(1, 2, 3), draws.of(1, 2)
    reach = (draws.size("I", (1, 2, 3)) - 1) * dilation + 1
    draws.size("T", range(reach, reach + 4))
    padding = draws.of("valid", "same", "causal", 1, (0, 2))
    arrays = draws.arrays(x="N T D", w="I D K") | {"b": draws.maybe("K")}
    return arrays | {"stride": stride, "padding": padding, "dilation": dilation}


def _by_signal_processing(entry, arguments, function, kernel):
    """Distance from what scipy says about one image channel and one kernel channel after the other."""
    x, w = arguments["x"], arguments["w"]
    expected = [
        [sum(function(image[..., d], kernel[..., d, k], "valid") for d in range(w.shape[2])) for k in range(w.shape[3])]
        for image in x
    ]
    return difference(entry(x=x, w=w), np.moveaxis(expected, 1, -1))


WEIGHTS = ("x", "w", "b")

ENTRIES = (
    Entry.of(
        conv2d,
        images,
        differentiable=WEIGHTS,
        laws=(
            linear_in_x,
            linear_in_w,
            shift_equivariant,
            article_sum_is_cross_correlation,
            flipped_kernel_makes_convolution,
        ),
        extreme=("x",),
    ),
    Entry.of(
        conv1d,
        sequences,
        differentiable=WEIGHTS,
        laws=(linear_in_x, linear_in_w, shift_equivariant, is_conv2d_of_one_row),
        extreme=("x",),
    ),
)
