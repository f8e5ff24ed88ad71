"""Exercises of lesson 07: a state that is updated token by token.

Write what is missing, then ask `mmdl check 07_recurrence.py`. For the next step of help add `--hint`.
"""

import numpy as np


def rnn_step(x, h, W, U, b):
    """h ← tanh(x W + h U + b): the article's equation (2)

    x (N, D), h (N, H), W (D, H), U (H, H), b (H,) -> the next state (N, H)

    >>> rnn_step(np.array([[0.0]]), np.array([[1.0]]), np.array([[1.0]]), np.array([[2.0]]), np.array([0.0])).round(3)
    array([[0.964]])
    """
    raise NotImplementedError


def rnn(x, W, U, b, h0=None):
    """h[:, 0] = h0, or zeros,   h[:, t + 1] = tanh(x[:, t] W + h[:, t] U + b)

    x (N, T, D), W (D, H), U (H, H), b (H,), h0 (N, H) or None -> h (N, T + 1, H), the initial state first

    >>> rnn(np.zeros((1, 2, 1)), np.ones((1, 1)), np.ones((1, 1)), np.zeros(1), np.ones((1, 1))).ravel().round(3)
    array([1.   , 0.762, 0.642])
    """
    raise NotImplementedError


def rnn_backward(dh, x, W, U, h):
    """Backpropagation through time: with D_t the whole gradient of h_t, from above and from the next step,

    da_t = (1 − h_t²) ∘ D_t,   D_{t−1} = dh_{t−1} + da_t Uᵀ
    dx_t = da_t Wᵀ,   dW = Σ_t x_tᵀ da_t,   dU = Σ_t h_{t−1}ᵀ da_t,   db = Σ_t da_t,   dh0 = D_0

    dh (N, T + 1, H), x (N, T, D), W (D, H), U (H, H), h (N, T + 1, H), the result of the forward pass
    -> dx (N, T, D), dW (D, H), dU (H, H), db (H,), dh0 (N, H)

    >>> one, h = np.ones((1, 1)), np.array([1.0, 0.5]).reshape(1, 2, 1)
    >>> dx, dW, dU, db, dh0 = rnn_backward(np.array([0.0, 1.0]).reshape(1, 2, 1), np.full((1, 1, 1), 2.0), one, one, h)
    >>> dx.item(), dW.item(), dU.item(), db.item(), dh0.item()
    (0.75, 1.5, 0.75, 0.75, 0.75)
    """
    raise NotImplementedError
