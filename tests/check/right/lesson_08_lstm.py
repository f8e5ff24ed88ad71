"""Right solutions of lesson 08: blocks by slices, by reshaping, by split; the sigmoid by exponentials and by tanh."""

import numpy as np


def _by_tanh(a):
    return (1 + np.tanh(a / 2)) / 2


def _by_exp(a):
    small = np.exp(-np.abs(a))
    return np.where(a >= 0, 1, small) / (1 + small)


def lstm_step__split(x, h, c, W, U, b):
    i, f, g, o = np.split(x @ W + h @ U + b, 4, axis=1)
    c = _by_exp(f) * c + _by_exp(i) * np.tanh(g)
    return _by_exp(o) * np.tanh(c), c


def lstm_step__blocks(x, h, c, W, U, b):
    H = h.shape[1]
    a = [x @ W[:, k * H : k * H + H] + h @ U[:, k * H : k * H + H] + b[k * H : k * H + H] for k in range(4)]
    new = c * _by_tanh(a[1]) + np.tanh(a[2]) * _by_tanh(a[0])
    return np.tanh(new) * _by_tanh(a[3]), new


def lstm_step__each_example(x, h, c, W, U, b):
    hs, cs = [], []
    for n in range(len(x)):
        a = (np.concatenate([x[n], h[n], [1]]) @ np.vstack([W, U, b])).reshape(4, -1)
        i, f, o = (1 / (1 + np.exp(-np.clip(a[k], -700, 700))) for k in (0, 1, 3))
        cs.append(f * c[n] + i * np.tanh(a[2]))
        hs.append(o * np.tanh(cs[-1]))
    return np.array(hs), np.array(cs)


def lstm__filled(x, W, U, b, h0=None, c0=None):
    N, T, _ = x.shape
    H = len(U)
    h, c, gates = np.zeros((N, T + 1, H)), np.zeros((N, T + 1, H)), np.zeros((N, T, 4 * H))
    h[:, 0] = 0 if h0 is None else h0
    c[:, 0] = 0 if c0 is None else c0
    for t in range(T):
        a = x[:, t] @ W + h[:, t] @ U + b
        i, f, g, o = a[:, :H], a[:, H : 2 * H], a[:, 2 * H : 3 * H], a[:, 3 * H :]
        i, f, g, o = _by_exp(i), _by_exp(f), np.tanh(g), _by_exp(o)
        c[:, t + 1] = f * c[:, t] + i * g
        h[:, t + 1] = o * np.tanh(c[:, t + 1])
        gates[:, t] = np.hstack([i, f, g, o])
    return h, c, gates


def lstm__stacked(x, W, U, b, h0=None, c0=None):
    nothing = np.zeros((x.shape[0], U.shape[0]))
    hs, cs, gates = [nothing if h0 is None else h0], [nothing if c0 is None else c0], []
    for from_x in np.swapaxes(x @ W, 0, 1):
        i, f, g, o = np.moveaxis((from_x + (hs[-1] @ U + b)).reshape(len(x), 4, -1), 1, 0)
        i, f, g, o = _by_tanh(i), _by_tanh(f), np.tanh(g), _by_tanh(o)
        cs.append(i * g + f * cs[-1])
        hs.append(np.tanh(cs[-1]) * o)
        gates.append(np.concatenate((i, f, g, o), axis=-1))
    return np.stack(hs, 1), np.stack(cs, 1), np.stack(gates, 1)


def lstm__each_example(x, W, U, b, h0=None, c0=None):
    results = ([], [], [])
    H = len(U)
    for n, tokens in enumerate(x):
        h = [np.zeros(H) if h0 is None else h0[n]]
        c = [np.zeros(H) if c0 is None else c0[n]]
        gates = []
        for token in tokens:
            a = W.T @ token + U.T @ h[-1] + b
            s = _by_exp(a)
            s[2 * H : 3 * H] = np.tanh(a[2 * H : 3 * H])
            c.append(s[H : 2 * H] * c[-1] + s[:H] * s[2 * H : 3 * H])
            h.append(s[3 * H :] * np.tanh(c[-1]))
            gates.append(s)
        for kept, new in zip(results, (h, c, gates), strict=True):
            kept.append(np.array(new))
    return [np.array(each) for each in results]


def lstm_cell_backward__formula(dh, dc, c, gates):
    i, f, g, o = np.split(gates, 4, axis=1)
    new = np.tanh(f * c + i * g)
    C = dc + dh * o * (1 - new**2)
    da = [C * g * i * (1 - i), C * c * f * (1 - f), C * i * (1 - g**2), dh * new * o * (1 - o)]
    return np.hstack(da), C * f


def lstm_cell_backward__in_place(dh, dc, c, gates):
    H = c.shape[1]
    i, f, g, o = (gates[:, k * H : (k + 1) * H] for k in range(4))
    cell = f * c + i * g
    C = dc + dh * o / np.cosh(cell) ** 2
    da = np.empty_like(gates)
    da[:, :H] = C * (g * i - g * i * i)
    da[:, H : 2 * H] = C * c * (f - f * f)
    da[:, 2 * H : 3 * H] = C * i * (1 + g) * (1 - g)
    da[:, 3 * H :] = dh * np.tanh(cell) * (o - o * o)
    return da, f * C


