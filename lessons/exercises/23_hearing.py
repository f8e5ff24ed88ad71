"""Exercises of lesson 23: all ways to say a word, and what they teach every frame.

Write what is missing, then ask `mmdl check 23_hearing.py`. For the next step of help add `--hint`.
"""

import numpy as np


def says(path):
    """★ What a path says: repeats are one, and then blanks (0) are nothing

    path (T,) of classes -> word (S,) of classes

    >>> says(np.array([1, 1, 0, 1, 2, 2])).tolist()
    [1, 1, 2]
    """
    raise NotImplementedError


def extended_label(word):
    """★ l = (0, l₁, 0, l₂, ..., 0): the blank, 0, before, between and after all letters

    word (S,) -> states (2S + 1,)

    >>> extended_label(np.array([2, 1])).tolist()
    [0, 2, 0, 1, 0]
    """
    raise NotImplementedError


def ctc_alpha(p, states):
    """★ α[t, s] = p[t, l_s] (α[t−1, s] + α[t−1, s−1] + α[t−1, s−2]),  the last only where l_s ≠ l_{s−2}

    In the first frame only the first two states have p[0, l_s]; the others are zero. Plain probabilities will do here.
    p (T, K), states l (L,) -> alpha (T, L)

    >>> p = np.array([[0.5, 0.25, 0.25], [0.5, 0.25, 0.25]])
    >>> ctc_alpha(p, np.array([0, 1, 0, 2, 0])).tolist()
    [[0.5, 0.25, 0.0, 0.0, 0.0], [0.25, 0.1875, 0.125, 0.0625, 0.0]]
    """
    raise NotImplementedError


def ctc_beta(p, states):
    """★★ Forward: α, as in `ctc_alpha`, sums over all beginnings, frame t included. Derive β, which sums over all ends

    β[t, s] is of the paths that are at s in frame t, for what they say in frames t + 1, t + 2, ..., and not in t.
    A path ends in one of the last two states. Go from β[t + 1] to β[t].
    p (T, K), states l (L,) -> beta (T, L)

    >>> p = np.array([[0.5, 0.25, 0.25], [0.5, 0.25, 0.25]])
    >>> ctc_beta(p, np.array([0, 1, 0, 2, 0])).tolist()
    [[0.0, 0.25, 0.25, 0.75, 0.5], [0.0, 0.0, 0.0, 1.0, 1.0]]
    """
    raise NotImplementedError


def ctc_gradient(p, states, alpha, beta):
    """★★ Forward: p = softmax(s) in every frame,  P = Σ_s α[t, s] β[t, s] for any t,  L = −log P.  Derive ds

    p (T, K), states l (L,), alpha (T, L) with frame t, beta (T, L) without it -> ds (T, K), and γ (T, L), which is
    the probability of each state in each frame

    >>> p, states = np.full((2, 2), 0.5), np.array([0, 1, 0])
    >>> alpha, beta = np.array([[0.5, 0.5, 0.0], [0.25, 0.5, 0.25]]), np.array([[0.5, 1.0, 0.5], [0.0, 1.0, 1.0]])
    >>> ds, gamma = ctc_gradient(p, states, alpha, beta)
    >>> ds.round(3).tolist(), gamma.round(3).tolist()
    ([[0.167, -0.167], [0.167, -0.167]], [[0.333, 0.667, 0.0], [0.0, 0.667, 0.333]])
    """
    raise NotImplementedError


def fewest_frames():
    """★★★ "1 2 2 2 5" is to be said. How many frames must there be at least?

    Answer with a whole number
    """
    raise NotImplementedError


def ways_to_say_it():
    """★★★ Four frames, and a word of one letter. How many paths say it?

    Answer with a whole number
    """
    raise NotImplementedError
