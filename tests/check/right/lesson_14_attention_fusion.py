"""Right solutions of lesson 14: masks as −∞, as factors of e^s, and by leaving keys out."""

import math

import numpy as np


def token_types__concatenate(tokens, types):
    return np.concatenate([x + vector for x, vector in zip(tokens, types, strict=True)], axis=1)


def token_types__repeat(tokens, types):
    return np.concatenate(tokens, axis=1) + np.repeat(types, [x.shape[1] for x in tokens], axis=0)


def token_types__filled(tokens, types):
    x, at = np.zeros((len(tokens[0]), sum(t.shape[1] for t in tokens), types.shape[1])), 0
    for m, some in enumerate(tokens):
        for t in range(some.shape[1]):
            x[:, at] = some[:, t] + types[m]
            at += 1
    return x


def token_types_backward__split(dy, tokens, types):
    pieces = np.split(dy, np.cumsum([x.shape[1] for x in tokens])[:-1], axis=1)
    return tuple(pieces), np.array([piece.sum(axis=(0, 1)) for piece in pieces])


def token_types_backward__one_hot(dy, tokens, types):
    lengths = [x.shape[1] for x in tokens]
    ends = [sum(lengths[: m + 1]) for m in range(len(lengths))]
    whose = np.repeat(np.eye(len(types)), lengths, axis=0)
    pieces = tuple(dy[:, end - length : end] for length, end in zip(lengths, ends, strict=True))
    return pieces, np.einsum("tm,ntd->md", whose, dy)


def token_types_backward__loops(dy, tokens, types):
    dtokens, dtypes, at = [np.zeros(x.shape) for x in tokens], np.zeros(types.shape), 0
    for m, dx in enumerate(dtokens):
        for t in range(dx.shape[1]):
            dx[:, t] = dy[:, at]
            for n in range(len(dy)):
                dtypes[m] += dy[n, at]
            at += 1
    return dtokens, dtypes


def masked_attention__minus_infinity(q, k, v, mask):
    s = np.where(mask[:, None, :], q @ k.mT / np.sqrt(q.shape[-1]), -np.inf)
    top = s.max(axis=-1, keepdims=True)
    e = np.exp(s - np.where(np.isfinite(top), top, 0))
    total = e.sum(axis=-1, keepdims=True)
    a = e / np.where(total > 0, total, 1)
    return a @ v, a


def masked_attention__keys_left_out(q, k, v, mask):
    N, T, D = q.shape
    y, a = np.zeros((N, T, v.shape[2])), np.zeros((N, T, k.shape[1]))
    for n in range(N):
        seen = np.flatnonzero(mask[n])
        if len(seen):
            s = q[n] @ k[n, seen].T / math.sqrt(D)
            a[n][:, seen] = np.exp(s - np.logaddexp.reduce(s, axis=1)[:, None])
            y[n] = a[n][:, seen] @ v[n, seen]
    return y, a


def masked_attention__factors(q, k, v, mask):
    s = np.einsum("ntd,nsd->nts", q * q.shape[-1] ** -0.5, k)
    seen = np.broadcast_to(mask[:, None, :], s.shape)
    top = s.max(axis=-1, keepdims=True, where=seen, initial=-1e300)
    e = np.exp(np.minimum(s - top, 0)) * seen
    a = e / np.maximum(e.sum(axis=-1, keepdims=True), 1e-300)
    return np.einsum("nts,nsv->ntv", a, v), a


def masked_attention__whole_row_by_itself(q, k, v, mask):
    scores = q @ k.transpose(0, 2, 1) / np.sqrt(k.shape[-1])
    scores[np.broadcast_to(~mask[:, None], scores.shape)] = -np.inf
    scores[~mask.any(axis=1)] = 0
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    a = e / e.sum(axis=-1, keepdims=True) * mask[:, None]
    return a @ v, a


def weights_without__formula(weights, s):
    rest = weights / (1 - weights[:, :, [s]])
    rest[:, :, s] = 0
    return rest


def weights_without__renormalised(weights, s):
    left = np.where(np.arange(weights.shape[2]) == s, 0, weights)
    return left / left.sum(axis=2, keepdims=True)


def weights_without__loops(weights, s):
    rest = np.zeros(weights.shape)
    for n, t, key in np.ndindex(*weights.shape):
        if key != s:
            rest[n, t, key] = weights[n, t, key] / sum(np.delete(weights[n, t], s))
    return rest


def attention_fusion__formula(tokens, masks, types, Wq, Wk, Wv):
    x, mask = token_types__concatenate(tokens, types), np.concatenate(masks, axis=1)
    y, a = masked_attention__minus_infinity(x @ Wq, x @ Wk, x @ Wv, mask)
    return (y * mask[:, :, None]).sum(axis=1) / np.maximum(mask.sum(axis=1), 1)[:, None], a


def attention_fusion__each_example(tokens, masks, types, Wq, Wk, Wv):
    x, mask = token_types__filled(tokens, types), np.hstack(masks)
    y, a = masked_attention__keys_left_out(x @ Wq, x @ Wk, x @ Wv, mask)
    return np.array([y[n, mask[n]].mean(axis=0) if mask[n].any() else 0 * y[n, 0] for n in range(len(y))]), a


def attention_fusion__mean_of_weights_first(tokens, masks, types, Wq, Wk, Wv):
    x, mask = token_types__repeat(tokens, types), np.concatenate(masks, axis=1)
    _, a = masked_attention__factors(x @ (Wq @ Wk.T), x * np.sqrt(x.shape[2] / Wq.shape[1]), x, mask)
    share = mask / np.maximum(mask.sum(axis=1, keepdims=True), 1)
    return np.einsum("nt,nts,nsd->nd", share, a, x) @ Wv, a


def weights_without_backward__one_by_one(dy, weights, s):
    dw = np.zeros(weights.shape)
    for n, t, j in np.ndindex(weights.shape):
        left = 1 - weights[n, t, s]
        if j != s:
            dw[n, t, j] += dy[n, t, j] / left
            dw[n, t, s] += dy[n, t, j] * weights[n, t, j] / left / left
    return dw


def weights_without_backward__masked(dy, weights, s):
    others = np.arange(weights.shape[2]) != s
    left = 1 - weights[..., s]
    back = dy * others / left[..., None]
    back[..., s] = np.einsum("nts,nts->nt", back, weights) / left
    return back


def weights_without_backward__from_the_result(dy, weights, s):
    scale = 1 / (1 - weights[:, :, s])
    y = weights * scale[:, :, None]
    y[:, :, s] = 0
    dw = dy * scale[:, :, None]
    dw[:, :, s] = scale * (dy * y).sum(axis=2)
    return dw
