"""Wrong backward passes, each a plausible slip, with a law that must refuse it."""

import numpy as np

from mmdl import ops
from mmdl.ops import fusion
from tests.verify.planting import backward, or_one


def mean_is_constant(dy, gamma, normalized, deviation):
    dn = dy * gamma
    return (dn - normalized * (dn * normalized).mean(axis=-1, keepdims=True)) / deviation, gamma, gamma


def mean_over_features_too(dy, gamma, normalized, deviation):
    dx = dy * gamma / deviation
    return dx - dx.mean(), gamma, gamma


def overlaps_overwrite(dy, x, hop):
    dx = np.zeros_like(x)
    for p in range(dy.shape[-2]):
        dx[..., p * hop : p * hop + dy.shape[-1]] = dy[..., p, :]
    return dx


def last_of_equals_wins(dy, x, winner, window, stride=None, padding="valid"):
    last = np.full_like(winner, np.prod(np.broadcast_to(window, 2)) - 1)
    return ops.max_pool2d_backward(dy, x, last, window, stride, padding)


def silence_learns(dy, power, filters, mel, floor):
    """The gradient of log(mel), whatever the floor."""
    dmel = dy / np.maximum(mel, floor)
    return dmel @ filters.T, np.zeros_like(filters)


backward("relu", "slope_at_zero", lambda dy, y: dy * (y >= 0))
backward("leaky_relu", "slope_at_zero", lambda dy, x, slope: dy * np.where(x < 0, slope, 1))
backward(
    "attention",
    "nothing_seen_gives_zeros",
    lambda dy, q, k, v, weights, bias: ops.attention_backward(
        dy, q, k, v, weights + ~weights.any(axis=-1, keepdims=True), bias
    ),
)
backward("rnn", "blind_to_padding", lambda dh, x, W, U, h, f: ops.rnn_backward(dh, x, W, U, h, f=f))
backward(
    "lstm",
    "cell_gradient_may_be_left_out",
    lambda dh, dc, x, W, U, h, c, gates, mask: ops.lstm_backward(
        dh, dh if dc is None else dc, x, W, U, h, c, gates, mask
    ),
)
backward("masked_mean", "blind_to_padding", lambda dy, x: np.broadcast_to(dy[:, None], x.shape))
backward("masked_max", "first_token_wins", lambda dy, mask: mask[:, :, None] * dy[:, None])
backward("frames", "overlap_add_counts", overlaps_overwrite)
backward("log_mel", "silence_is_the_floor", silence_learns)
backward("normalize", "no_gradient_along_a_row", lambda dy, length: dy / or_one(length))
backward("embedding", "padding_row_gets_nothing", lambda dy, ids, E: ops.embedding_backward(dy, ids, E))
backward("layer_norm", "no_gradient_along_scale_and_shift", mean_is_constant)
backward("batch_norm", "no_gradient_along_scale_and_shift", mean_over_features_too)
backward(
    "batch_norm",
    "statistics_are_of_counted_rows",
    lambda dy, gamma, normalized, deviation: ops.batch_norm_backward(dy, gamma, normalized, deviation),
)
backward("max_pool2d", "first_of_equals_wins", last_of_equals_wins)
backward(
    "global_max_pool", "first_place_wins", lambda dy, x: (x == x.max(axis=(1, 2), keepdims=True)) * dy[:, None, None]
)
backward(
    "global_max_pool",
    "gradient_is_handed_on_whole",
    lambda dy, x: (x == x.max(axis=(1, 2), keepdims=True)) * dy[:, None, None],
)
backward(
    "cross_attention",
    "a_silent_modality_gives_zeros",
    lambda dy, x, other, Wq, Wk, Wv, weights, q, k, v: fusion.cross_attention_backward(
        dy, x, other, Wq, Wk, Wv, weights + 1, q, k, v
    ),
)
backward(
    "bottleneck_attention",
    "closed_nothing_passes",
    lambda dy, q, k, v: (dy.sum(axis=(1, 2), keepdims=True) + 0 * x for x in (q, k, v)),
)
backward(
    "product_of_experts",
    "leaves_absent_experts_out",
    lambda dl, logits, l: fusion.product_of_experts_backward(dl, logits, l),
)
backward(
    "product_of_probabilities",
    "is_product_of_experts_within_bounds",
    lambda dl, logits, l, present: fusion.product_of_experts_backward(
        dl, logits, fusion.product_of_experts(logits, present), present
    ),
)
