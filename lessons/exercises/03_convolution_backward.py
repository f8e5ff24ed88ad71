"""Exercises of lesson 03: the gradients of a convolution.

Write what is missing, then ask `mmdl check 03_convolution_backward.py`. For the next step of help add `--hint`.

★ the formula is given, ★★ only the forward pass is: derive it, ★★★ answer before you compute.

The forward pass is y[n, p, q] = Σᵢ Σⱼ x[n, stride · p + i, stride · q + j] w[i, j] + b, where x[...] is a vector of
D channels, w[i, j] a matrix (D, K) and y[...] a vector of K channels. stride may be a pair (rows, columns).
"""

import numpy as np


def conv2d_db(dy):
    """★ db[k] = Σ of dy[n, p, q, k]: one bias, used at every place of every image

    dy (N, P, Q, K) -> db (K,)

    >>> conv2d_db(np.ones((2, 3, 3, 1)))
    array([18.])
    """
    raise NotImplementedError


def conv2d_dw(dy, x, w, stride=1):
    """★★ Forward: y[n, p, q, k] = Σᵢ Σⱼ Σ_d x[n, stride · p + i, stride · q + j, d] w[i, j, d, k]. Derive what w gets

    dy (N, P, Q, K), x (N, R, C, D), w (I, J, D, K) -> dw shaped as w

    >>> x = np.array([1.0, 2.0, 4.0]).reshape(1, 1, 3, 1)
    >>> conv2d_dw(np.ones((1, 1, 2, 1)), x, np.zeros((1, 2, 1, 1))).ravel()
    array([3., 6.])
    """
    raise NotImplementedError


def conv2d_dx(dy, x, w, stride=1):
    """★★ Forward: y[n, p, q, k] = Σᵢ Σⱼ Σ_d x[n, stride · p + i, stride · q + j, d] w[i, j, d, k]. Derive what x gets

    dy (N, P, Q, K), x (N, R, C, D), w (I, J, D, K) -> dx shaped as x

    >>> conv2d_dx(np.ones((1, 1, 2, 1)), np.zeros((1, 1, 3, 1)), np.array([1.0, 5.0]).reshape(1, 2, 1, 1)).ravel()
    array([1., 6., 5.])
    """
    raise NotImplementedError


def conv2d_backward(dy, x, w, stride=1):
    """★ All three at once

    dy (N, P, Q, K), x (N, R, C, D), w (I, J, D, K) -> dx, dw, db

    >>> gradients = conv2d_backward(np.ones((2, 1, 2, 3)), np.ones((2, 1, 3, 1)), np.ones((1, 2, 1, 3)))
    >>> [gradient.shape for gradient in gradients]
    [(2, 1, 3, 1), (1, 2, 1, 3), (3,)]
    """
    raise NotImplementedError


def moved_by_a_pixel():
    """★★★ A 3 × 3 convolution with stride 1 from 1 to 8 channels. How many numbers of y does one pixel inside x move?

    Answer with a whole number: so many terms the gradient of that pixel has.
    """
    raise NotImplementedError


def sum_of_the_gradient():
    """★★★ x (1, 6, 6, 1), a 3 × 3 kernel of ones, stride 2, no padding; all of dy is 1.

    What is the sum of all entries of dx?

    Answer with a number. (Each stop sends its dy once through each cell of the kernel.)
    """
    raise NotImplementedError
