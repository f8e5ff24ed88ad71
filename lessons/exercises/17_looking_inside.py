"""Exercises of lesson 17: pictures of what a model has learned.

Write what is missing, then ask `mmdl check 17_looking_inside.py`. For the next step of help add `--hint`.
"""

import numpy as np


def saliency(backward, logits, labels):
    """How strongly each pixel moves the logit of the class: |dx|, where dlogits is 1 at the label and 0 elsewhere

    backward, a function from dlogits (N, K) to dx (N, R, C); logits (N, K), labels (N,) -> (N, R, C)

    >>> saliency(lambda dlogits: -dlogits[:, :, None], np.array([[5.0, 1.0]]), np.array([1])).tolist()
    [[[0.0], [1.0]]]
    """
    raise NotImplementedError


def occlusion(f, x, size=2, fill=0.0):
    """How much the score falls when a square is covered: f(x) − f(x with size × size pixels set to fill)

    f, a function from a picture (R, C) to a number; x (R, C), size divides R and C -> (R / size, C / size).
    Leave x as it was.

    >>> occlusion(np.sum, np.array([[1.0, 2.0], [3.0, 4.0]]), size=1)
    array([[1., 2.],
           [3., 4.]])
    """
    raise NotImplementedError


def principal_components(x, components=2):
    """The centred rows of x along the directions in which they differ most

    x (N, D), components ≤ N and D -> (N, components), the widest direction first; the sign of a column does not matter

    >>> np.abs(principal_components(np.array([[1.0, 0.0], [3.0, 0.0], [8.0, 0.0]]), 1)).ravel()
    array([3., 1., 4.])
    """
    raise NotImplementedError
