"""Exercises of lesson 15: a whole multimodal classifier, forward and back.

Write what is missing, then ask `mmdl check 15_multimodal_classifier.py`. For the next step of help add `--hint`.

★ the formula is given, ★★ only the forward pass is: derive it, ★★★ answer before you compute.

The model is a dictionary p of arrays. Forward, with the operations of earlier lessons, it reads

    a = conv2d(image, p["w"], p["b"])             image (N, R, C, 1) -> a (N, P, Q, K)
    r = relu(a)
    y, winner = max_pool2d(r)                     -> (N, P // 2, Q // 2, K)
    u = y.reshape(N, -1)                          the picture as one vector
    e = embedding(ids, p["E"])                    ids (N, T) -> e (N, T, D)
    h = rnn(e, p["W"], p["U"], p["c"], mask=mask) -> h (N, T + 1, H)
    v = h[:, -1]                                  the text as one vector
    logits = head((u, v), p["V"], p["d"])         -> (N, number of classes)

You may use your own functions, or those of mmdl:
"""

import numpy as np

from mmdl.ops.activations import relu, relu_backward
from mmdl.ops.convolution import conv2d, conv2d_backward
from mmdl.ops.embedding import embedding, embedding_backward
from mmdl.ops.pooling import max_pool2d, max_pool2d_backward
from mmdl.ops.rnn import rnn, rnn_backward


def head(features, W, b):
    """★ logits = concatenate(features) W + b

    features, M arrays (N, D_m), W (Σ D_m, K), b (K,) -> logits (N, K)

    >>> head((np.array([[1.0]]), np.array([[2.0]])), np.array([[10.0], [1.0]]), np.array([0.5]))
    array([[12.5]])
    """
    raise NotImplementedError


def head_backward(dlogits, features, W):
    """★★ Forward: logits = z W + b, z being the features side by side. Derive what the features, W and b get

    dlogits (N, K), features, W (Σ D_m, K) -> a tuple of M arrays (N, D_m), dW, db

    >>> features = np.full((1, 1), 3.0), np.full((1, 1), 4.0)
    >>> dfeatures, dW, db = head_backward(np.ones((1, 1)), features, np.array([[5.0], [6.0]]))
    >>> [d.item() for d in dfeatures], dW.ravel().tolist(), db.tolist()
    ([5.0, 6.0], [3.0, 4.0], [1.0])
    """
    raise NotImplementedError


def image_branch_backward(du, image, p, r, winner):
    """★★ Forward: the lines for a, r, y and u above. Derive what comes back to the kernel and its bias

    du (N, (P // 2) · (Q // 2) · K), image (N, R, C, 1), p the model, r (N, P, Q, K) and winner (N, P // 2, Q // 2, K)
    as they were forward -> dw and db, shaped as p["w"] and p["b"]

    >>> p = {"w": np.ones((1, 1, 1, 1)), "b": np.zeros(1)}
    >>> image = np.array([1.0, 2.0, 3.0, 4.0]).reshape(1, 2, 2, 1)
    >>> dw, db = image_branch_backward(np.full((1, 1), 10.0), image, p, image, np.array([[[[3]]]]))
    >>> dw.item(), db.item()
    (40.0, 10.0)
    """
    raise NotImplementedError


def text_branch_backward(dv, ids, mask, p, e, h):
    """★★ Forward: the lines for e, h and v above. Derive what comes back to the words and the recurrent layer

    dv (N, H), ids (N, T), mask (N, T), p the model, e (N, T, D) and h (N, T + 1, H) as they were forward
    -> dE, dW, dU, dc, shaped as p["E"], p["W"], p["U"] and p["c"]

    >>> one = np.ones((1, 1))
    >>> p, h = {"E": one, "W": one, "U": one, "c": one[0]}, np.array([0.0, 0.5]).reshape(1, 2, 1)
    >>> [d.item() for d in text_branch_backward(one, np.array([[0]]), np.array([[True]]), p, np.ones((1, 1, 1)), h)]
    [0.75, 0.75, 0.0, 0.75]
    """
    raise NotImplementedError


def classifier(image, ids, mask, p):
    """★ The forward pass, as it stands above

    image (N, R, C, 1), ids (N, T), mask (N, T), p the model -> logits (N, number of classes)

    >>> p = {"w": np.ones((1, 1, 1, 1)), "b": np.zeros(1), "E": np.zeros((2, 1)), "W": np.ones((1, 1))}
    >>> p |= {"U": np.ones((1, 1)), "c": np.zeros(1), "V": np.array([[2.0], [1.0]]), "d": np.array([1.0])}
    >>> classifier(np.arange(4.0).reshape(1, 2, 2, 1), np.array([[1]]), np.array([[True]]), p)
    array([[7.]])
    """
    raise NotImplementedError


def classifier_backward(dlogits, image, ids, mask, p, trace):
    """★ The whole backward pass: the forward pass read upwards

    dlogits (N, number of classes), image, ids, mask, p as in `classifier`, trace a dictionary of what was found on the
    way forward: "r", "winner", "u", "e", "h", "v" -> a dictionary with a gradient for every name in p

    >>> image, one = np.ones((1, 2, 2, 1)), np.ones((1, 1))
    >>> p = {"w": np.ones((1, 1, 1, 1)), "b": np.zeros(1), "E": one, "W": one, "U": one, "c": one[0]}
    >>> p |= {"V": np.ones((2, 1)), "d": one[0]}
    >>> trace = {"r": image, "winner": np.zeros((1, 1, 1, 1), int), "u": one}
    >>> trace |= {"e": np.ones((1, 1, 1)), "h": np.zeros((1, 2, 1)), "v": 0 * one}
    >>> gradient = classifier_backward(one, image, np.array([[0]]), np.array([[True]]), p, trace)
    >>> {name: float(d.sum()) for name, d in sorted(gradient.items())}
    {'E': 1.0, 'U': 0.0, 'V': 1.0, 'W': 1.0, 'b': 1.0, 'c': 1.0, 'd': 1.0, 'w': 1.0}
    """
    raise NotImplementedError


def sgd_update(p, gradient, rate):
    """★ p ← p − rate · gradient, array by array, in a new dictionary

    p and gradient, dictionaries with the same names, rate a number -> the new p

    >>> sgd_update({"b": np.array([1.0])}, {"b": np.array([10.0])}, 0.01)
    {'b': array([0.9])}
    """
    raise NotImplementedError


def first_loss():
    """★★★ A fresh model gives ten families nearly equal logits. What is its loss, about? Answer with a number"""
    raise NotImplementedError


def branch_that_gets_nothing():
    """★★★ By mistake dv is all zeros. Which gradients are zero for it?

    a   those of E, W, U and c, and the rows of V that the text feeds
    b   those of E, W, U and c; the rows of V that the text feeds still get theirs
    c   all of them: the chain is broken

    Answer with a letter.
    """
    raise NotImplementedError
