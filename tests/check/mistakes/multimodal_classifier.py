"""Mistakes that students make in the exercises of lesson 15."""

import numpy as np

from mmdl.ops.convolution import conv2d_backward
from mmdl.ops.embedding import embedding_backward
from mmdl.ops.pooling import max_pool2d_backward
from mmdl.ops.rnn import rnn_backward

FITTING = {
    "image_branch_backward__relu_passed_by": ("relu", "r were one everywhere"),
    "text_branch_backward__every_state_counts": ("last state", "last", "other states"),
    "sgd_update__shallow_copy": ("argument", "changed", "changes", "changes its argument"),
    "head_backward__bias_of_one": ("db", "example"),
    "text_branch_backward__last_place_counts": ("several places", "de[ids]"),
    "text_branch_backward__mask_forgotten": ("mask",),
    "classifier__mask_not_used": ("mask", "padding"),
    "sgd_update__ascent": ("sign", "rate", "gradient", "opposite"),
}


def image_branch_backward__relu_passed_by(du, image, p, r, winner):
    """The way back leads from the pool straight to the convolution; the ReLU between them is forgotten."""
    n, rows, columns, kernels = r.shape
    dpool = du.reshape(n, rows // 2, columns // 2, kernels)
    dr = max_pool2d_backward(dpool, r, winner)
    _, dw, db = conv2d_backward(dr, image, p["w"])
    return dw, db


def text_branch_backward__every_state_counts(dv, ids, mask, p, e, h):
    """dv is given to all states, although the head read only the last."""
    dh = np.zeros_like(h)
    dh[:] = dv[:, None, :]
    de, dW, dU, dc, _ = rnn_backward(dh, e, p["W"], p["U"], h, mask=mask)
    return embedding_backward(de, ids, p["E"]), dW, dU, dc


def sgd_update__shallow_copy(p, gradient, rate):
    """The dictionary is copied, but not the arrays in it: -= changes those of the caller."""
    new = p.copy()
    for name in new:
        new[name] -= rate * gradient[name]
    return new


def head_backward__bias_of_one(dlogits, features, W):
    """db is that of one example."""
    z = np.hstack(features)
    dz = dlogits @ W.T
    ends = np.cumsum([f.shape[1] for f in features])[:-1]
    return tuple(np.hsplit(dz, ends)), z.T @ dlogits, dlogits[0]


def text_branch_backward__last_place_counts(dv, ids, mask, p, e, h):
    """dE[ids] = de."""
    dh = np.zeros(h.shape)
    dh[:, h.shape[1] - 1] += dv
    de, dW, dU, dc, _ = rnn_backward(dh, e, p["W"], p["U"], h, mask=mask)
    dE = 0 * p["E"]
    for n, t in np.ndindex(ids.shape):
        dE[ids[n, t]] = de[n, t]
    return dE, dW, dU, dc


def text_branch_backward__mask_forgotten(dv, ids, mask, p, e, h):
    """As if all words were there."""
    dh = np.concatenate([0 * h[:, 1:], dv[:, None]], axis=1)
    de, dW, dU, dc, _ = rnn_backward(dh, e, p["W"], p["U"], h)
    return embedding_backward(de, ids, p["E"]), dW, dU, dc


def classifier__mask_not_used(image, ids, mask, p):
    """The loop over words never asks whether there is one."""
    I, J = p["w"].shape[:2]
    windows = np.lib.stride_tricks.sliding_window_view(image[..., 0], (I, J), axis=(1, 2))
    r = np.maximum(np.einsum("npqij,ijk->npqk", windows, p["w"][:, :, 0]) + p["b"], 0)
    P, Q = r.shape[1] // 2, r.shape[2] // 2
    y = r[:, : 2 * P, : 2 * Q].reshape(len(r), P, 2, Q, 2, -1).max(axis=(2, 4))
    h = np.zeros((len(ids), len(p["U"])))
    for t in range(ids.shape[1]):
        h = np.tanh(p["E"][ids[:, t]] @ p["W"] + h @ p["U"] + p["c"])
    return np.hstack([y.reshape(len(y), -1), h]) @ p["V"] + p["d"]


def sgd_update__ascent(p, gradient, rate):
    """Uphill."""
    return {name: value + rate * gradient[name] for name, value in p.items()}
