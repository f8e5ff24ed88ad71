"""Mistakes in networks that read step by step, and in word vectors."""

import numpy as np

from mmdl.check.wrong.known import mistakes_in
from mmdl.ops.activations import sigmoid
from mmdl.ops.lstm import LSTMStates, lstm, lstm_backward
from mmdl.ops.rnn import rnn, rnn_backward

MISTAKES = []
in_step = mistakes_in(MISTAKES, "rnn_step")
in_rnn = mistakes_in(MISTAKES, "rnn")
in_rnn_backward = mistakes_in(MISTAKES, "rnn_backward")
in_lstm_step = mistakes_in(MISTAKES, "lstm_step")
in_lstm = mistakes_in(MISTAKES, "lstm")
in_cell_backward = mistakes_in(MISTAKES, "lstm_cell_backward")
in_lstm_backward = mistakes_in(MISTAKES, "lstm_backward")
in_gru_step = mistakes_in(MISTAKES, "gru_step")


@in_step("All of it goes through tanh: tanh(x W + h U + b).")
def tanh_left_out(x, h, W, U, b):
    """It is x W + h U + b, without the tanh."""
    return x @ W + h @ U + b


@in_step("The state has a matrix of its own, too: h U, not Uᵀ. A square matrix hides that.")
def state_matrix_transposed(x, h, W, U, b):
    """h is multiplied by Uᵀ instead of U; U is square, so the shapes do not complain."""
    return np.tanh(x @ W + h @ U.T + b)


@in_rnn("h_t reads the state of the step before: h[:, t], which the last step has written.")
def state_never_handed_on(x, W, U, b, h0=None, mask=None, f="tanh"):
    """The first step is right; all others start from the initial state, too."""
    first = np.zeros((len(x), len(U))) if h0 is None else h0
    steps = [rnn(x[:, t : t + 1], W, U, b, first)[:, 1:] for t in range(x.shape[1])]
    return np.concatenate([first[:, None], *steps], axis=1)


@in_rnn("The state has a matrix of its own, too: h U, not Uᵀ. A square matrix hides that.")
def states_times_transpose(x, W, U, b, h0=None, mask=None, f="tanh"):
    """h is multiplied by Uᵀ instead of U; U is square, so the shapes do not complain."""
    return rnn(x, W, np.ascontiguousarray(U.T), b, h0, mask, f)


@in_rnn("Start from h0, where there is one.")
def initial_state_ignored(x, W, U, b, h0=None, mask=None, f="tanh"):
    """It starts from zeros even if h0 is given."""
    return rnn(x, W, U, b, None, mask, f)


def _through_time(dh, x, W, U, h, carried=1.0, slope=lambda h: 1 - h * h, back=None):
    """Backpropagation through time with parts that can be replaced; only its da differs from the right one."""
    back = U.T if back is None else back
    da, D = np.empty((*x.shape[:2], len(U))), dh[:, -1]
    for t in reversed(range(x.shape[1])):
        da[:, t] = slope(h[:, t + 1]) * D
        D = dh[:, t] + carried * (da[:, t] @ back)
    return da, D


def _collected(da, D, x, W, h):
    dW, dU = np.einsum("ntd,nth->dh", x, da), np.einsum("nti,nth->ih", h[:, :-1], da)
    return da @ W.T, dW, dU, da.sum(axis=(0, 1)), D


@in_rnn_backward("h_t also feeds step t + 1: carry da Uᵀ along, D = dh[:, t] + da_{t+1} Uᵀ.")
def carry_left_out(dh, x, W, U, h, mask=None, f="tanh"):
    """The last step is right; each of the others gets the gradient of one step alone, nothing comes from later ones."""
    return _collected(*_through_time(dh, x, W, U, h, carried=0.0), x, W, h)


@in_rnn_backward("W, U and b are used T times: add up over the steps, += and not =.")
def last_assignment_counts(dh, x, W, U, h, mask=None, f="tanh"):
    """dW, dU and db hold only what the first step of time sends, which comes last: right at T = 1."""
    da, D = _through_time(dh, x, W, U, h)
    return da @ W.T, *_collected(da[:, :1], D, x[:, :1], W, h[:, :2])[1:4], D


