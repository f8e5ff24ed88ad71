"""Exercises of lesson 11: norms, heads, and the way around.

Write what is missing, then ask `mmdl check 11_transformer_block.py`. For the next step of help add `--hint`.

★ the formula is given, ★★ only the forward pass is: derive it, ★★★ answer before you compute.
"""

import numpy as np


def layer_norm(x, gamma, beta, epsilon=1e-5):
    """★ y = γ ∘ n + β  with  n = (x − mean) / deviation,  deviation = √(variance + ε), both of each row by itself

    x (N, D), gamma and beta (D,); the variance is divided by D
    -> y (N, D), n (N, D), deviation (N, 1)

    >>> y, n, deviation = layer_norm(np.array([[1.0, 3.0]]), np.array([1.0, 2.0]), np.array([0.0, 0.0]), epsilon=0.0)
    >>> y.tolist(), deviation.tolist()
    ([[-1.0, 2.0]], [[1.0]])
    """
    raise NotImplementedError


def layer_norm_backward(dy, gamma, normalized, deviation):
    """★★ Forward: y = γ ∘ n + β,  n = (x − mean) / deviation,  deviation = √(variance + ε), row by row. Derive

    dy (N, D), gamma (D,), normalized n (N, D), deviation (N, 1) -> dx (N, D), dgamma (D,), dbeta (D,)

    >>> dx, _, _ = layer_norm_backward(np.array([[1.0, 3.0]]), np.ones(2), np.array([[-1.0, 1.0]]), np.array([[2.0]]))
    >>> dx
    array([[0., 0.]])
    """
    raise NotImplementedError


def split_heads(x, heads):
    """★ Divide the columns among the heads, and give each head its own axis

    x (N, T, H), heads divides H -> (N, heads, T, H / heads); head m has the m-th group of columns

    >>> split_heads(np.array([[[1, 2, 3, 4], [5, 6, 7, 8]]]), 2).tolist()
    [[[[1, 2], [5, 6]], [[3, 4], [7, 8]]]]
    """
    raise NotImplementedError


def merge_heads(x):
    """★ What `split_heads` did, undone

    x (N, heads, T, D) -> (N, T, heads · D)

    >>> merge_heads(np.array([[[[1, 2], [5, 6]], [[3, 4], [7, 8]]]])).tolist()
    [[[1, 2, 3, 4], [5, 6, 7, 8]]]
    """
    raise NotImplementedError


def multi_head_attention(q, k, v, heads=1):
    """★ Each head attends with its own columns of q and k, and fills its own columns of y

    q (N, T, D), k (N, S, D), v (N, S, V), heads divides D and V -> y (N, T, V) and the weights (N, heads, T, S)

    >>> y, weights = multi_head_attention(np.zeros((1, 1, 2)), np.ones((1, 2, 2)), np.array([[[1.0, 5], [3, 7]]]), 2)
    >>> y.tolist(), weights.shape
    ([[[2.0, 6.0]]], (1, 2, 1, 2))
    """
    raise NotImplementedError


def causal_mask(T):
    """★ mask[t, s] = True where query t may look at key s: at itself and at what came before

    T a whole number -> (T, T) of True and False

    >>> causal_mask(3).astype(int)
    array([[1, 0, 0],
           [1, 1, 0],
           [1, 1, 1]])
    """
    raise NotImplementedError


def transformer_block(x, attend, think):
    """★ z = x + attend(x),   y = z + think(z): two steps, and a way around each of them

    x (N, T, D), attend and think functions that take such an array and return one -> y (N, T, D)

    >>> transformer_block(np.array([[[1.0]]]), lambda x: 10 * x, lambda z: z + 0.5).item()
    22.5
    """
    raise NotImplementedError


def transformer_block_backward(dy, attend_backward, think_backward):
    """★★ Forward: z = x + attend(x),   y = z + think(z). Derive what comes back to x

    dy (N, T, D), and the backward passes of both steps as functions from the gradient of what a step returned to the
    gradient of what it was given -> dx (N, T, D)

    >>> transformer_block_backward(np.array([[[1.0]]]), lambda d: 10 * d, lambda d: d).item()
    22.0
    """
    raise NotImplementedError


def sum_of_a_row_of_dx():
    """★★★ What do the entries of each row of dx add up to in layer_norm_backward, whatever dy and γ are?

    Answer with a number
    """
    raise NotImplementedError


def allowed_pairs():
    """★★★ How many of the 25 pairs of a query and a key does the causal mask allow for T = 5?

    Answer with a whole number
    """
    raise NotImplementedError


def more_heads():
    """★★★ Four heads in the place of one, the same width. How does the number of weights in Wq, Wk and Wv change?

    a   four times as many: each head has its own
    b   not at all: each head takes its quarter of the columns
    c   a quarter: narrower heads need fewer

    Answer with a letter.
    """
    raise NotImplementedError
