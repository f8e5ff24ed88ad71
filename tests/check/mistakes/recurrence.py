"""Mistakes that students make in the exercises of lesson 07."""

import numpy as np

FITTING = {
    "rnn_step__recurrent_matrix_transposed": ("transpos", "uᵀ"),
    "rnn__initial_state_ignored": ("h0", "initial"),
    "rnn_backward__slope_of_the_state_before": ("1 − h", "slope", "before", "one place earlier"),
    "rnn_backward__initial_state_without_its_own": ("dh0", "initial", "h0"),
    "rnn_step__no_squashing": ("tanh",),
    "rnn__every_step_from_the_start": ("first step",),
    "rnn_backward__no_way_through_time": ("last step is right",),
    "rnn_backward__slope_twice": ("tanh",),
    "rnn_backward__last_state_only": ("last state",),
    "rnn_step_backward__matrix_as_it_is": ("da uᵀ", "da u"),
    "rnn_step_backward__slope_of_the_old_state": ("slope", "before", "1 − y²"),
    "rnn_step_backward__mean_bias": ("1 / n", "mean"),
}


def rnn_step__recurrent_matrix_transposed(x, h, W, U, b):
    """U is applied as U h to columns, but states are rows here: this is h Uᵀ."""
    N, H = h.shape
    new = np.zeros((N, H))
    for n in range(N):
        for unit in range(H):
            new[n, unit] = x[n].dot(W[:, unit]) + U[unit].dot(h[n]) + b[unit]
    return np.tanh(new)


def rnn__initial_state_ignored(x, W, U, b, h0=None):
    """h0 stands in the result, but the loop starts from zeros all the same."""
    N, T, _ = x.shape
    state = np.zeros((N, U.shape[0]))
    states = [state if h0 is None else h0]
    for t in range(T):
        state = np.tanh(x[:, t].dot(W) + state.dot(U) + b)
        states.append(state)
    return np.stack(states, axis=1)


def rnn_backward__slope_of_the_state_before(dh, x, W, U, h):
    """The slope of tanh is taken at the state before the step, not at the one that the step made."""
    N, T, _ = x.shape
    dx, dW, dU, db = np.zeros(x.shape), np.zeros(W.shape), np.zeros(U.shape), np.zeros(len(U))
    flowing = np.zeros((N, len(U)))
    for t in range(T, 0, -1):
        flowing = flowing + dh[:, t]
        old = h[:, t - 1]
        delta = flowing * (1 - old * old)
        dx[:, t - 1] = delta @ W.T
        dW += x[:, t - 1].T @ delta
        dU += old.T @ delta
        db += delta.sum(axis=0)
        flowing = delta @ U.T
    return dx, dW, dU, db, flowing + dh[:, 0]


def rnn_backward__initial_state_without_its_own(dh, x, W, U, h):
    """What the initial state gets from above, dh[:, 0], is left out of dh0."""
    T = x.shape[1]
    deltas = np.zeros((x.shape[0], T, U.shape[0]))
    carry = 0
    for t in reversed(range(T)):
        deltas[:, t] = (dh[:, t + 1] + carry) * (1 - h[:, t + 1] ** 2)
        carry = deltas[:, t] @ U.T
    dW = np.tensordot(x, deltas, axes=([0, 1], [0, 1]))
    dU = np.tensordot(h[:, :-1], deltas, axes=([0, 1], [0, 1]))
    return deltas @ W.T, dW, dU, deltas.sum(axis=(0, 1)), carry


def rnn_step__no_squashing(x, h, W, U, b):
    """A linear network."""
    return np.concatenate([x, h], axis=1) @ np.concatenate([W, U]) + b


def rnn__every_step_from_the_start(x, W, U, b, h0=None):
    """All steps start from the initial state."""
    start = np.zeros((len(x), len(U))) if h0 is None else h0
    later = np.tanh(x @ W + (start @ U)[:, None] + b)
    return np.concatenate([start[:, None], later], axis=1)


def rnn_backward__no_way_through_time(dh, x, W, U, h):
    """Every step for itself."""
    da = dh[:, 1:] * (1 - np.square(h[:, 1:]))
    dW = sum(a.T @ b for a, b in zip(x, da, strict=True))
    dU = sum(a.T @ b for a, b in zip(h[:, :-1], da, strict=True))
    return da @ W.T, dW, dU, da.sum((0, 1)), dh[:, 0]


def rnn_backward__slope_twice(dh, x, W, U, h):
    """cosh of the state, as if h were what tanh is applied to."""
    T = x.shape[1]
    dx, dW, dU, db = np.zeros_like(x), np.zeros_like(W), np.zeros_like(U), np.zeros(len(U))
    back = dh[:, T]
    for t in range(T)[::-1]:
        a = back / np.cosh(h[:, t + 1]) ** 2
        dx[:, t] = a @ W.T
        dW, dU, db = dW + x[:, t].T @ a, dU + h[:, t].T @ a, db + a.sum(0)
        back = dh[:, t] + a @ U.T
    return dx, dW, dU, db, back


def rnn_backward__last_state_only(dh, x, W, U, h):
    """What arrives at the states before the last is not read."""
    flow, dx = dh[:, -1], []
    dW, dU, db = 0, 0, 0
    for t in reversed(range(x.shape[1])):
        flow = flow * (1 - h[:, t + 1] ** 2)
        dx.insert(0, flow @ W.T)
        dW, dU, db = dW + x[:, t].T @ flow, dU + h[:, t].T @ flow, db + flow.sum(axis=0)
        flow = flow @ U.T
    return np.stack(dx, axis=1), dW, dU, db, flow


def rnn_step_backward__matrix_as_it_is(dy, x, h, W, U, y):
    """U is not turned."""
    a = dy - dy * y * y
    return a.dot(W.T), a.dot(U), x.T.dot(a), h.T.dot(a), a.sum(0)


def rnn_step_backward__slope_of_the_old_state(dy, x, h, W, U, y):
    """h for y."""
    a = dy * (1 - np.square(h))
    return a @ W.T, a @ U.T, x.T @ a, h.T @ a, a.sum(0)


def rnn_step_backward__mean_bias(dy, x, h, W, U, y):
    """db is a mean."""
    a = dy * (1 - y**2)
    return a @ W.T, a @ U.T, x.T @ a, h.T @ a, a.mean(axis=0)
