"""Mistakes that students make in the exercises of lesson 08."""

import numpy as np

FITTING = {
    "lstm_cell_backward__forget_gate_sees_new_cell": ("forget", "cell before", "old cell"),
    "lstm_backward__cells_from_above_only_at_the_end": ("dc", "cell"),
    "gru_step__reset_before_the_product": ("reset", "r ∘", "before"),
}


def lstm_cell_backward__forget_gate_sees_new_cell(dh, dc, c, gates):
    """The forget gate was multiplied with the old cell, but its gradient is taken with the new one."""
    H = dh.shape[1]
    i, f, g, o = (gates[:, n * H : (n + 1) * H] for n in range(4))
    c = f * c + i * g
    t = np.tanh(c)
    total = dc + dh * o * (1 - t**2)
    da = np.zeros(gates.shape)
    da[:, :H] = total * g * i * (1 - i)
    da[:, H : 2 * H] = total * c * f * (1 - f)
    da[:, 2 * H : 3 * H] = total * i * (1 - g**2)
    da[:, 3 * H :] = dh * t * o * (1 - o)
    return da, total * f


def lstm_backward__cells_from_above_only_at_the_end(dh, dc, x, W, U, h, c, gates):
    """Only the last cell gets its gradient from above; dc of all earlier cells is never added."""
    N, T, _ = x.shape
    H = U.shape[0]
    dx, dW, dU, db = np.zeros(x.shape), np.zeros(W.shape), np.zeros(U.shape), np.zeros(4 * H)
    h_back, c_back = dh[:, T], dc[:, T]
    for t in range(T - 1, -1, -1):
        i, f, g, o = gates[:, t].reshape(N, 4, H).transpose(1, 0, 2)
        squashed = np.tanh(c[:, t + 1])
        cell = c_back + h_back * o * (1 - squashed**2)
        di, df, dg, do = cell * g, cell * c[:, t], cell * i, h_back * squashed
        da = np.hstack([di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)])
        dx[:, t] = da @ W.T
        dW += x[:, t].T @ da
        dU += h[:, t].T @ da
        db += da.sum(0)
        h_back = dh[:, t] + da @ U.T
        c_back = cell * f
    return dx, dW, dU, db, h_back, c_back


def gru_step__reset_before_the_product(x, h, W, U, b):
    """The reset gate is put on h before the product with U (another GRU), not on what came out of it."""
    H = h.shape[1]
    a = x @ W + b[0]
    z = 1 / (1 + np.exp(-(a[:, :H] + h @ U[:, :H] + b[1, :H])))
    r = 1 / (1 + np.exp(-(a[:, H : 2 * H] + h @ U[:, H : 2 * H] + b[1, H : 2 * H])))
    g = np.tanh(a[:, 2 * H :] + (r * h) @ U[:, 2 * H :] + b[1, 2 * H :])
    return z * h + (1 - z) * g
