"""Mistakes that students make in the exercises of lesson 14."""

import numpy as np

FITTING = {
    "token_types_backward__mean_over_the_batch": ("mean", "batch", "1/n"),
    "masked_attention__masked_scores_are_zero": ("mask", "−∞", "zero"),
    "weights_without__shared_out_equally": ("1 − a", "equal", "proportion"),
    "attention_fusion__mean_over_the_padding_too": ("mean", "count", "number of"),
    "token_types__types_by_position": ("types were flipped",),
    "token_types_backward__first_example": ("first example",),
    "masked_attention__minus_a_billion": ("large negative number", "−∞"),
    "masked_attention__no_mask": ("mask",),
    "weights_without__left_as_they_were": ("sum to less than one",),
    "attention_fusion__all_places": ("all places", "padding"),
    "weights_without_backward__constant": ("forgotten",),
    "weights_without_backward__root": ("once", "square"),
}


def token_types_backward__mean_over_the_batch(dy, tokens, types):
    """The vector of a modality gets the mean over the batch; every example used it, so it should get the sum."""
    pieces, dtypes, start = [], np.zeros(types.shape), 0
    for m, x in enumerate(tokens):
        stop = start + x.shape[1]
        pieces.append(dy[:, start:stop])
        dtypes[m] = dy[:, start:stop].sum(axis=1).mean(axis=0)
        start = stop
    return tuple(pieces), dtypes


def masked_attention__masked_scores_are_zero(q, k, v, mask):
    """The masked scores are set to 0, and e⁰ = 1: the masked keys still get their weight."""
    s = np.einsum("ntd,nsd->nts", q, k) / np.sqrt(q.shape[2])
    s = s * mask[:, None]
    e = np.exp(s - s.max(axis=2, keepdims=True))
    a = e / e.sum(axis=2, keepdims=True)
    a = a * mask.any(axis=1)[:, None, None]
    return np.einsum("nts,nsv->ntv", a, v), a


def weights_without__shared_out_equally(weights, s):
    """What key s had is shared out equally; those who had more should get more."""
    keys = weights.shape[2]
    without = weights + weights[:, :, s : s + 1] / max(keys - 1, 1)
    without[:, :, s] = 0
    return without


def attention_fusion__mean_over_the_padding_too(tokens, masks, types, Wq, Wk, Wv):
    """The keys are masked, but the mean at the end runs over the padding's answers as well."""
    x = np.concatenate([part + kind for part, kind in zip(tokens, types, strict=True)], axis=1)
    there = np.concatenate(masks, axis=1)
    q, k, v = x @ Wq, x @ Wk, x @ Wv
    scores = q @ k.swapaxes(1, 2) / np.sqrt(Wq.shape[1])
    scores = np.where(there[:, None, :], scores, -1e300)
    e = np.exp(scores - scores.max(axis=2, keepdims=True)) * there[:, None, :]
    weights = e / np.maximum(e.sum(axis=2, keepdims=True), 1e-300)
    return (weights @ v).mean(axis=1), weights


def token_types__types_by_position(tokens, types):
    """The vectors of the types are added in the opposite order."""
    return np.concatenate([x + t for x, t in zip(tokens, types[::-1], strict=True)], axis=1)


def token_types_backward__first_example(dy, tokens, types):
    """Only example 0 is looked at."""
    start, pieces, rows = 0, [], []
    for x in tokens:
        pieces.append(dy[:, start : start + x.shape[1]])
        rows.append(pieces[-1][0].sum(0))
        start += x.shape[1]
    return tuple(pieces), np.array(rows)


def masked_attention__minus_a_billion(q, k, v, mask):
    """−1e9 for −∞."""
    s = np.where(mask[:, None, :], q @ k.swapaxes(1, 2) / np.sqrt(q.shape[2]), -1e9)
    e = np.exp(s - s.max(axis=2, keepdims=True))
    a = e / e.sum(axis=2, keepdims=True)
    return a @ v, a


def masked_attention__no_mask(q, k, v, mask):
    """The mask is not looked at, in a softmax that is safe otherwise."""
    s = q @ k.swapaxes(1, 2) / np.sqrt(q.shape[2])
    e = np.exp(s - s.max(axis=2, keepdims=True))
    a = e / e.sum(axis=2, keepdims=True)
    return a @ v, a


def weights_without__left_as_they_were(weights, s):
    """0 at s and no more."""
    return weights * (np.arange(weights.shape[2]) != s)


def attention_fusion__all_places(tokens, masks, types, Wq, Wk, Wv):
    """The mean runs over padding, too."""
    x = np.concatenate([part + kind for part, kind in zip(tokens, types, strict=True)], axis=1)
    there = np.concatenate(masks, axis=1)[:, None]
    s = np.where(there, x @ Wq @ (x @ Wk).swapaxes(1, 2) / np.sqrt(Wq.shape[1]), -np.inf)
    top = np.where(there.any(axis=2, keepdims=True), s.max(axis=2, keepdims=True), 0)
    e = np.exp(s - top)
    a = e / np.maximum(e.sum(axis=2, keepdims=True), 1e-300)
    return np.einsum("nts,nsv->nv", a, x @ Wv) / x.shape[1], a


def weights_without_backward__constant(dy, weights, s):
    """1 − w_s is a number like others."""
    back = dy / (1 - weights[..., [s]])
    return back * (np.arange(back.shape[-1]) != s)


def weights_without_backward__root(dy, weights, s):
    """One division too few."""
    left = 1 - weights[:, :, s]
    back = dy / left[:, :, None]
    rest = [j for j in range(weights.shape[2]) if j != s]
    back[:, :, s] = (dy[:, :, rest] * weights[:, :, rest]).sum(axis=2) / left
    return back