@in_rnn_backward("U multiplied the state before, h_{t−1}: h[:, t] for the step that wrote h[:, t + 1].")
def state_after_instead_of_before(dh, x, W, U, h, mask=None, f="tanh"):
    """Only dU is wrong: it is made with h_t, the state after the step, instead of the one before it."""
    dx, dW, _, db, dh0 = rnn_backward(dh, x, W, U, h)
    da, _ = _through_time(dh, x, W, U, h)
    return dx, dW, np.einsum("nti,nth->ih", h[:, 1:], da), db, dh0


@in_rnn_backward("h is tanh(a) already: the slope is 1 − h².")
def tanh_of_the_state(dh, x, W, U, h, mask=None, f="tanh"):
    """The slope is 1 − tanh²(h), but h is tanh(a) already; near 0 it makes no difference."""
    return _collected(*_through_time(dh, x, W, U, h, slope=lambda h: 1 - np.tanh(h) ** 2), x, W, h)


@in_rnn_backward("Between D and da stands the slope of tanh: da = (1 − h²) ∘ D.")
def slope_left_out(dh, x, W, U, h, mask=None, f="tanh"):
    """The slope of tanh, 1 − h², is left out."""
    return _collected(*_through_time(dh, x, W, U, h, slope=np.ones_like), x, W, h)


@in_rnn_backward("Forward it was h U; back it is da Uᵀ. A square matrix hides that.")
def carried_through_u(dh, x, W, U, h, mask=None, f="tanh"):
    """What is carried back is da U instead of da Uᵀ; U is square, so the shapes do not complain."""
    return _collected(*_through_time(dh, x, W, U, h, back=U), x, W, h)


@in_rnn_backward("Every state may be used: dh[:, t] is added at its step, not only the last one.")
def only_the_last_state_counts(dh, x, W, U, h, mask=None, f="tanh"):
    """Only the gradient of the last state is used; what the others get from above is left out."""
    last = np.zeros_like(dh)
    last[:, -1] = dh[:, -1]
    return rnn_backward(last, x, W, U, h)


def _blocks(array, order):
    """The four blocks of columns in another order."""
    return np.concatenate([np.split(array, 4, axis=-1)[place] for place in order], axis=-1)


