"""Exercises of lesson 07: a state that is updated token by token.

Write what is missing, then ask `mmdl check 07_recurrence.py`. For the next step of help add `--hint`.

★ the formula is given, ★★ only the forward pass is: derive it, ★★★ answer before you compute.
"""

import numpy as np


def rnn_step(x, h, W, U, b):
    """★ h ← tanh(x W + h U + b): the article's equation (2)

    x (N, D), h (N, H), W (D, H), U (H, H), b (H,) -> the next state (N, H)

    >>> rnn_step(np.array([[0.0]]), np.array([[1.0]]), np.array([[1.0]]), np.array([[2.0]]), np.array([0.0])).round(3)
    array([[0.964]])
    """
    raise NotImplementedError


def rnn(x, W, U, b, h0=None):
    """★ h[:, 0] = h0, or zeros,   h[:, t + 1] = tanh(x[:, t] W + h[:, t] U + b)

    x (N, T, D), W (D, H), U (H, H), b (H,), h0 (N, H) or None -> h (N, T + 1, H), the initial state first

    >>> rnn(np.zeros((1, 2, 1)), np.ones((1, 1)), np.ones((1, 1)), np.zeros(1), np.ones((1, 1))).ravel().round(3)
    array([1.   , 0.762, 0.642])
    """
    raise NotImplementedError


def rnn_backward(dh, x, W, U, h):
    """★★ Forward: h[:, t + 1] = tanh(x[:, t] W + h[:, t] U + b), for t = 0, 1, ... Derive all five gradients

    dh has something for every state, the initial one included: each may be used by what comes after.

    dh (N, T + 1, H), x (N, T, D), W (D, H), U (H, H), h (N, T + 1, H), the result of the forward pass
    -> dx (N, T, D), dW (D, H), dU (H, H), db (H,), dh0 (N, H)

    >>> one, h = np.ones((1, 1)), np.array([1.0, 0.5]).reshape(1, 2, 1)
    >>> dx, dW, dU, db, dh0 = rnn_backward(np.array([0.0, 1.0]).reshape(1, 2, 1), np.full((1, 1, 1), 2.0), one, one, h)
    >>> dx.item(), dW.item(), dU.item(), db.item(), dh0.item()
    (0.75, 1.5, 0.75, 0.75, 0.75)
    """
    raise NotImplementedError


def rnn_step_backward(dy, x, h, W, U, y):
    """★★ Forward: y = tanh(x W + h U + b), one step. Derive what x, h, W, U and b get

    dy (N, H), the arguments x (N, D), h (N, H), W (D, H), U (H, H), and the next state y (N, H)
    -> dx, dh, dW, dU, db

    >>> one = np.ones((1, 1))
    >>> [d.item() for d in rnn_step_backward(one, 2 * one, 3 * one, 5 * one, 7 * one, 0.5 * one)]
    [3.75, 5.25, 1.5, 2.25, 0.75]
    """
    raise NotImplementedError


def left_after_fifty_steps():
    """★★★ h[t + 1] = x[t] W + h[t] U without tanh, and U is 0.9 times the identity.

    What share of dh is left 50 steps back?

    Answer with a number.
    """
    raise NotImplementedError


def invisible_with_one_step():
    """★★★ Your rnn_backward passes all tests with T = 1 and fails for T = 2. Which mistake can that not be?

    a   what comes from the next step is not carried back
    b   dW is set by each step, =, where it should be added up, +=
    c   the slope of tanh is left out

    Answer with a letter.
    """
    raise NotImplementedError
