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