def lstm_cell_backward__number_by_number(dh, dc, c, gates):
    N, H = c.shape
    da, before = np.zeros((N, 4, H)), np.zeros((N, H))
    for n, k in np.ndindex(N, H):
        i, f, g, o = gates[n].reshape(4, H)[:, k]
        t = np.tanh(i * g + f * c[n, k])
        C = dc[n, k] + (1 - t * t) * o * dh[n, k]
        da[n, :, k] = C * g * i * (1 - i), C * c[n, k] * f * (1 - f), C * i * (1 - g * g), dh[n, k] * t * o * (1 - o)
        before[n, k] = C * f
    return da.reshape(N, 4 * H), before


def lstm_backward__loop(dh, dc, x, W, U, h, c, gates):
    dx, dW, dU, db = np.zeros(x.shape), np.zeros(W.shape), np.zeros(U.shape), np.zeros(4 * len(U))
    Dh, Dc = dh[:, -1], dc[:, -1]
    for t in reversed(range(x.shape[1])):
        da, back = lstm_cell_backward__formula(Dh, Dc, c[:, t], gates[:, t])
        dx[:, t] = da @ W.T
        dW += x[:, t].T @ da
        dU += h[:, t].T @ da
        db += da.sum(axis=0)
        Dh, Dc = dh[:, t] + da @ U.T, dc[:, t] + back
    return dx, dW, dU, db, Dh, Dc


def lstm_backward__sums_at_the_end(dh, dc, x, W, U, h, c, gates):
    da = np.zeros(gates.shape)
    H, carry_h, carry_c = len(U), 0, 0
    i, f, g, o = (gates[..., k * H : (k + 1) * H] for k in range(4))
    tanh = np.tanh(c[:, 1:])
    for t in range(x.shape[1] - 1, -1, -1):
        Dh, Dc = dh[:, t + 1] + carry_h, dc[:, t + 1] + carry_c
        Dc = Dc + Dh * o[:, t] * (1 - tanh[:, t] * tanh[:, t])
        da[:, t, :H] = Dc * g[:, t]
        da[:, t, H : 2 * H] = Dc * c[:, t]
        da[:, t, 2 * H : 3 * H] = Dc * i[:, t]
        da[:, t, 3 * H :] = Dh * tanh[:, t]
        slope = gates[:, t] * (1 - gates[:, t])
        slope[:, 2 * H : 3 * H] = 1 - g[:, t] ** 2
        da[:, t] *= slope
        carry_h, carry_c = da[:, t] @ U.T, Dc * f[:, t]
    dW, dU = np.einsum("ntd,nta->da", x, da), np.einsum("nth,nta->ha", h[:, :-1], da)
    return da @ W.T, dW, dU, da.sum(axis=(0, 1)), dh[:, 0] + carry_h, dc[:, 0] + carry_c


def lstm_backward__each_example(dh, dc, x, W, U, h, c, gates):
    dx, dh0, dc0 = np.zeros(x.shape), np.zeros(h[:, 0].shape), np.zeros(h[:, 0].shape)
    dW, dU, db = np.zeros(W.shape), np.zeros(U.shape), np.zeros(U.shape[1])
    for n in range(len(x)):
        Dh, Dc = dh[n, -1], dc[n, -1]
        for t in range(x.shape[1])[::-1]:
            one = slice(n, n + 1)
            da, back = lstm_cell_backward__number_by_number(Dh[None], Dc[None], c[one, t], gates[one, t])
            dW, dU, db = dW + np.outer(x[n, t], da), dU + np.outer(h[n, t], da), db + da[0]
            dx[n, t] = W @ da[0]
            Dh, Dc = U @ da[0] + dh[n, t], back[0] + dc[n, t]
        dh0[n], dc0[n] = Dh, Dc
    return dx, dW, dU, db, dh0, dc0


def gru_step__split(x, h, W, U, b):
    a, u = x @ W + b[0], h @ U + b[1]
    (az, ar, ag), (uz, ur, ug) = np.split(a, 3, axis=1), np.split(u, 3, axis=1)
    z, r = _by_exp(az + uz), _by_exp(ar + ur)
    g = np.tanh(ag + r * ug)
    return z * h + (1 - z) * g


def gru_step__towards(x, h, W, U, b):
    H = h.shape[1]
    both = np.hstack([x, h, np.ones((len(x), 1))])
    zr = _by_tanh(both @ np.vstack([W, U, b[0] + b[1]])[:, : 2 * H])
    g = np.tanh((x @ W + b[0])[:, 2 * H :] + (h @ U + b[1])[:, 2 * H :] * zr[:, H:])
    return g + zr[:, :H] * (h - g)


def gru_step__each_example(x, h, W, U, b):
    new = []
    for token, state in zip(x, h, strict=True):
        a, u = (token @ W + b[0]).reshape(3, -1), (state @ U + b[1]).reshape(3, -1)
        z, r = 1 / (1 + np.exp(-np.clip(a[:2] + u[:2], -700, 700)))
        new.append((1 - z) * np.tanh(r * u[2] + a[2]) + state * z)
    return np.vstack(new)


def blend_backward__multiplied_out(dy, z, h, g):
    return dy * h - dy * g, z * dy, dy - z * dy


def blend_backward__one_by_one(dy, z, h, g):
    dz, dh, dg = (np.empty(dy.shape) for _ in range(3))
    for place in np.ndindex(dy.shape):
        dz[place] = dy[place] * (h[place] - g[place])
        dh[place] = dy[place] * z[place]
        dg[place] = dy[place] * (1 - z[place])
    return dz, dh, dg


def blend_backward__as_a_step(dy, z, h, g):
    step = h - g  # y = g + z (h − g)
    dstep = dy * z
    return dy * step, dstep, dy - dstep
