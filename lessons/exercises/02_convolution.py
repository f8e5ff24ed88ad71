"""Exercises of lesson 02: what a kernel sees as it slides.

Write what is missing, then ask `mmdl check 02_convolution.py`. For the next step of help add `--hint`.

★ the formula is given, ★★ only the forward pass is: derive it, ★★★ answer before you compute.
"""

import numpy as np


def output_size(R, I, stride=1, padding=0):
    """★ How many stops a kernel of I rows makes on an image of R rows, `padding` rows of zeros on either side

    R, I, stride, padding whole numbers -> a whole number

    >>> output_size(28, 3), output_size(28, 3, stride=2), output_size(28, 3, padding=1)
    (26, 13, 28)
    """
    raise NotImplementedError


def correlation2d(x, w):
    """★ y[p, q] = Σᵢ Σⱼ x[p + i, q + j] w[i, j]: the article's equation (1), for one image and one kernel

    x (R, C), w (I, J) -> y (R − I + 1, C − J + 1)

    >>> correlation2d(np.array([[1.0, 2.0, 4.0]]), np.array([[-1.0, 1.0]]))
    array([[1., 2.]])
    """
    raise NotImplementedError


def convolution2d(x, w):
    """★ y[p, q] = Σᵢ Σⱼ x[p + I − 1 − i, q + J − 1 − j] w[i, j]: the true convolution turns the kernel first

    x (R, C), w (I, J) -> y (R − I + 1, C − J + 1)

    >>> convolution2d(np.array([[1.0, 2.0, 4.0]]), np.array([[-1.0, 1.0]]))
    array([[-1., -2.]])
    """
    raise NotImplementedError


def conv2d(x, w, b=None, stride=1):
    """★ y[p, q, k] = Σᵢ Σⱼ Σ_d x[stride · p + i, stride · q + j, d] w[i, j, d, k] + b[k], for every image of a batch

    x (N, R, C, D), w (I, J, D, K), b (K,) or None, stride a whole number or a pair (rows, columns)
    -> y (N, P, Q, K)  with  P = (R − I) // stride + 1, and Q likewise

    >>> conv2d(np.arange(5.0).reshape(1, 1, 5, 1), np.array([-1.0, 1.0]).reshape(1, 2, 1, 1), stride=2).ravel()
    array([1., 1.])
    """
    raise NotImplementedError


def difference_backward(dy):
    """★★ Forward: y[p] = x[p + 1] − x[p], for p = 0, ..., R − 2. Derive what comes back to x

    dy (R − 1,) -> dx (R,)

    >>> difference_backward(np.array([1.0, 10.0]))
    array([-1., -9., 10.])
    """
    raise NotImplementedError


def correlation1d_backward(dy, x, w):
    """★★ Forward: y[p] = Σᵢ x[p + i] w[i], for every stop p of the kernel. Derive what x and w get

    dy (P,), x (R,), w (I,)  with  P = R − I + 1  -> dx (R,), dw (I,)

    >>> correlation1d_backward(np.array([1.0, 10.0]), np.array([1.0, 2.0, 4.0]), np.array([3.0, 5.0]))
    (array([ 3., 35., 50.]), array([21., 42.]))
    """
    raise NotImplementedError


def hidden_flip():
    """★★★ For which of these kernels do correlation and convolution give the same picture, whatever the picture?

    a   Sobel         ((1, 0, −1), (2, 0, −2), (1, 0, −1))
    b   Laplacian     ((0, 1, 0), (1, −4, 1), (0, 1, 0))
    c   emboss        ((−2, −1, 0), (−1, 1, 1), (0, 1, 2))
    d   none of them: convolution turns the kernel

    Answer with a letter.
    """
    raise NotImplementedError


def shape_after_a_stride():
    """★★★ conv2d of x (2, 28, 28, 3) with w (5, 5, 3, 8), stride 2, no padding. What is the shape of y?

    Answer with a tuple
    """
    raise NotImplementedError
