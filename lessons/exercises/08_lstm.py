"""Exercises of lesson 08: gates decide what a cell forgets, takes in and shows.

Write what is missing, then ask `mmdl check 08_lstm.py`. For the next step of help add `--hint`.

★ the formula is given, ★★ only the forward pass is: derive it, ★★★ answer before you compute.

The columns of W, U and b come in four blocks of H: i, f, g, o (take in, forget, candidate, show); i, f and o pass
through the sigmoid σ, g through tanh. In the GRU there are three: z, r, g.
"""

import numpy as np


def lstm_step(x, h, c, W, U, b):
    """★ c ← f ∘ c + i ∘ g,   h ← o ∘ tanh(c)  with  i, f, o = σ(a),  g = tanh(a),  a = x W + h U + b

    x (N, D), h (N, H), c (N, H), W (D, 4H), U (H, 4H), b (4H,) -> the next h and the next c

    >>> h, c = lstm_step(np.zeros((1, 1)), np.zeros((1, 1)), np.ones((1, 1)), *[np.zeros((1, 4))] * 2, np.zeros(4))
    >>> h.round(3), c.round(3)
    (array([[0.231]]), array([[0.5]]))
    """
    raise NotImplementedError


def lstm(x, W, U, b, h0=None, c0=None):
    """★ One step after the other, from h0 and c0, or from zeros

    x (N, T, D), W (D, 4H), U (H, 4H), b (4H,), h0 and c0 (N, H) or None
    -> h (N, T + 1, H), c (N, T + 1, H), both with the initial one first, and gates (N, T, 4H): i, f, g, o as activated

    >>> [each.shape for each in lstm(np.zeros((2, 5, 3)), np.zeros((3, 16)), np.zeros((4, 16)), np.zeros(16))]
    [(2, 6, 4), (2, 6, 4), (2, 5, 16)]
    """
    raise NotImplementedError


def lstm_cell_backward(dh, dc, c, gates):
    """★★ Forward: c′ = f ∘ c + i ∘ g,   h′ = o ∘ tanh(c′);   i, f, o are σ and g is tanh of a block of a. Derive

    dh, dc (N, H): the whole gradient of h′, and what c′ gets from the step after; c (N, H) the cell before;
    gates (N, 4H) as activated -> da (N, 4H) and the gradient of the cell before (N, H)

    >>> da, dc = lstm_cell_backward(np.zeros((1, 1)), np.ones((1, 1)), np.ones((1, 1)), np.full((1, 4), 0.5))
    >>> da, dc
    (array([[0.125, 0.25 , 0.375, 0.   ]]), array([[0.5]]))
    """
    raise NotImplementedError


def lstm_backward(dh, dc, x, W, U, h, c, gates):
    """★ All steps back: the gradient of a state comes from above (dh) and, through a, from the next step

    dh (N, T + 1, H), dc (N, T + 1, H), the arguments x, W, U of the forward pass, its results h, c, gates
    -> dx (N, T, D), dW (D, 4H), dU (H, 4H), db (4H,), dh0 (N, H), dc0 (N, H)

    >>> shapes = (1, 3, 2), (1, 3, 2), (1, 2, 5), (5, 8), (2, 8), (1, 3, 2), (1, 3, 2), (1, 2, 8)
    >>> [each.shape for each in lstm_backward(*map(np.zeros, shapes))]
    [(1, 2, 5), (5, 8), (2, 8), (8,), (1, 2), (1, 2)]
    """
    raise NotImplementedError


def gru_step(x, h, W, U, b):
    """★ h ← z ∘ h + (1 − z) ∘ g  with  z, r = σ(a + u),  g = tanh(a + r ∘ u),  a = x W + b[0],  u = h U + b[1]

    where each of z, r and g takes its own third of the columns of a and u

    x (N, D), h (N, H), W (D, 3H), U (H, 3H), b (2, 3H) -> the next state (N, H)

    >>> gru_step(np.zeros((1, 1)), np.ones((1, 1)), np.zeros((1, 3)), np.zeros((1, 3)), np.zeros((2, 3)))
    array([[0.5]])
    """
    raise NotImplementedError


def blend_backward(dy, z, h, g):
    """★★ Forward: y = z ∘ h + (1 − z) ∘ g, the mixture at the end of a GRU's step. Derive what z, h and g get

    dy, z, h, g (N, H) -> dz, dh, dg

    >>> one = np.ones((1, 1))
    >>> [d.item() for d in blend_backward(2 * one, 0.25 * one, 3 * one, one)]
    [4.0, 0.5, 1.5]
    """
    raise NotImplementedError


def left_of_the_cell():
    """★★★ A forget gate sees a = 1 in each of 20 steps (its bias), and nothing comes in.

    What share of the cell is left?

    Answer with a number.
    """
    raise NotImplementedError


def weights_of_an_lstm():
    """★★★ An LSTM with 10 inputs and 32 units. How many numbers are in W, U and b together?

    Answer with a whole number"""
    raise NotImplementedError
