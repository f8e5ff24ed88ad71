"""Wrong functions are caught: each mistake here is one that somebody has made, and some property sees it."""

from dataclasses import replace

import numpy as np
import pytest

from mmdl.errors import ShapeError
from mmdl.ops.activations import relu
from mmdl.ops.attention import Attended, attention, attention_backward
from mmdl.ops.convolution import conv2d, conv2d_backward
from mmdl.ops.dense import affine, affine_backward
from mmdl.ops.embedding import embedding_backward
from mmdl.ops.fusion import elementwise_product_backward, product_of_experts_backward
from mmdl.ops.gru import gru
from mmdl.ops.losses import Loss, mean_squared_error, softmax_cross_entropy
from mmdl.ops.lstm import lstm_backward
from mmdl.ops.normalization import layer_norm_backward
from mmdl.ops.pooling import avg_pool2d, max_pool2d, max_pool2d_backward
from mmdl.ops.rnn import rnn_backward
from mmdl.ops.sequence_pooling import masked_mean
from mmdl.ops.softmax import softmax, softmax_backward
from mmdl.verify.catalogue import CATALOGUE
from mmdl.verify.compare import PropertyError
from mmdl.verify.draws import Draws
from mmdl.verify.neighbours import broadcasts_as_documented, ignores_its_neighbours
from mmdl.verify.oracle import central_difference_gradient
from mmdl.verify.promotion import promotes_numbers_but_not_ids
from mmdl.verify.properties import (
    PROPERTIES,
    adjoint_identity,
    backward_is_gradient,
    equals_formula,
    keeps_dtype_and_stays_finite,
    leaves_arguments_alone,
    obeys_its_laws,
    repeats_itself,
)
from mmdl.verify.run import attempt

GRADIENT = (backward_is_gradient, adjoint_identity)
PLANTED = []


def planted(op, *caught_by, forward=False):
    """Register a wrong function of an op with the properties that must fail."""

    def register(wrong):
        entry = CATALOGUE[op]
        PLANTED.append((replace(entry, **{"forward" if forward else "backward": wrong}), caught_by, wrong.__name__))
        return wrong

    return register


@planted("affine", *GRADIENT)
def bias_of_the_first_example_only(dy, x, W):
    dx, dW, _ = affine_backward(dy, x, W)
    return dx, dW, dy.reshape(-1, dy.shape[-1])[0]


@planted("affine", backward_is_gradient, keeps_dtype_and_stays_finite)
def weights_transposed(dy, x, W):
    dx, dW, db = affine_backward(dy, x, W)
    return dx, dW.T, db


@planted("affine", backward_is_gradient, keeps_dtype_and_stays_finite)
def bias_not_summed(dy, x, W):
    return *affine_backward(dy, x, W)[:2], dy


@planted("affine", *PROPERTIES[1:6])
def bias_gradient_missing(dy, x, W):
    return affine_backward(dy, x, W)[:2]


@planted("affine", leaves_arguments_alone, forward=True)
def input_changed(x, W, b):
    x *= 1 + 1e-9
    return affine(x, W, b)


@planted("relu", leaves_arguments_alone)
def upstream_gradient_changed(dy, y):
    dy *= y > 0
    return dy


@planted("relu", obeys_its_laws)
def one_at_a_tie(dy, y):
    return dy * (y >= 0)


@planted("leaky_relu", *GRADIENT)
def slope_forgotten(dy, x):
    return dy * (x > 0)


@planted("tanh", *GRADIENT)
def derivative_at_x_instead_of_y(dy, y):
    return dy * (1 - np.tanh(y) ** 2)


@planted("softmax", keeps_dtype_and_stays_finite, forward=True)
def overflow(s):
    p = np.exp(s)
    return p / p.sum(axis=-1, keepdims=True)


@planted("softmax", equals_formula, obeys_its_laws, forward=True)
def wrong_axis(s):
    return softmax(s.T).T


