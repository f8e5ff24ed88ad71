"""Lesson 08: the LSTM and one step of a GRU."""

import numpy as np

from mmdl.check.exercise import Exercise, backward, forward
from mmdl.check.known import mistakes_in
from mmdl.check.teachers.lesson_07_recurrence import UNROLL, one_step
from mmdl.ops.activations import sigmoid
from mmdl.ops.lstm import LSTMStates, lstm, lstm_backward


def lstm_step(x, h, c, W, U, b):
    """c ← f ∘ c + i ∘ g,   h ← o ∘ tanh(c)"""
    i, f, g, o = np.split(x @ W + h @ U + b, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def lstm_cell_backward(dh, dc, c, gates):
    """C = dc + dh ∘ o ∘ (1 − tanh² c′): the cell is read twice"""
    i, f, g, o = np.split(gates, 4, axis=1)
    squashed = np.tanh(f * c + i * g)
    C = dc + dh * o * (1 - squashed * squashed)
    da = C * g * i * (1 - i), C * c * f * (1 - f), C * i * (1 - g * g), dh * squashed * o * (1 - o)
    return np.hstack(da), C * f


def gru_step(x, h, W, U, b):
    """h ← z ∘ h + (1 − z) ∘ g"""
    (az, ar, ag), (uz, ur, ug) = np.split(x @ W + b[0], 3, axis=1), np.split(h @ U + b[1], 3, axis=1)
    z, r = sigmoid(az + uz), sigmoid(ar + ur)
    return z * h + (1 - z) * np.tanh(ag + r * ug)


def cell(draws):
    """Gradients that arrive at a cell, the cell before, and activated gates."""
    gates = np.hstack([sigmoid(draws.array("N H")) for _ in range(4)])
    gates[:, 2 * draws.size("H") : 3 * draws.size("H")] *= -1
    return draws.arrays(dh="N H", dc="N H", c="N H") | {"gates": gates}


EXERCISES = (
    Exercise(
        lstm_step,
        one_step(4, "4H", "hc"),
        ("h", "c"),
        (
            "a = x W + h U + b is (N, 4H). np.split(a, 4, axis=1) cuts it into i, f, g and o, in this order.",
            "σ for i, f and o; tanh for g, which is not a gate but what might be taken in.",
            "First the new c, then h from the new c: o * np.tanh(c).",
        ),
        axes={"h": "N H", "c": "N H"},
    ),
    forward(
        "lstm",
        UNROLL + " Here there are two kinds of states.",
        "Keep the four activated blocks of every step side by side in `gates`: the backward pass needs them.",
        "np.concatenate([i, f, g, o], axis=1), after σ and tanh.",
    ),
    Exercise(
        lstm_cell_backward,
        cell,
        ("da", "dc"),
        (
            "First compute the new cell again: c′ = f ∘ c + i ∘ g.",
            "c′ reaches the loss by h′ = o ∘ tanh(c′), and by the next step: C adds up both.",
            "Each gate gets C times what it was multiplied by, times its own slope: σ has y (1 − y), tanh has 1 − y².",
            "o is not multiplied by the cell but by tanh(c′), and gets dh, not C.",
        ),
        axes={"da": "N 4H", "dc": "N H"},
    ),
    backward(
        "lstm",
        "From the last step to the first, two things are carried: the gradient of h and that of c.",
        "Each step is `lstm_cell_backward`: it makes da_t of them, and C ∘ f for the cell before.",
        "The state before gets da_t Uᵀ and dh of its own; the cell before gets C ∘ f and dc of its own.",
        "x and W come last and in one go: dx = da Wᵀ, dW = Σ xᵀ da, dU = Σ h[:, t]ᵀ da_t.",
    ),
    Exercise(
        gru_step,
        one_step(3, "2 3H"),
        ("h",),
        (
            "a = x W + b[0] and u = h U + b[1] are both (N, 3H); cut each into three.",
            "z = σ(a_z + u_z), r = σ(a_r + u_r); but g = tanh(a_g + r ∘ u_g): the reset gate sits on u alone.",
            "z ∘ h + (1 − z) ∘ g: where z is 1, the old state stays.",
        ),
        axes={"h": "N H"},
    ),
)

MISTAKES = []
in_lstm_step = mistakes_in(MISTAKES, "lstm_step")
in_lstm = mistakes_in(MISTAKES, "lstm")
in_cell_backward = mistakes_in(MISTAKES, "lstm_cell_backward")
in_lstm_backward = mistakes_in(MISTAKES, "lstm_backward")
in_gru_step = mistakes_in(MISTAKES, "gru_step")


def _blocks(array, order):
    """The four blocks of columns in another order."""
    return np.concatenate([np.split(array, 4, axis=-1)[place] for place in order], axis=-1)


def _gru(x, h, W, U, b):
    (az, ar, ag), (uz, ur, ug) = np.split(x @ W + b[0], 3, axis=1), np.split(h @ U + b[1], 3, axis=1)
    z, r = sigmoid(az + uz), sigmoid(ar + ur)
    return z, r, np.tanh(ag + r * ug)


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


@in_cell_backward("h′ was o ∘ tanh of the new cell: compute c′ = f ∘ c + i ∘ g again, and take its tanh.")
def tanh_of_the_old_cell(dh, dc, c, gates):
    """The tanh is that of the cell before the step, c, where that of the new one belongs."""
    return _cell_backward(dh, dc, c, gates, np.tanh(c), c)


@in_cell_backward("The forget gate multiplied the cell before the step: its gradient is C ∘ c.")
def forget_gate_with_the_new_cell(dh, dc, c, gates):
    """In da the block of f is made with the new cell; f multiplied the cell before the step."""
    i, f, g, _ = np.split(gates, 4, axis=1)
    return _cell_backward(dh, dc, c, gates, np.tanh(f * c + i * g), f * c + i * g)


@in_cell_backward("g is tanh already, and its slope is 1 − g²; σ has y (1 − y).")
def candidate_with_the_slope_of_a_gate(dh, dc, c, gates):
    """In da the block of g has the slope of σ, g (1 − g), instead of that of tanh."""
    g = np.split(gates, 4, axis=1)[2]
    da, back = lstm_cell_backward(dh, dc, c, gates)
    H = dh.shape[1]
    da[:, 2 * H : 3 * H] *= g / (1 + g)
    return da, back


def _cell_backward(dh, dc, c, gates, squashed, forgotten):
    """The right one with two parts that can be replaced."""
    i, f, g, o = np.split(gates, 4, axis=1)
    C = dc + dh * o * (1 - squashed * squashed)
    da = C * g * i * (1 - i), C * forgotten * f * (1 - f), C * i * (1 - g * g), dh * squashed * o * (1 - o)
    return np.hstack(da), C * f


@in_lstm_backward("h_t was o ∘ tanh(c_t): step t made c[:, t + 1].")
def tanh_of_the_cell_before(dh, dc, x, W, U, h, c, gates, mask=None):
    """The tanh is that of the cell before each step, where that of the cell it made belongs."""
    return _steps_back(dh, dc, x, W, U, h, c, gates, np.tanh(c[:, :-1]))


@in_lstm_backward("Each step adds the dc of its own cell: C = dc[:, t + 1] + what is carried.")
def cells_gradient_only_at_the_end(dh, dc, x, W, U, h, c, gates, mask=None):
    """Of dc only that of the last cell is used; what earlier cells get from outside is left out."""
    last = np.zeros_like(c)
    last[:, -1] = 0 if dc is None else dc[:, -1]
    return lstm_backward(dh, last, x, W, U, h, c, gates)


@in_lstm_backward("h_t also reaches the loss through step t + 1: carry da Uᵀ to the step before.")
def state_not_carried(dh, dc, x, W, U, h, c, gates, mask=None):
    """What comes back from the next step's gates, da Uᵀ, is not carried: only the cell's way is left."""
    return _steps_back(dh, dc, x, W, U, h, c, gates, np.tanh(c[:, 1:]), carried=0.0)


def _steps_back(dh, dc, x, W, U, h, c, gates, squashed, carried=1.0):
    """The right one with parts that can be replaced."""
    da, D, C = np.empty_like(gates), dh[:, -1], 0.0
    for t in reversed(range(x.shape[1])):
        C = C + (0.0 if dc is None else dc[:, t + 1])
        da[:, t], C = _cell_backward(D, C, c[:, t], gates[:, t], squashed[:, t], c[:, t])
        D = dh[:, t] + carried * (da[:, t] @ U.T)
    dW, dU = np.einsum("ntd,ntk->dk", x, da), np.einsum("nth,ntk->hk", h[:, :-1], da)
    return da @ W.T, dW, dU, da.sum(axis=(0, 1)), D, C + (0.0 if dc is None else dc[:, 0])


@in_lstm_backward(
    "c_t also reaches the loss through c_{t+1}: carry C ∘ f to the step before, the initial cell included."
)
def cell_never_carried(dh, dc, x, W, U, h, c, gates, mask=None):
    """The last step is right; in the others, and in dc0, what comes back from the next cell is missing."""
    dx, dW, dU, db, dh0, dc0 = cell_not_carried(dh, dc, x, W, U, h, c, gates)
    return dx, dW, dU, db, dh0, np.zeros_like(dc0) if dc is None else dc[:, 0]
