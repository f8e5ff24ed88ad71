"""Right solutions of lesson 15: with the operations of mmdl, with loops and Einstein sums of one's own."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from mmdl.ops.activations import relu, relu_backward
from mmdl.ops.convolution import conv2d, conv2d_backward
from mmdl.ops.embedding import embedding, embedding_backward
from mmdl.ops.pooling import max_pool2d, max_pool2d_backward
from mmdl.ops.rnn import rnn, rnn_backward


def head__concatenate(features, W, b):
    return np.concatenate(features, axis=1) @ W + b


def head__sum_of_products(features, W, b):
    logits, at = np.zeros((len(features[0]), len(b))) + b, 0
    for x in features:
        logits += x @ W[at : at + x.shape[1]]
        at += x.shape[1]
    return logits


def head__loops(features, W, b):
    rows = [[value for x in features for value in x[n]] for n in range(len(features[0]))]
    return np.array([[sum(v * w for v, w in zip(row, column, strict=True)) for column in W.T] for row in rows]) + b


def head_backward__split(dlogits, features, W):
    z = np.concatenate(features, axis=1)
    pieces = np.split(dlogits @ W.T, np.cumsum([x.shape[1] for x in features])[:-1], axis=1)
    return tuple(pieces), z.T @ dlogits, dlogits.sum(axis=0)


def head_backward__each_feature(dlogits, features, W):
    dfeatures, dW, at = [], np.zeros(W.shape), 0
    for x in features:
        mine = slice(at, at + x.shape[1])
        dfeatures.append(dlogits @ W[mine].T)
        dW[mine] = x.T @ dlogits
        at = mine.stop
    return dfeatures, dW, np.ones(len(dlogits)) @ dlogits


def head_backward__einsum(dlogits, features, W):
    ends = np.cumsum([x.shape[1] for x in features])
    dz = np.einsum("nk,dk->nd", dlogits, W)
    dfeatures = tuple(dz[:, end - x.shape[1] : end] for x, end in zip(features, ends, strict=True))
    return dfeatures, np.einsum("nd,nk->dk", np.hstack(features), dlogits), np.einsum("nk->k", dlogits)


def image_branch_backward__ops(du, image, p, r, winner):
    dr = max_pool2d_backward(du.reshape(winner.shape), r, winner)
    _, dw, db = conv2d_backward(relu_backward(dr, r), image, p["w"])
    return dw, db


def _pool_back(dy, r, winner):
    dr = np.zeros(r.shape)
    for n, i, j, k in np.ndindex(*winner.shape):
        row, column = divmod(int(winner[n, i, j, k]), 2)
        dr[n, 2 * i + row, 2 * j + column, k] = dy[n, i, j, k]
    return dr


def image_branch_backward__windows(du, image, p, r, winner):
    da = _pool_back(du.reshape(winner.shape), r, winner) * (r > 0)
    windows = sliding_window_view(image, p["w"].shape[:2], (1, 2))
    return np.einsum("npqdij,npqk->ijdk", windows, da), da.sum(axis=(0, 1, 2))


def image_branch_backward__winners_only(du, image, p, r, winner):
    dw, db = np.zeros(p["w"].shape), np.zeros(p["b"].shape)
    I, J = dw.shape[:2]
    dy = du.reshape(winner.shape)
    for n, i, j, k in np.ndindex(*winner.shape):
        row, column = 2 * i + winner[n, i, j, k] // 2, 2 * j + winner[n, i, j, k] % 2
        if r[n, row, column, k] > 0:
            dw[:, :, :, k] += dy[n, i, j, k] * image[n, row : row + I, column : column + J]
            db[k] += dy[n, i, j, k]
    return dw, db


def text_branch_backward__ops(dv, ids, mask, p, e, h):
    dh = np.zeros(h.shape)
    dh[:, -1] = dv
    de, dW, dU, dc, _ = rnn_backward(dh, e, p["W"], p["U"], h, mask)
    return embedding_backward(de, ids, p["E"]), dW, dU, dc


def text_branch_backward__loop(dv, ids, mask, p, e, h):
    dE, dW, dU, dc = (np.zeros(p[name].shape) for name in ("E", "W", "U", "c"))
    D = dv
    for t in range(ids.shape[1] - 1, -1, -1):
        da = np.where(mask[:, t, None], (1 - h[:, t + 1] ** 2) * D, 0)
        np.add.at(dE, ids[:, t], da @ p["W"].T)
        dW, dU, dc = dW + e[:, t].T @ da, dU + h[:, t].T @ da, dc + da.sum(axis=0)
        D = np.where(mask[:, t, None], da @ p["U"].T, D)
    return dE, dW, dU, dc


def text_branch_backward__each_text(dv, ids, mask, p, e, h):
    dE, dW, dU, dc = (0 * p[name] for name in "EWUc")
    for n in range(len(ids)):
        D = dv[n].copy()
        for t in np.flatnonzero(mask[n])[::-1]:
            da = D * (1 + h[n, t + 1]) * (1 - h[n, t + 1])
            dE[ids[n, t]] += p["W"] @ da
            dW += np.outer(e[n, t], da)
            dU += np.outer(h[n, t], da)
            dc += da
            D = p["U"] @ da
    return dE, dW, dU, dc


def classifier__ops(image, ids, mask, p):
    y, _ = max_pool2d(relu(conv2d(image, p["w"], p["b"])))
    h = rnn(embedding(ids, p["E"]), p["W"], p["U"], p["c"], mask=mask)
    return head__concatenate((y.reshape(len(y), -1), h[:, -1]), p["V"], p["d"])


def _pooled(image, p):
    a = np.einsum("npqdij,ijdk->npqk", sliding_window_view(image, p["w"].shape[:2], (1, 2)), p["w"]) + p["b"]
    N, P, Q, K = a.shape
    a = np.where(a > 0, a, 0)[:, : P // 2 * 2, : Q // 2 * 2]
    return a.reshape(N, P // 2, 2, Q // 2, 2, K).max(axis=(2, 4)).reshape(N, -1)


def classifier__own(image, ids, mask, p):
    h = np.zeros((len(ids), len(p["U"])))
    for t in range(ids.shape[1]):
        h = np.where(mask[:, [t]], np.tanh(p["E"][ids[:, t]] @ p["W"] + h @ p["U"] + p["c"]), h)
    return np.hstack([_pooled(image, p), h]) @ p["V"] + p["d"]


def classifier__each_example(image, ids, mask, p):
    words, logits = p["E"] @ p["W"] + p["c"], []
    for n, u in enumerate(_pooled(image, p)):
        h = np.zeros(len(p["U"]))
        for word in ids[n][mask[n]]:
            h = np.tanh(words[word] + p["U"].T @ h)
        logits.append(p["d"] + u @ p["V"][: len(u)] + h @ p["V"][len(u) :])
    return np.array(logits)


def classifier_backward__ops(dlogits, image, ids, mask, p, trace):
    (du, dv), dV, dd = head_backward__split(dlogits, (trace["u"], trace["v"]), p["V"])
    dw, db = image_branch_backward__ops(du, image, p, trace["r"], trace["winner"])
    dE, dW, dU, dc = text_branch_backward__ops(dv, ids, mask, p, trace["e"], trace["h"])
    return {"w": dw, "b": db, "E": dE, "W": dW, "U": dU, "c": dc, "V": dV, "d": dd}


def classifier_backward__own(dlogits, image, ids, mask, p, trace):
    gradient = {"d": dlogits.sum(axis=0), "V": np.hstack([trace["u"], trace["v"]]).T @ dlogits}
    dz = dlogits @ p["V"].T
    width = trace["u"].shape[1]
    text = text_branch_backward__loop(dz[:, width:], ids, mask, p, trace["e"], trace["h"])
    picture = image_branch_backward__windows(dz[:, :width], image, p, trace["r"], trace["winner"])
    return gradient | dict(zip("EWUc", text, strict=True)) | dict(zip("wb", picture, strict=True))


def classifier_backward__each_example(dlogits, image, ids, mask, p, trace):
    total = {name: np.zeros(value.shape) for name, value in p.items()}
    for n in range(len(ids)):
        one = slice(n, n + 1)
        mine = {name: value[one] for name, value in trace.items()}
        (du, dv), dV, dd = head_backward__each_feature(dlogits[one], (mine["u"], mine["v"]), p["V"])
        dw, db = image_branch_backward__winners_only(du, image[one], p, mine["r"], mine["winner"])
        parts = text_branch_backward__each_text(dv, ids[one], mask[one], p, mine["e"], mine["h"])
        for name, part in zip("wbVdEWUc", (dw, db, dV, dd, *parts), strict=True):
            total[name] += part
    return total


def sgd_update__dictionary(p, gradient, rate):
    return {name: p[name] - rate * gradient[name] for name in p}


def sgd_update__copies(p, gradient, rate):
    new = {name: value.copy() for name, value in p.items()}
    for name in gradient:
        new[name] -= rate * gradient[name]
    return new


def sgd_update__one_by_one(p, gradient, rate):
    new = {}
    for name in sorted(p):
        flat = [a - rate * b for a, b in zip(p[name].ravel(), gradient[name].ravel(), strict=True)]
        new[name] = np.array(flat).reshape(p[name].shape)
    return new