@planted("softmax", *GRADIENT)
def diagonal_of_the_jacobian(dp, p):
    return dp * p * (1 - p)


@planted("softmax", keeps_dtype_and_stays_finite)
def double_precision_leaks(dp, p):
    return softmax_backward(dp, p) * np.sqrt(np.int64(1))


@planted("softmax", repeats_itself)
def noise_in_backward(dp, p):
    return softmax_backward(dp, p) + 1e-15 * np.random.default_rng().random()


@planted("softmax", repeats_itself, forward=True)
def noise_in_forward(s):
    return softmax(s) + 1e-15 * np.random.default_rng().random()


@planted("softmax", equals_formula, forward=True)
def single_precision_inside(s):
    return softmax(s.astype(np.float32)).astype(s.dtype)


@planted("conv2d", equals_formula, obeys_its_laws, forward=True)
def kernel_flipped(x, w, b=None, stride=1, padding="valid", dilation=1):
    return conv2d(x, w[::-1, ::-1], b, stride, padding, dilation)


@planted("conv2d", *GRADIENT)
def gathered_with_the_unrotated_kernel(dy, x, w, stride=1, padding="valid", dilation=1):
    _, dw, db = conv2d_backward(dy, x, w, stride, padding, dilation)
    return conv2d_backward(dy, x, w[::-1, ::-1], stride, padding, dilation)[0], dw, db


@planted("conv2d", *GRADIENT)
def kernel_gradient_of_one_image(dy, x, w, stride=1, padding="valid", dilation=1):
    dx, _, db = conv2d_backward(dy, x, w, stride, padding, dilation)
    return dx, conv2d_backward(dy[:1], x[:1], w, stride, padding, dilation)[1], db


@planted("conv2d", keeps_dtype_and_stays_finite)
def empty_batch_refused_by_accident(dy, x, w, stride=1, padding="valid", dilation=1):
    dy.reshape(len(dy), -1)
    return conv2d_backward(dy, x, w, stride, padding, dilation)


@planted("max_pool2d", obeys_its_laws)
def every_tie_wins(dy, x, winner, window=2, stride=None, padding="valid"):
    if stride is not None or padding != "valid":
        return max_pool2d_backward(dy, x, winner, window, stride, padding)
    rows, columns = np.broadcast_to(window, 2)
    dy, y = (array.repeat(rows, axis=1).repeat(columns, axis=2) for array in (dy, max_pool2d(x, window).y))
    dx = np.zeros_like(x)
    seen = np.s_[:, : dy.shape[1], : dy.shape[2]]
    dx[seen] = dy * (x[seen] == y)
    return dx


@planted("global_max_pool", obeys_its_laws)
def all_largest_places_win(dy, x, winner):
    return (x == x.max(axis=(1, 2), keepdims=True)) * dy[:, None, None]


@planted("masked_mean", *GRADIENT, obeys_its_laws)
def padding_gets_a_share(dy, x, mask=None):
    return np.broadcast_to(dy[:, None] / max(x.shape[1], 1), x.shape).astype(x.dtype)


@planted("embedding", *GRADIENT)
def repeated_ids_overwrite(dy, ids, E):
    dE = np.zeros_like(E)
    dE[ids] += dy
    return dE


@planted("embedding", obeys_its_laws)
def padding_row_learns(dy, ids, E, padding_id=None):
    return embedding_backward(dy, ids, E)


@planted("rnn", *GRADIENT)
def one_step_gradients(dh, x, W, U, h, mask=None, f="tanh"):
    dx, dW, _, db, _ = rnn_backward(dh, x, W, np.zeros_like(U), h, mask, f)
    _, _, dU, _, dh0 = rnn_backward(dh, x, W, U, h, mask, f)
    return dx, dW, dU, db, dh0


@planted("rnn", *GRADIENT)
def recurrent_kernel_transposed(dh, x, W, U, h, mask=None, f="tanh"):
    dx, dW, dU, *rest = rnn_backward(dh, x, W, U, h, mask, f)
    return dx, dW, dU.T, *rest


