"""Exercises of lesson 17: pictures of what a model has learned.

Write what is missing, then ask `mmdl check 17_looking_inside.py`. For the next step of help add `--hint`.

★ the formula is given, ★★ only the forward pass is: derive it, ★★★ answer before you compute.
"""

import numpy as np


def saliency(backward, logits, labels):
    """★ How strongly each pixel moves the logit of the class: |dx|, where dlogits is 1 at the label and 0 elsewhere

    backward, a function from dlogits (N, K) to dx (N, R, C); logits (N, K), labels (N,) -> (N, R, C)

    >>> saliency(lambda dlogits: -dlogits[:, :, None], np.array([[5.0, 1.0]]), np.array([1])).tolist()
    [[[0.0], [1.0]]]
    """
    raise NotImplementedError


def occlusion(f, x, size=2, fill=0.0):
    """★ How much the score falls when a square is covered: f(x) − f(x with size × size pixels set to fill)

    f, a function from a picture (R, C) to a number; x (R, C), size divides R and C -> (R / size, C / size).
    Leave x as it was.

    >>> occlusion(np.sum, np.array([[1.0, 2.0], [3.0, 4.0]]), size=1)
    array([[1., 2.],
           [3., 4.]])
    """
    raise NotImplementedError


def principal_components(x, components=2):
    """★ The centred rows of x along the directions in which they differ most

    x (N, D), components ≤ N and D -> (N, components), the widest direction first; the sign of a column does not matter

    >>> np.abs(principal_components(np.array([[1.0, 0.0], [3.0, 0.0], [8.0, 0.0]]), 1)).ravel()
    array([3., 1., 4.])
    """
    raise NotImplementedError


def pooled_logits_backward(dlogits, r, W):
    """★★ Forward: logits[n] = (the mean of r[n, p, q] over all places p, q) W. Derive what the feature maps and W get

    dlogits (N, K), r (N, P, Q, D), W (D, K) -> dr, dW. (Weighted by this, feature maps become a map of the class.)

    >>> dr, dW = pooled_logits_backward(np.ones((1, 1)), np.full((1, 1, 2, 1), 3.0), np.full((1, 1), 4.0))
    >>> dr.ravel().tolist(), dW.item()
    ([2.0, 2.0], 3.0)
    """
    raise NotImplementedError


def squared_distances_backward(dd, x, c):
    """★★ Forward: d[n, m] = ‖x[n] − c[m]‖², how far each picture is from each centre. Derive what x and c get

    dd (N, M), x (N, D), c (M, D) -> dx, dc

    >>> dx, dc = squared_distances_backward(np.ones((1, 2)), np.array([[1.0]]), np.array([[0.0], [4.0]]))
    >>> dx.tolist(), dc.tolist()
    ([[-4.0]], [[-2.0], [6.0]])
    """
    raise NotImplementedError


def saliency_of_a_probability():
    """★★★ A classifier of two classes is sure: p = 0.999. The gradient of its logits' difference is 1 at some pixel

    What is the gradient of p there? Answer with a number.
    """
    raise NotImplementedError


def components_of_a_line():
    """★★★ A hundred points in three dimensions lie on one line, which misses the origin.

    How many components are not zero?

    Answer with a whole number: how many of the principal components of the points are more than rounding.
    """
    raise NotImplementedError
