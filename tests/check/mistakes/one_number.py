"""Mistakes that students make in the exercises of lesson 00."""

import numpy as np

FITTING = {
    "affine__bias_reaches_first_example_only": ("bias", "first example"),
    "affine__whole_number_buffer": ("integer", "whole number", "truncat"),
    "affine_dW__reshaped_to_fit": ("transpos", "reshap"),
    "affine_backward__bias_before_weights": ("order", "exchanged", "swapped"),
}


def affine__bias_reaches_first_example_only(x, W, b):
    """The bias is where the sum starts for the first example; all other examples start from zero."""
    y = np.zeros((x.shape[0], W.shape[1]))
    y[:1] = b
    for n in range(x.shape[0]):
        for d in range(x.shape[1]):
            y[n] += x[n, d] * W[d]
    return y


def affine__whole_number_buffer(x, W, b):
    """The result is written into an array of integers, which cuts off what stands behind the point."""
    N, K = len(x), len(b)
    out = np.zeros((N, K), dtype=int)
    for n in range(N):
        for k in range(K):
            out[n, k] = np.sum(x[n, :] * W[:, k]) + b[k]
    return out


def affine_dW__reshaped_to_fit(dy, x):
    """The product is the transposed one, and a reshape (which moves no axis) makes its shape look right."""
    grad = np.dot(dy.T, x)
    return grad.reshape(x.shape[1], dy.shape[1])


def affine_backward__bias_before_weights(dy, x, W):
    """All three gradients are right, but they come back in the order dx, db, dW."""
    grad_x = np.einsum("nk,dk->nd", dy, W)
    grad_W = np.einsum("nd,nk->dk", x, dy)
    grad_b = np.einsum("nk->k", dy)
    return grad_x, grad_b, grad_W
