"""Mistakes of lesson 08 on the way back through an LSTM: one step, and all of them."""

import numpy as np

from mmdl.check.known import mistakes_in
from mmdl.ops.lstm import lstm_backward

MISTAKES = []
in_cell_backward = mistakes_in(MISTAKES, "lstm_cell_backward")
in_lstm_backward = mistakes_in(MISTAKES, "lstm_backward")


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
    return (
        dx,
        *(
            np.concatenate([np.split(each, 4, axis=-1)[place] for place in (0, 1, 3, 2)], axis=-1)
            for each in (dW, dU, db)
        ),
        dh0,
        dc0,
    )


@in_lstm_backward(
    "Whoever reads the cells sends a gradient, too: C starts with dc, and dc[:, t] is added at every step."
)
def cells_gradient_ignored(dh, dc, x, W, U, h, c, gates, mask=None):
    """The gradient dc that arrives at the cells from outside is ignored."""
    return lstm_backward(dh, None, x, W, U, h, c, gates)


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
    i, f, g, _ = np.split(gates, 4, axis=1)
    da, back = _cell_backward(dh, dc, c, gates, np.tanh(f * c + i * g), c)
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
