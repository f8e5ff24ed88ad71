"""Exercises of lesson 09: words become vectors, and a text one vector.

Write what is missing, then ask `mmdl check 09_text_classifier.py`. For the next step of help add `--hint`.
"""

import numpy as np


def pad_sequences(sequences):
    """Texts of different lengths in one array: zeros behind the shorter ones, and a mask that knows

    sequences, a list of N lists of word ids -> ids (N, T) and mask (N, T), True where there is a word;
    T is the length of the longest

    >>> ids, mask = pad_sequences([[5, 7, 6], [9]])
    >>> ids.tolist(), mask.tolist()
    ([[5, 7, 6], [9, 0, 0]], [[True, True, True], [True, False, False]])
    """
    raise NotImplementedError


def embedding(ids, E):
    """y[n, t] = E[ids[n, t]]: every word has a row of its own

    ids (N, T) whole numbers, E (A, D) -> y (N, T, D)

    >>> embedding(np.array([[1, 0, 1]]), np.array([[1.0], [2.0]])).ravel()
    array([2., 1., 2.])
    """
    raise NotImplementedError


def embedding_backward(dy, ids, E):
    """dE[a] = Σ of dy[n, t] over all places n, t where word a stands

    dy (N, T, D), ids (N, T), E (A, D) -> dE shaped as E

    >>> embedding_backward(np.array([[[1.0], [2.0], [4.0]]]), np.array([[1, 0, 1]]), np.zeros((3, 1))).ravel()
    array([2., 5., 0.])
    """
    raise NotImplementedError


def masked_mean(x, mask):
    """y = the mean of the tokens that are there; a text without tokens gives zeros

    x (N, T, D), mask (N, T) -> y (N, D)

    >>> masked_mean(np.array([[[1.0], [3.0], [99.0]]]), np.array([[True, True, False]]))
    array([[2.]])
    """
    raise NotImplementedError


def masked_mean_backward(dy, x, mask):
    """dx[n, t] = dy[n] / number of tokens in text n, where there is a token, else 0

    dy (N, D), x (N, T, D), mask (N, T) -> dx shaped as x

    >>> masked_mean_backward(np.array([[6.0]]), np.zeros((1, 3, 1)), np.array([[True, True, False]])).ravel()
    array([3., 3., 0.])
    """
    raise NotImplementedError
