"""Mistakes that students make in the exercises of lesson 08."""

import numpy as np

FITTING = {
    "lstm_cell_backward__forget_gate_sees_new_cell": ("forget", "cell before", "old cell"),
    "lstm_backward__cells_from_above_only_at_the_end": ("dc", "cell"),
    "gru_step__reset_before_the_product": ("reset", "r ∘", "before"),
    "lstm_step__output_gate_third": ("i, f, o, g", "order"),
    "lstm_cell_backward__old_tanh": ("cell before the step", "tanh"),
    "lstm_backward__cell_is_not_carried": ("next cell", "carried", "last step is right"),
    "lstm_backward__tanh_of_the_wrong_cell": ("cell before", "tanh"),
    "lstm_backward__forward_matrix_on_the_way_back": ("transpos", "uᵀ", "carried", "u were transposed"),
    "gru_step__forgets_where_it_should_keep": ("exchanged",),
    "blend_backward__gate_of_the_old": ("takes away from g",),
    "blend_backward__gate_turned": ("wrong sign",),
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


SIGMOID = np.vectorize(lambda a: 1 / (1 + np.exp(-a)), otypes=[float])


def lstm_step__output_gate_third(x, h, c, W, U, b):
    """Another library's order."""
    a = x @ W + h @ U + b
    H = h.shape[1]
    i, f, o = (SIGMOID(a[:, n * H : n * H + H]) for n in range(3))
    c = f * c + i * np.tanh(a[:, 3 * H :])
    return o * np.tanh(c), c


def lstm_cell_backward__old_tanh(dh, dc, c, gates):
    """tanh is taken of the cell that came in."""
    N, H = dh.shape
    i, f, g, o = gates.reshape(N, 4, H).swapaxes(0, 1)
    s = np.tanh(c)
    C = dc + dh * o * (1 - s**2)
    da = np.stack([C * g * i * (1 - i), C * c * f * (1 - f), C * i * (1 - g**2), dh * s * o * (1 - o)], axis=1)
    return da.reshape(N, 4 * H), C * f


def _unrolled(dh, dc, x, W, U, h, c, gates, back, squashed, keep):
    dx, dW, dU, db = np.zeros_like(x), np.zeros_like(W), np.zeros_like(U), np.zeros(W.shape[1])
    D, C = dh[:, -1], dc[:, -1]
    for t in reversed(range(x.shape[1])):
        i, f, g, o = np.split(gates[:, t], 4, axis=1)
        s = squashed[:, t]
        C = C + D * o * (1 - s * s)
        da = np.hstack([C * g * i * (1 - i), C * c[:, t] * f * (1 - f), C * i * (1 - g * g), D * s * o * (1 - o)])
        dx[:, t] = da @ W.T
        dW, dU, db = dW + x[:, t].T @ da, dU + h[:, t].T @ da, db + da.sum(0)
        D = dh[:, t] + da @ back
        C = dc[:, t] + keep * C * f
    return dx, dW, dU, db, D, C


def lstm_backward__cell_is_not_carried(dh, dc, x, W, U, h, c, gates):
    """The cell's gradient ends at each step, and so at the initial cell as well."""
    return _unrolled(dh, dc, x, W, U, h, c, gates, U.T, np.tanh(c[:, 1:]), 0)


def lstm_backward__tanh_of_the_wrong_cell(dh, dc, x, W, U, h, c, gates):
    """c[:, t] where c[:, t + 1] belongs."""
    return _unrolled(dh, dc, x, W, U, h, c, gates, U.T, np.tanh(c), 1)


def lstm_backward__forward_matrix_on_the_way_back(dh, dc, x, W, U, h, c, gates):
    """The four gates go back one block up from where they came."""
    H = len(U)
    return _unrolled(dh, dc, x, W, U, h, c, gates, np.roll(U, H, axis=1).T, np.tanh(c[:, 1:]), 1)


def gru_step__forgets_where_it_should_keep(x, h, W, U, b):
    """z and 1 − z are exchanged."""
    H = h.shape[1]
    a, u = x @ W + b[0], h @ U + b[1]
    z, r = SIGMOID(a[:, :H] + u[:, :H]), SIGMOID(a[:, H : 2 * H] + u[:, H : 2 * H])
    g = np.tanh(a[:, 2 * H :] + r * u[:, 2 * H :])
    return h + z * (g - h)


def blend_backward__gate_of_the_old(dy, z, h, g):
    """z is thought to stand before h alone."""
    return np.multiply(h, dy), np.multiply(z, dy), dy - np.multiply(z, dy)


def blend_backward__gate_turned(dy, z, h, g):
    """g − h."""
    return (g - h) * dy, z * dy, (1 - z) * dy
