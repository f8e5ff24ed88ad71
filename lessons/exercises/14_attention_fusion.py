"""Exercises of lesson 14: words look at image patches.

Write what is missing, then ask `mmdl check 14_attention_fusion.py`. For the next step of help add `--hint`.

★ the formula is given, ★★ only the forward pass is: derive it, ★★★ answer before you compute.

tokens is a tuple of M arrays (N, T_m, D), one for each modality; masks a tuple of M arrays (N, T_m).
"""

import numpy as np


def token_types(tokens, types):
    """★ All tokens in one sequence, one modality after the other, each with the vector of its modality added

    tokens, M arrays (N, T_m, D), types (M, D) -> x (N, Σ T_m, D)

    >>> token_types((np.zeros((1, 2, 1)), np.ones((1, 1, 1))), np.array([[10.0], [20.0]])).ravel()
    array([10., 10., 21.])
    """
    raise NotImplementedError


def token_types_backward(dy, tokens, types):
    """★★ Forward: the tokens of modality m, with types[m] added to each, one modality after the other. Derive

    dy (N, Σ T_m, D), tokens, types -> a tuple of M arrays (N, T_m, D), and dtypes (M, D)

    >>> tokens = np.zeros((1, 2, 1)), np.ones((1, 1, 1))
    >>> _, dtypes = token_types_backward(np.array([[[1.0], [2.0], [4.0]]]), tokens, np.zeros((2, 1)))
    >>> dtypes.ravel()
    array([3., 4.])
    """
    raise NotImplementedError


def masked_attention(q, k, v, mask):
    """★ y = a v  with  a = softmax(q kᵀ / √D) over the keys where the mask is True; a query without keys gets zeros

    q (N, T, D), k (N, S, D), v (N, S, V), mask (N, S) -> y (N, T, V) and the weights a (N, T, S)

    >>> y, weights = masked_attention(*[np.array([[[1.0], [1.0], [7.0]]])] * 3, np.array([[True, True, False]]))
    >>> weights[0, 0]
    array([0.5, 0.5, 0. ])
    """
    raise NotImplementedError


def weights_without(weights, s):
    """★ The weights as they would be if key s were masked: it gets 0, all others are 1 / (1 − a_s) times as large

    weights (N, T, S), less than 1 at s; s a whole number -> (N, T, S), each row sums to one

    >>> weights_without(np.array([[[0.5, 0.25, 0.25]]]), 0)
    array([[[0. , 0.5, 0.5]]])
    """
    raise NotImplementedError


def attention_fusion(tokens, masks, types, Wq, Wk, Wv):
    """★ z = mean over all tokens that are there of attention(x Wq, x Wk, x Wv)  with  x = token_types(tokens, types)

    tokens, M arrays (N, T_m, D), masks, M arrays (N, T_m), types (M, D), Wq and Wk (D, H), Wv (D, V)
    -> z (N, V) and the weights (N, T, T), T being the number of all tokens; an example without tokens gets zeros

    >>> x, there = np.array([[[1.0], [3.0]]]), np.array([[True, True]])
    >>> zero, one = np.zeros((1, 1)), np.ones((1, 1))
    >>> z, weights = attention_fusion((x,), (there,), zero, zero, one, one)
    >>> z, weights.shape
    (array([[2.]]), (1, 2, 2))
    """
    raise NotImplementedError


def weights_without_backward(dy, weights, s):
    """★★ Forward: y_j = w_j / (1 − w_s) for all keys j but s, and y_s = 0. Derive what comes back to the weights

    Take every weight as free: that rows sum to one does not matter here.

    dy, weights (N, T, S), s a whole number -> dweights (N, T, S)

    >>> weights_without_backward(np.array([[[1.0, 2.0, 9.0]]]), np.array([[[0.25, 0.25, 0.5]]]), 2)
    array([[[2., 4., 3.]]])
    """
    raise NotImplementedError


def factor_of_the_others():
    """★★★ A word had the weight 0.2 and is masked. By what factor do all other weights grow? Answer with a number"""
    raise NotImplementedError


def shape_of_the_weights():
    """★★★ Four examples, three words and sixteen patches each, attend to each other in one sequence.

    Shape of the weights?

    Answer with a tuple.
    """
    raise NotImplementedError
