"""Exercises of lesson 09: words become vectors, and a text one vector.

Write what is missing, then ask `mmdl check 09_text_classifier.py`. For the next step of help add `--hint`.

★ the formula is given, ★★ only the forward pass is: derive it, ★★★ answer before you compute.
"""

import numpy as np


def pad_sequences(sequences):
    """★ Texts of different lengths in one array: zeros behind the shorter ones, and a mask that knows

    sequences, a list of N lists of word ids -> ids (N, T) and mask (N, T), True where there is a word;
    T is the length of the longest

    >>> ids, mask = pad_sequences([[5, 7, 6], [9]])
    >>> ids.tolist(), mask.tolist()
    ([[5, 7, 6], [9, 0, 0]], [[True, True, True], [True, False, False]])
    """
    raise NotImplementedError


def embedding(ids, E):
    """★ y[n, t] = E[ids[n, t]]: every word has a row of its own

    ids (N, T) whole numbers, E (A, D) -> y (N, T, D)

    >>> embedding(np.array([[1, 0, 1]]), np.array([[1.0], [2.0]])).ravel()
    array([2., 1., 2.])
    """
    raise NotImplementedError


def embedding_backward(dy, ids, E):
    """★★ Forward: y[n, t] = E[ids[n, t]]. Derive what comes back to the table

    dy (N, T, D), ids (N, T), E (A, D) -> dE shaped as E

    >>> embedding_backward(np.array([[[1.0], [2.0], [4.0]]]), np.array([[1, 0, 1]]), np.zeros((3, 1))).ravel()
    array([2., 5., 0.])
    """
    raise NotImplementedError


def masked_mean(x, mask):
    """★ y = the mean of the tokens that are there; a text without tokens gives zeros

    x (N, T, D), mask (N, T) -> y (N, D)

    >>> masked_mean(np.array([[[1.0], [3.0], [99.0]]]), np.array([[True, True, False]]))
    array([[2.]])
    """
    raise NotImplementedError


def masked_mean_backward(dy, x, mask):
    """★★ Forward: y[n] = the mean of x[n, t] over the places t where the mask is True, or 0.

    Derive what comes back to x

    dy (N, D), x (N, T, D), mask (N, T) -> dx shaped as x

    >>> masked_mean_backward(np.array([[6.0]]), np.zeros((1, 3, 1)), np.array([[True, True, False]])).ravel()
    array([3., 3., 0.])
    """
    raise NotImplementedError


def text_cnn(x, w3, w4, w5):
    """★ c[n, t, k] = Σᵢ Σ_d x[n, t + i, d] w[i, d, k] wherever the window fits into the text, y[n, k] = max over t of c

    Once for windows of three words, once of four, once of five; the three results side by side, in this order.

    x (N, T, D) with T of 5 or more, w3 (3, D, K), w4 (4, D, K), w5 (5, D, K) -> y (N, 3K)

    >>> x = np.array([[[1.0], [0.0], [0.0], [2.0], [0.0], [3.0]]])
    >>> text_cnn(x, np.ones((3, 1, 1)), np.ones((4, 1, 1)), np.ones((5, 1, 1)))
    array([[5., 5., 5.]])
    """
    raise NotImplementedError


def max_over_time_backward(dy, c):
    """★★ Forward: y[n, k] = the largest of c[n, t, k] over all places t. Derive what comes back to c

    dy (N, K), c (N, T, K) without equal numbers -> dc shaped as c

    >>> max_over_time_backward(np.array([[7.0]]), np.array([[[1.0], [5.0], [3.0]]])).ravel()
    array([0., 7., 0.])
    """
    raise NotImplementedError


def one_word_three_times():
    """★★★ A text has the ids (5, 7, 5, 5), and all of dy is 1. What stands in every column of dE[5]?

    Answer with a number
    """
    raise NotImplementedError


def shuffled_words():
    """★★★ The words of a text are shuffled. Which results change?

    a   the mean of the word vectors, and the last state of an LSTM
    b   the last state of an LSTM, but not the mean of the word vectors
    c   neither: the words are the same

    Answer with a letter.
    """
    raise NotImplementedError


def shape_of_padded_texts():
    """★★★ pad_sequences([[4], [8, 1, 6], []]): what is the shape of ids? Answer with a tuple"""
    raise NotImplementedError
