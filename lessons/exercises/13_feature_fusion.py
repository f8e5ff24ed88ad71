"""Exercises of lesson 13: several vectors become one.

Write what is missing, then ask `mmdl check 13_feature_fusion.py`. For the next step of help add `--hint`.

★ the formula is given, ★★ only the forward pass is: derive it, ★★★ answer before you compute.

features is a tuple of M arrays, one for each modality; a backward pass returns a tuple of M gradients.
"""

import numpy as np


def concatenate(features):
    """★ y = (x_1, x_2, ...), side by side

    features, M arrays (N, D_m) -> y (N, Σ D_m)

    >>> concatenate((np.array([[1.0, 2.0]]), np.array([[3.0]])))
    array([[1., 2., 3.]])
    """
    raise NotImplementedError


def concatenate_backward(dy, features):
    """★ dx_m = the columns of dy that came from x_m

    dy (N, Σ D_m), features -> M arrays (N, D_m)

    >>> concatenate_backward(np.array([[1.0, 2.0, 3.0]]), (np.zeros((1, 2)), np.zeros((1, 1))))
    (array([[1., 2.]]), array([[3.]]))
    """
    raise NotImplementedError


def elementwise_product(features):
    """★ y = x_1 ∘ x_2 ∘ ...: each modality can switch the others' features off

    features, M arrays (N, D) -> y (N, D)

    >>> elementwise_product((np.array([[1.0, 2.0]]), np.array([[3.0, 0.0]])))
    array([[3., 0.]])
    """
    raise NotImplementedError


def elementwise_product_backward(dy, features):
    """★★ Forward: y = x_1 ∘ x_2 ∘ ... ∘ x_M. Derive what each of them gets; values may be 0

    dy (N, D), features -> M arrays (N, D)

    >>> elementwise_product_backward(np.ones((1, 2)), (np.array([[2.0, 3.0]]), np.array([[5.0, 7.0]])))
    (array([[5., 7.]]), array([[2., 3.]]))
    """
    raise NotImplementedError


def tensor_product(a, b):
    """★ y[n] = all products of an entry of a[n] with an entry of b[n]: entry d of a and k of b stand at d · K + k

    a (N, D), b (N, K) -> y (N, D · K)

    >>> tensor_product(np.array([[1, 2]]), np.array([[1, 10, 100]]))
    array([[  1,  10, 100,   2,  20, 200]])
    """
    raise NotImplementedError


def tensor_product_backward(dy, a, b):
    """★★ Forward: y[n, d · K + k] = a[n, d] b[n, k]. Derive what a and b get

    dy (N, D · K), a (N, D), b (N, K) -> da, db

    >>> tensor_product_backward(np.array([[1, 1, 1, 0, 0, 1]]), np.array([[1, 2]]), np.array([[1, 10, 100]]))
    (array([[111, 100]]), array([[1, 1, 3]]))
    """
    raise NotImplementedError


def linear_head_on_xor():
    """★★★ a and b are ±1, the class is 1 if they differ. Can a linear head on the concatenation (a, b) learn it?

    a   yes: it sees both
    b   no: its score for (1, 1) and (−1, −1) together is the same as for (1, −1) and (−1, 1), and neither sum can win
    c   only with enough examples

    Answer with a letter.
    """
    raise NotImplementedError


def shape_of_a_tensor_product():
    """★★★ What is the shape of tensor_product(a, b) for a (8, 20) and b (8, 30)? Answer with a tuple"""
    raise NotImplementedError
