"""Mistakes that students make in the exercises of lesson 00."""

import numpy as np

FITTING = {
    "affine__bias_reaches_first_example_only": ("bias", "first example"),
    "affine__whole_number_buffer": ("integer", "whole number", "truncat"),
    "affine_dW__reshaped_to_fit": ("transpos", "reshap"),
    "affine_backward__bias_before_weights": ("order", "exchanged", "swapped"),
    "affine__matrix_turned": ("transpos", "shape"),
    "affine__bias_subtracted": ("opposite sign",),
    "affine_db__running_overwrite": ("first example", "last", "example"),
    "affine_dx__forgot_one_output": ("column", "dw", "lacks", "last"),
    "affine_backward__mean_over_examples": ("averag", "1 / n", "mean"),
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


def affine__matrix_turned(x, W, b):
    """W x, as in the article: a row of W for each output, so W is turned wherever it does not fit."""
    turned = W if W.shape[0] == W.shape[1] else W.T
    return (turned @ x.T).T + b


def affine__bias_subtracted(x, W, b):
    """The bias is a threshold here: it is taken away, not added."""
    return np.einsum("nd,dk->nk", x, W) - b


def affine_db__running_overwrite(dy):
    """Each example overwrites what the one before has written."""
    db = np.zeros(dy.shape[1])
    for row in dy:
        db[:] = row
    return db


def affine_dx__forgot_one_output(dy, W):
    """The loop over outputs starts with the second one."""
    dx = np.zeros((dy.shape[0], W.shape[0]))
    for k in range(1, W.shape[1]):
        dx += np.outer(dy[:, k], W[:, k])
    return dx


def affine_backward__mean_over_examples(dy, x, W):
    """A mean over examples where everything should be added up."""
    n = dy.shape[0]
    return dy.dot(W.T), x.T.dot(dy) / n, np.average(dy, axis=0)
