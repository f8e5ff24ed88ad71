"""Right solutions of lesson 07: token by token, all of W x at once, joined matrices, number by number."""

import numpy as np


def rnn_step__formula(x, h, W, U, b):
    return np.tanh(x @ W + h @ U + b)


def rnn_step__joined(x, h, W, U, b):
    return np.tanh(b + np.hstack([x, h]) @ np.vstack([W, U]))


def rnn_step__exponentials(x, h, W, U, b):
    a = np.einsum("nd,dh->nh", x, W) + np.einsum("ng,gh->nh", h, U) + b
    e = np.exp(-2 * np.abs(a))
    return np.sign(a) * (1 - e) / (1 + e)


def rnn__filled(x, W, U, b, h0=None):
    N, T, _ = x.shape
    h = np.zeros((N, T + 1, len(b)))
    if h0 is not None:
        h[:, 0] = h0
    for t in range(T):
        h[:, t + 1] = np.tanh(x[:, t] @ W + h[:, t] @ U + b)
    return h


def rnn__stacked(x, W, U, b, h0=None):
    states = [np.zeros((x.shape[0], U.shape[0])) if h0 is None else h0]
    for a in np.moveaxis(x @ W + b, 1, 0):
        states.append(np.tanh(a + states[-1] @ U))
    return np.stack(states, axis=1)


def rnn__each_example(x, W, U, b, h0=None):
    def run(n):
        state = np.zeros(len(b)) if h0 is None else h0[n].copy()
        yield state
        for token in x[n]:
            state = np.tanh(W.T @ token + U.T @ state + b)
            yield state

    return np.array([list(run(n)) for n in range(len(x))])


def rnn_backward__loop(dh, x, W, U, h):
    dx, dW, dU, db = np.zeros(x.shape), np.zeros(W.shape), np.zeros(U.shape), np.zeros(len(U))
    D = dh[:, -1]
    for t in range(x.shape[1], 0, -1):
        da = (1 - h[:, t] ** 2) * D
        dx[:, t - 1] = da @ W.T
        dW += x[:, t - 1].T @ da
        dU += h[:, t - 1].T @ da
        db += da.sum(axis=0)
        D = dh[:, t - 1] + da @ U.T
    return dx, dW, dU, db, D


def rnn_backward__sums_at_the_end(dh, x, W, U, h):
    whole = dh.copy()
    da = np.zeros((x.shape[0], x.shape[1], len(U)))
    for t in reversed(range(x.shape[1])):
        da[:, t] = whole[:, t + 1] - whole[:, t + 1] * h[:, t + 1] * h[:, t + 1]
        whole[:, t] += da[:, t] @ U.T
    flat = da.reshape(-1, len(U))
    dW, dU = x.reshape(len(flat), -1).T @ flat, np.einsum("ntg,nth->gh", h[:, :-1], da)
    return da @ W.T, dW, dU, flat.sum(0), whole[:, 0]


def rnn_backward__each_example(dh, x, W, U, h):
    dx, dW, dU, db, dh0 = np.zeros(x.shape), 0 * W, 0 * U, np.zeros(len(U)), np.zeros((len(x), len(U)))
    for n in range(len(x)):
        carry = np.zeros(len(U))
        for t in range(x.shape[1] - 1, -1, -1):
            da = (dh[n, t + 1] + carry) * (1 + h[n, t + 1]) * (1 - h[n, t + 1])
            dx[n, t], carry = W @ da, U @ da
            dW, dU, db = dW + np.outer(x[n, t], da), dU + np.outer(h[n, t], da), db + da
        dh0[n] = dh[n, 0] + carry
    return dx, dW, dU, db, dh0


def rnn_step_backward__one_by_one(dy, x, h, W, U, y):
    dx, dh, dW, dU, db = (np.zeros(each.shape) for each in (x, h, W, U, y[0]))
    for n in range(len(x)):
        a = dy[n] - dy[n] * y[n] ** 2
        dx[n], dh[n] = W @ a, U @ a
        dW += np.outer(x[n], a)
        dU += np.outer(h[n], a)
        db += a
    return dx, dh, dW, dU, db


def rnn_step_backward__joined(dy, x, h, W, U, y):
    a = (1 + y) * (1 - y) * dy
    back, sides = a @ np.vstack([W, U]).T, np.hstack([x, h]).T @ a
    D = x.shape[1]
    return back[:, :D], back[:, D:], sides[:D], sides[D:], a.sum(axis=0)


def rnn_step_backward__summed(dy, x, h, W, U, y):
    a = dy / np.cosh(np.arctanh(y)) ** 2
    return (
        np.einsum("nh,dh->nd", a, W),
        np.einsum("nh,ih->ni", a, U),
        np.einsum("nd,nh->dh", x, a),
        np.einsum("ni,nh->ih", h, a),
        np.ones(len(a)) @ a,
    )