@planted("lstm", *GRADIENT)
def cells_gradient_forgotten(dh, dc, x, W, U, h, c, gates, mask=None):
    return lstm_backward(dh, None, x, W, U, h, c, gates, mask)


@planted("lstm", *GRADIENT)
def gates_exchanged(dh, dc, x, W, U, h, c, gates, mask=None):
    dx, dW, *rest = lstm_backward(dh, dc, x, W, U, h, c, gates, mask)
    i, f, g, o = np.split(dW, 4, axis=1)
    return dx, np.hstack([f, i, g, o]), *rest


@planted("attention", *GRADIENT)
def scale_forgotten(dy, q, k, v, weights, bias=None):
    dq, dk, *rest = attention_backward(dy, q, k, v, weights, bias)
    return dq * np.sqrt(q.shape[-1], dtype=q.dtype), dk * np.sqrt(q.shape[-1], dtype=q.dtype), *rest


@planted("attention", equals_formula, obeys_its_laws, forward=True)
def masked_after_softmax(q, k, v, mask=None, causal=False, bias=None):
    weights = attention(q, k, v, None, causal, bias).weights
    weights = weights if mask is None else weights * mask[..., None, :]
    return Attended(weights @ v, weights)


@planted("attention", *GRADIENT, keeps_dtype_and_stays_finite, obeys_its_laws)
def not_a_number_where_nothing_is_seen(dy, q, k, v, weights, bias=None):
    total = weights.sum(axis=-1, keepdims=True)
    return attention_backward(dy, q, k, v, np.where(total == 0, np.nan, weights), bias)


@planted("attention", keeps_dtype_and_stays_finite, obeys_its_laws, forward=True)
def refuses_to_look_nowhere(q, k, v, mask=None, causal=False, bias=None):
    if mask is not None and not mask.any():
        raise ShapeError("attention: there is no key")
    return attention(q, k, v, mask, causal, bias)


@planted("attention", backward_is_gradient, keeps_dtype_and_stays_finite)
def repeated_keys_not_summed(dy, q, k, v, weights, bias=None):
    shape = np.broadcast_shapes(q.shape[:-2], k.shape[:-2])
    return attention_backward(dy, q, *(np.broadcast_to(x, (*shape, *x.shape[-2:])) for x in (k, v)), weights, bias)


