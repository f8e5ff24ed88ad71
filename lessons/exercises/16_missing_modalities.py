"""Exercises of lesson 16: what stands in for a modality that is not there.

Write what is missing, then ask `mmdl check 16_missing_modalities.py`. For the next step of help add `--hint`.

★ the formula is given, ★★ only the forward pass is: derive it, ★★★ answer before you compute.
"""

import numpy as np


def present_rows(mask):
    """★ A text without a single word counts as absent

    mask (N, T), True where there is a word -> present (N,), True where there is a text

    >>> present_rows(np.array([[True, False], [False, False]]))
    array([ True, False])
    """
    raise NotImplementedError


def replace_absent(x, present, absent):
    """★ y = x where the modality is present, else the learned vector

    x (N, D), present (N,), absent (D,) -> y (N, D)

    >>> replace_absent(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([True, False]), np.array([8.0, 9.0]))
    array([[1., 2.],
           [8., 9.]])
    """
    raise NotImplementedError


def replace_absent_backward(dy, present):
    """★★ Forward: y[n] = x[n] where present[n], else the learned vector. Derive what x and the vector get

    dy (N, D), present (N,) -> dx (N, D), dabsent (D,)

    >>> replace_absent_backward(np.array([[1.0], [2.0], [4.0]]), np.array([True, False, False]))
    (array([[1.],
           [0.],
           [0.]]), array([6.]))
    """
    raise NotImplementedError


def drop_modalities(present, draw, rate):
    """★ Leave out each modality whose number is below the rate, but never the last one: the largest number always stays

    present (N, M), True where example n has modality m; draw (N, M) numbers from 0 to 1, one for each; rate from 0 to 1
    -> (N, M), True for what was there and stays; among those that are there, the one with the largest number stays

    >>> drop_modalities(np.array([[True, True], [True, False]]), np.array([[0.1, 0.3], [0.2, 0.9]]), 0.5)
    array([[False,  True],
           [ True, False]])
    """
    raise NotImplementedError


def present_mean_backward(dy, x, present):
    """★★ Forward: y[n] = the mean of x[n, m] over the modalities m that are present, or 0. Derive what comes back to x

    dy (N, D), x (N, M, D), present (N, M) -> dx (N, M, D)

    >>> present_mean_backward(np.array([[6.0]]), np.zeros((1, 3, 1)), np.array([[True, False, True]])).ravel()
    array([3., 0., 3.])
    """
    raise NotImplementedError


def both_stay():
    """★★★ drop_modalities with two modalities, both there, and rate 0.5: in what share of the rows do both stay?

    Answer with a number.
    """
    raise NotImplementedError


def nobody_is_absent():
    """★★★ In a batch everything is present. What is the largest entry of the learned vector's gradient?

    Answer with a number
    """
    raise NotImplementedError
