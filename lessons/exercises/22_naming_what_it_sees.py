"""Exercises of lesson 22: additive attention, and a state that asks before every step.

Write what is missing, then ask `mmdl check 22_naming_what_it_sees.py`. For the next step of help add `--hint`.
"""

import numpy as np


def additive(q, k, v, w):
    """★ y = a v,   a = softmax(e),   e = z · w,   z = tanh(q_t + k_s): every query with every key

    q (N, T, K), k (N, S, K), v (N, S, V), w (K,) -> y (N, T, V), weights a (N, T, S), z (N, T, S, K)

    >>> half = np.log(3) / 2
    >>> k, v, w = np.array([[[0.0], [half]]]), np.array([[[4.0], [8.0]]]), np.array([4 * half])
    >>> y, a, z = additive(np.array([[[0.0]]]), k, v, w)
    >>> y.round(3).tolist(), a.round(3).tolist(), z.round(3).tolist()
    ([[[7.0]]], [[[0.25, 0.75]]], [[[[0.0], [0.5]]]])
    """
    raise NotImplementedError


def additive_backward(dy, q, k, v, w, a, z):
    """★★ Forward: z = tanh(q_t + k_s),   e = z · w,   a = softmax(e),   y = a v. Derive what q, k, v and w get

    dy (N, T, V), q (N, T, K), k (N, S, K), v (N, S, V), w (K,), a (N, T, S), z (N, T, S, K) -> dq, dk, dv, dw

    >>> half = np.log(3) / 2
    >>> q, k, v, w = np.array([[[0.0]]]), np.array([[[0.0], [half]]]), np.array([[[4.0], [8.0]]]), np.array([4 * half])
    >>> a, z = np.array([[[0.25, 0.75]]]), np.array([[[[0.0], [0.5]]]])
    >>> dq, dk, dv, dw = additive_backward(np.array([[[1.0]]]), q, k, v, w, a, z)
    >>> dq.round(3).tolist(), dk.round(3).tolist(), dv.round(3).tolist(), dw.round(3).tolist()
    ([[[-0.412]]], [[[-1.648], [1.236]]], [[[0.25], [0.75]]], [0.375])
    """
    raise NotImplementedError


def attentive_backward(dh, h, v, Wq, w, C, U, a, z):
    """★★ Forward: h_t = tanh(x_t + c_t C + h_{t−1} U). Derive what every x_t gets, and h_0

    Here c_t = a_t v is what h_{t−1} looked up: a_t = softmax(z_t · w),   z_t = tanh(h_{t−1} Wq + k). A plain cell in
    the place of the LSTM's; the attention is the same.
    dh (N, T+1, H): what each state gets from the loss directly; h (N, T+1, H), v (N, S, V), Wq (H, K), w (K,),
    C (V, H), U (H, H), a (N, T, S), z (N, T, S, K) -> dx (N, T, H), dh0 (N, H)

    >>> one = np.ones((1, 1))
    >>> h, dh, v = np.zeros((1, 2, 1)), np.array([[[5.0], [1.0]]]), np.array([[[4.0], [8.0]]])
    >>> a, z = np.array([[[0.25, 0.75]]]), np.array([[[[0.0], [0.5]]]])
    >>> dx, dh0 = attentive_backward(dh, h, v, 8 * one, np.array([2.0]), one, 3 * one, a, z)
    >>> dx.tolist(), dh0.tolist()
    ([[[1.0]]], [[5.0]])
    """
    raise NotImplementedError


def right_steps():
    """★★★ An attentive LSTM has T = 5 steps; only its last state is used. Someone forgets that a state asks, too

    The gradient that goes back through the question is left out. For how many of the five steps is dx_t still right?

    Answer with a number
    """
    raise NotImplementedError


def three_right_names():
    """★★★ One picture has three names, LATIN, GREEK and CYRILLIC, and training shows each equally often

    What is the smallest mean loss, −log p of the first word, that any model can reach on this picture alone?

    Answer with a number
    """
    raise NotImplementedError