@planted("multi_head_attention", equals_formula, obeys_its_laws, forward=True)
def heads_by_reshaping(q, k, v, heads=1, mask=None, causal=False):
    q, k, v = (x.reshape(len(x), heads, x.shape[1], x.shape[2] // heads) for x in (q, k, v))
    y, weights = attention(q, k, v, None if mask is None else mask[:, None], causal)
    return Attended(y.reshape(len(y), y.shape[2], -1) if y.size else y[:, 0], weights)


@planted("layer_norm", *GRADIENT, obeys_its_laws)
def mean_held_constant(dy, gamma, normalized, deviation):
    _, dgamma, dbeta = layer_norm_backward(dy, gamma, normalized, deviation)
    dn = dy * gamma
    return (dn - normalized * (dn * normalized).mean(axis=-1, keepdims=True)) / deviation, dgamma, dbeta


@planted("layer_norm", *GRADIENT)
def variance_held_constant(dy, gamma, normalized, deviation):
    _, dgamma, dbeta = layer_norm_backward(dy, gamma, normalized, deviation)
    dn = dy * gamma
    return (dn - dn.mean(axis=-1, keepdims=True)) / deviation, dgamma, dbeta


@planted("softmax_cross_entropy", *GRADIENT, forward=True)
def mean_forgotten_in_the_gradient(logits, labels, smoothing=0.0, mask=None):
    value, gradient = softmax_cross_entropy(logits, labels, smoothing, mask)
    return Loss(value, gradient * (labels.size if mask is None else int(mask.sum())))


@planted("softmax_cross_entropy", equals_formula, obeys_its_laws, forward=True)
def mask_ignored(logits, labels, smoothing=0.0, mask=None):
    return softmax_cross_entropy(logits, labels, smoothing)


@planted("elementwise_product", *GRADIENT)
def own_factor_kept(dy, features):
    return elementwise_product_backward(dy, features)[::-1]


@planted("product_of_experts", *GRADIENT, obeys_its_laws)
def absent_experts_learn(dl, logits, l, present=None):
    return product_of_experts_backward(dl, logits, l)


@planted("mean_squared_error", promotes_numbers_but_not_ids, forward=True)
def errors_of_integers_are_integers(y, targets):
    return mean_squared_error.__wrapped__(y, targets)


@planted("avg_pool2d", promotes_numbers_but_not_ids, forward=True)
def sums_of_bytes_overflow(x, window=2, stride=None, padding="valid"):
    return avg_pool2d.__wrapped__(x, window, stride, padding)


@planted("gru", promotes_numbers_but_not_ids, forward=True)
def states_in_the_type_of_x(x, W, U, b, h0=None, mask=None):
    states = gru(x, W, U, b, h0, mask)
    return states._replace(h=states.h.astype(x.dtype))


@planted("conv2d", promotes_numbers_but_not_ids)
def backward_of_integers_raises(dy, x, w, stride=1, padding="valid", dilation=1):
    return conv2d_backward.__wrapped__(dy, x, w, stride, padding, dilation)


@planted("embedding", promotes_numbers_but_not_ids, forward=True)
def booleans_choose_rows(ids, E):
    return E[ids.astype(int)]


@planted("masked_mean", promotes_numbers_but_not_ids, forward=True)
def any_number_is_a_mask(x, mask=None):
    return masked_mean(x, None if mask is None else mask.astype(bool))


@planted("relu", promotes_numbers_but_not_ids, forward=True)
def half_precision_passes(x):
    return relu(x.astype(np.float64))


@planted("attention", ignores_its_neighbours, broadcasts_as_documented, forward=True)
def one_mask_for_all(q, k, v, mask=None, causal=False, bias=None):
    if mask is not None:
        mask = np.broadcast_to(mask.reshape(-1, mask.shape[-1])[:1].reshape(-1), mask.shape)
    return attention(q, k, v, mask, causal, bias)


@planted("attention", ignores_its_neighbours, forward=True)
def forbidden_everywhere_is_nan(q, k, v, mask=None, causal=False, bias=None):
    y, weights = attention(q, k, v, mask, causal, bias)
    return Attended(y + np.where(weights.any(axis=-1, keepdims=True), 0, np.nan), weights)


@planted("relu", ignores_its_neighbours, forward=True)
def nan_is_hidden(x):
    return np.where(x.real > 0, x, 0)


@planted("masked_mean", ignores_its_neighbours, forward=True)
def padding_is_multiplied_away(x, mask=None):
    if mask is not None:
        x = x * mask[..., None]
    return masked_mean(x, None) * (1 if mask is None else mask.shape[1] / np.maximum(mask.sum(1), 1)[:, None])


@planted("softmax_cross_entropy", ignores_its_neighbours, forward=True)
def impossible_truth_is_pulled(logits, labels, smoothing=0.0, mask=None):
    value, gradient = softmax_cross_entropy(logits, labels, smoothing, mask)
    return Loss(value, np.where(logits == -np.inf, -1, gradient))


@pytest.mark.parametrize(
    ("entry", "holds"),
    [pytest.param(entry, holds, id=f"{name}-{holds.__name__}") for entry, caught, name in PLANTED for holds in caught],
)
def test_planted_mistakes_are_caught(entry, holds):
    failure = attempt(entry, holds, examples=60).failure
    assert failure is not None


def case(op, seed=0, **wanted):
    """The first drawn case with these settings, or where these functions of the arguments are true."""
    for number in range(seed, seed + 10_000):
        rng = np.random.default_rng(number)
        arguments = CATALOGUE[op].arguments(Draws(lambda options, rng=rng: options[rng.integers(len(options))], number))
        if all(value(arguments[name]) for name, value in wanted.items()):
            return arguments, rng
    raise LookupError(op)


def test_somebody_elses_functions_need_no_contracts():
    """`mmdl check` replaces both functions by a student's, who decorates nothing."""

    def backward(x, dy, W):
        rows, drows = x.reshape(-1, x.shape[-1]), dy.reshape(-1, dy.shape[-1])
        return dy @ W.T, rows.T @ drows, drows.sum(axis=0)

    entry = replace(CATALOGUE["affine"], forward=lambda x, W, b: x @ W + b, backward=backward)
    for holds in PROPERTIES:
        if holds is not promotes_numbers_but_not_ids:  # which needs a contract
            assert attempt(entry, holds).failure is None


def test_central_differences_judge_a_forward_that_complex_steps_cannot_follow():
    """A student's buffer of real numbers is no mistake of their backward."""

    def through_a_buffer(x):
        y = np.zeros(x.shape)
        y[:] = relu(x).real
        return y

    entry = replace(CATALOGUE["relu"], forward=through_a_buffer)
    arguments, rng = case("relu", x=lambda x: np.abs(x).min() > 0.01)
    with pytest.raises(TypeError, match="the step was lost on the way"):
        backward_is_gradient(entry, arguments, rng)
    assert backward_is_gradient(entry, arguments, rng, central_difference_gradient, 1e-7) < 1e-9


def test_a_right_backward_of_a_wrong_forward_is_a_gradient():
    """So that one can say: your backward is right, your forward is not."""

    def half(dy, x, W):
        return tuple(gradient / 2 for gradient in affine_backward(dy, x, W))

    entry = replace(CATALOGUE["affine"], forward=lambda x, W, b: affine(x, W, b) / 2, backward=half)
    assert attempt(entry, equals_formula).failure
    assert attempt(entry, backward_is_gradient).failure is None


def test_properties_return_what_they_measured():
    arguments, rng = case("lstm", x=lambda x: x.size > 10)
    for holds in (equals_formula, backward_is_gradient):
        assert 0 < holds(CATALOGUE["lstm"], arguments, rng) < 1e-14
    assert 0 <= adjoint_identity(CATALOGUE["lstm"], arguments, rng) < 1e-14


def test_the_sentence_says_what_is_wrong():
    arguments, rng = case("attention", mask=lambda mask: mask is None, k=lambda k: min(k.shape[-2:]) > 1)
    entry = replace(CATALOGUE["attention"], backward=scale_forgotten)
    with pytest.raises(PropertyError, match=r"^dq of attention_backward\[.*\] is .*, but complex step gradient says "):
        backward_is_gradient(entry, arguments, rng)
    with pytest.raises(PropertyError, match=r"^affine_backward returns 2 gradients, none for b$"):
        repeats_itself(replace(CATALOGUE["affine"], backward=bias_gradient_missing), *case("affine"))
    with pytest.raises(PropertyError, match=r"^relu_backward changes its argument dy$"):
        leaves_arguments_alone(replace(CATALOGUE["relu"], backward=upstream_gradient_changed), *case("relu"))
    with pytest.raises(PropertyError, match=r"^softmax at ±1e4 in float32: overflow encountered in exp$"):
        keeps_dtype_and_stays_finite(replace(CATALOGUE["softmax"], forward=overflow), *case("softmax"))
    with pytest.raises(PropertyError, match=r"breaks a law by .*: Of equal values the first wins, row by row"):
        many = case("global_max_pool", x=lambda x: x[0].size > 1)
        only_that = replace(CATALOGUE["global_max_pool"], laws=CATALOGUE["global_max_pool"].laws[-1:])
        obeys_its_laws(replace(only_that, backward=all_largest_places_win), *many)