@in_lstm_step("The order of the blocks is i, f, g, o: the candidate comes third.")
def candidate_last(x, h, c, W, U, b):
    """The blocks are taken in the order i, f, o, g: candidate and output gate are exchanged."""
    i, f, o, g = np.split(x @ W + h @ U + b, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


@in_lstm_step("The cell passes through tanh before it is shown: h = o ∘ tanh(c).")
def cell_shown_as_it_is(x, h, c, W, U, b):
    """h is o ∘ c instead of o ∘ tanh(c)."""
    i, f, g, o = np.split(x @ W + h @ U + b, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * c, c


@in_lstm_step("First the new cell, then the state from the new cell.")
def old_cell_shown(x, h, c, W, U, b):
    """h is made from the cell before the step."""
    i, f, g, o = np.split(x @ W + h @ U + b, 4, axis=1)
    return sigmoid(o) * np.tanh(c), sigmoid(f) * c + sigmoid(i) * np.tanh(g)


@in_lstm("The order of the blocks is i, f, g, o: the candidate comes third.")
def gates_in_another_order(x, W, U, b, h0=None, c0=None, mask=None):
    """The blocks are taken in the order i, f, o, g: candidate and output gate are exchanged."""
    order = (0, 1, 3, 2)
    h, c, gates = lstm(x, _blocks(W, order), _blocks(U, order), _blocks(b, order), h0, c0, mask)
    return LSTMStates(h, c, gates)


@in_lstm("f is for what was there, i for what comes in: c = f ∘ c + i ∘ g.")
def input_and_forget_exchanged(x, W, U, b, h0=None, c0=None, mask=None):
    """The input gate and the forget gate are exchanged."""
    order = (1, 0, 2, 3)
    h, c, gates = lstm(x, _blocks(W, order), _blocks(U, order), _blocks(b, order), h0, c0, mask)
    return LSTMStates(h, c, _blocks(gates, order))


@in_cell_backward("c′ is read twice: C = dc + dh ∘ o ∘ (1 − tanh² c′).")
def state_path_left_out(dh, dc, c, gates):
    """In da but for the block of o, and in dc, the way from h′ to the cell is missing."""
    i, f, g, o = np.split(gates, 4, axis=1)
    da = dc * g * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - g * g), dh * np.tanh(f * c + i * g) * o * (1 - o)
    return np.hstack(da), dc * f


@in_cell_backward("c′ is read twice: C = dc + dh ∘ o ∘ (1 − tanh² c′).")
def next_cell_left_out(dh, dc, c, gates):
    """In da but for the block of o, and in dc, what comes from the next cell is missing."""
    i, f, g, o = np.split(gates, 4, axis=1)
    squashed = np.tanh(f * c + i * g)
    C = dh * o * (1 - squashed * squashed)
    da = C * g * i * (1 - i), C * c * f * (1 - f), C * i * (1 - g * g), dh * squashed * o * (1 - o)
    return np.hstack(da), C * f


@in_lstm_backward("c_t also reaches the loss through c_{t+1}: carry C ∘ f to the step before.")
def cell_not_carried(dh, dc, x, W, U, h, c, gates, mask=None):
    """The last step is right; in the others what comes back from the next cell is missing."""
    H = len(U)
    i, f, g, o = np.split(gates, 4, axis=2)
    squashed = np.tanh(c[:, 1:])
    da, D = np.empty_like(gates), dh[:, -1]
    C = dc[:, -1]
    for t in reversed(range(x.shape[1])):
        C = dc[:, t + 1] + D * o[:, t] * (1 - squashed[:, t] ** 2)
        parts = C * g[:, t], C * c[:, t], C * i[:, t], D * squashed[:, t]
        slopes = i[:, t] * (1 - i[:, t]), f[:, t] * (1 - f[:, t]), 1 - g[:, t] ** 2, o[:, t] * (1 - o[:, t])
        da[:, t] = np.hstack([part * slope for part, slope in zip(parts, slopes, strict=True)])
        D = dh[:, t] + da[:, t] @ U.T
    dW, dU = np.einsum("ntd,ntk->dk", x, da), np.einsum("nth,ntk->hk", h[:, :-1], da)
    return da @ W.T, dW, dU, da.sum(axis=(0, 1)).reshape(4 * H), D, C * f[:, 0] + dc[:, 0]


@in_lstm_backward("The columns come in the order i, f, g, o, in da, dW, dU and db alike.")
def gradient_blocks_exchanged(dh, dc, x, W, U, h, c, gates, mask=None):
    """dW, dU and db have their blocks in the order i, f, o, g."""
    dx, dW, dU, db, dh0, dc0 = lstm_backward(dh, dc, x, W, U, h, c, gates)
    return dx, *(_blocks(each, (0, 1, 3, 2)) for each in (dW, dU, db)), dh0, dc0


@in_lstm_backward(
    "Whoever reads the cells sends a gradient, too: C starts with dc, and dc[:, t] is added at every step."
)
def cells_gradient_ignored(dh, dc, x, W, U, h, c, gates, mask=None):
    """The gradient dc that arrives at the cells from outside is ignored."""
    return lstm_backward(dh, None, x, W, U, h, c, gates)


@in_gru_step("Where z is 1 the old state stays: z ∘ h + (1 − z) ∘ g.")
def keep_and_renew_exchanged(x, h, W, U, b):
    """z and 1 − z are exchanged: the gate renews where it should keep."""
    z, _, g = _gru(x, h, W, U, b)
    return (1 - z) * h + z * g


@in_gru_step("The reset gate multiplies u, after the product with U: tanh(a + r ∘ u).")
def reset_before_the_product(x, h, W, U, b):
    """The state is reset before it is multiplied by U, as in the first paper; here r multiplies the product."""
    H = len(U)
    z, r, _ = _gru(x, h, W, U, b)
    a = x @ W[:, 2 * H :] + b[0, 2 * H :] + (r * h) @ U[:, 2 * H :] + b[1, 2 * H :]
    return z * h + (1 - z) * np.tanh(a)


@in_gru_step("There are two biases: b[0] goes with x W, b[1] with h U.")
def second_bias_left_out(x, h, W, U, b):
    """The second bias, b[1], is not used."""
    z, _, g = _gru(x, h, W, U, np.stack([b[0], np.zeros_like(b[1])]))
    return z * h + (1 - z) * g


def _gru(x, h, W, U, b):
    (az, ar, ag), (uz, ur, ug) = np.split(x @ W + b[0], 3, axis=1), np.split(h @ U + b[1], 3, axis=1)
    z, r = sigmoid(az + uz), sigmoid(ar + ur)
    return z, r, np.tanh(ag + r * ug)
