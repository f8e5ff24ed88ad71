"""Mistakes that students make in the exercises of lesson 07."""

import numpy as np

FITTING = {
    "rnn_step__recurrent_matrix_transposed": ("transpos", "uᵀ"),
    "rnn__initial_state_ignored": ("h0", "initial"),
    "rnn_backward__slope_of_the_state_before": ("1 − h", "slope", "before", "one place earlier"),
    "rnn_backward__initial_state_without_its_own": ("dh0", "initial", "h0"),
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
