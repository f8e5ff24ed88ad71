"""Connectionist temporal classification: what was said is known, but not when."""

from typing import Annotated, NamedTuple

import numpy as np

from mmdl.errors import DataError, ShapeError
from mmdl.ops._mask import log_sum_exp, only, row_peak
from mmdl.ops.softmax import log_softmax, softmax
from mmdl.shapes import Array, Ids, Mask, shapes


class CTCLoss(NamedTuple):
    """The mean loss, its gradient, and where in the extended label every frame is likely to be."""

    value: np.floating
    gradient: Array  # (N, T, K)
    gamma: Array  # (N, T, 2S + 1); each frame sums to one


@shapes
def ctc_loss(
    logits: Annotated[Array, "N T K>0"],
    labels: Annotated[Ids, "N S"],
    mask: Annotated[Mask, "N T"] | None = None,
    label_mask: Annotated[Mask, "N S"] | None = None,
    blank: int = 0,
) -> CTCLoss:
    """loss = −mean of log Σ p(path), over all paths that say the labels;   dlogits = (softmax(logits) − Σ γ(s)) / N

    with the sum for class k over all s with l_s = k. A path names a class for every frame; repeats are one, and then
    blanks are nothing. With the extended label l = (blank, l₁, blank, l₂, …, blank), α_t(s) is the log probability of
    all ways into s that include frame t, β_t(s) that of all ways on from s, without it:

    α_t(s) = log p_t(l_s) + log (e^α_{t−1}(s) + e^α_{t−1}(s − 1) + e^α_{t−1}(s − 2)),  the last if l_s ≠ l_{s−2}
    γ_t(s) = e^(α_t(s) + β_t(s) − log p), which sums to one over the states

    Parameters
    ----------
    labels : 0 to K − 1, none of them the blank
    mask
        True where there is a frame.
    label_mask
        True where there is a label. An example may have none.
    blank
        The class that says nothing.

    Returns
    -------
    CTCLoss : value, the mean over examples; gradient (N, T, K); gamma (N, T, 2S + 1), zero where there is no frame

    Raises
    ------
    DataError
        If an example has fewer frames than labels and repeats, so that no path says it; if a label is no class.
    ShapeError
        If there is no example.

    Source: Graves, Fernández, Gomez, Schmidhuber 2006, equations 5 to 15, in logarithms.
    """
    N, T, K = logits.shape
    seen = np.ones((N, T), bool) if mask is None else mask
    labels, lengths = _said(labels, label_mask, blank, K)
    _check(N, seen, labels, lengths)
    log_p = log_softmax(only(logits, mask))
    there, back = _extended(labels, lengths, blank), _extended(_reversed(labels, lengths), lengths, blank)
    before, after, taken = _ways(log_p, np.stack([there, back]), np.stack([seen, seen[:, ::-1]]), blank)
    ends = [np.take_along_axis(after[-1, 0], 2 * lengths[:, None] + s, axis=1)[:, 0] for s in (1, 2)]
    total = log_sum_exp(ends) + taken
    alpha = after[1:, 0, :, 2:].swapaxes(0, 1)
    mirror = 2 * lengths[:, None] - np.arange(there.shape[1])  # the way back counts the states from their end
    beta = np.take_along_axis(before[::-1, 1].swapaxes(0, 1), np.maximum(mirror, 0)[:, None], axis=2)
    gamma = softmax(np.where((mirror >= 0)[:, None] & seen[:, :, None], alpha + beta, -np.inf))
    target = gamma @ (there[:, :, None] == np.arange(K)).astype(gamma.dtype)
    return CTCLoss(-total.sum() / N, np.where(seen[..., None], np.exp(log_p) - target, 0) / N, gamma)


def _said(labels: Ids, label_mask: Mask | None, blank: int, classes: int) -> tuple[Ids, Ids]:
    """The labels that are there, moved to the front, blanks behind them, and how many there are (N,)"""
    if label_mask is None:
        label_mask = np.ones(labels.shape, bool)
    order = np.argsort(~label_mask, axis=1, kind="stable")
    said, there = (
        np.take_along_axis(labels.astype(np.int64), order, axis=1),
        np.take_along_axis(label_mask, order, axis=1),
    )
    wrong = said[there & ((said < 0) | (said >= classes) | (said == blank))]
    if wrong.size:
        raise DataError(
            f"ctc_loss: labels must lie in 0..{classes - 1} and not be the blank {blank}, but one is {wrong[0]}"
        )
    return np.where(there, said, blank), there.sum(axis=1)


def _check(N: int, seen: Mask, labels: Ids, lengths: Ids) -> None:
    if N == 0:
        raise ShapeError("ctc_loss: a loss over no examples has no value")
    within = np.arange(labels.shape[1])[1:] < lengths[:, None]
    repeats = ((labels[:, 1:] == labels[:, :-1]) & within).sum(axis=1)
    frames = seen.sum(axis=1)
    short = np.flatnonzero(frames < lengths + repeats)
    if short.size:
        n = short[0]
        raise DataError(
            f"ctc_loss: example {n} has {frames[n]} frames, too few for {lengths[n]} labels"
            + f" with a blank in each of {repeats[n]} repeats" * bool(repeats[n])
        )


def _extended(labels: Ids, lengths: Ids, blank: int) -> Ids:
    """blank, l₁, blank, l₂, …, blank.  (N, S) -> (N, 2S + 1)"""
    extended = np.full((len(labels), 2 * labels.shape[1] + 1), blank)
    extended[:, 1::2] = labels
    return extended


def _reversed(labels: Ids, lengths: Ids) -> Ids:
    """Each label read from its last sign to its first; what stands behind stays behind"""
    places = np.arange(labels.shape[1])
    return np.take_along_axis(
        labels, np.where(places < lengths[:, None], lengths[:, None] - 1 - places, places), axis=1
    )


def _ways(log_p: Array, states: Ids, seen: Mask, blank: int) -> tuple[Array, Array, Array]:
    """Log probabilities of all ways to a state, there and, in the same steps, back from the end

    log_p (N, T, K), states (2, N, L), seen (2, N, T) -> before (T, 2, N, L), without the frame that was reached, and
    after (T + 1, 2, N, L + 2), with it. In front of the states stand two more, from which the first step is taken.
    At every step the largest is taken away, so that long sequences do not eat the digits; `taken` (N,) is their sum
    on the way there.
    """
    directions, N, L = states.shape
    T = log_p.shape[1]
    both = np.stack([log_p, log_p[:, ::-1]])
    emitted = np.take_along_axis(both, states[:, :, None], axis=3).transpose(2, 0, 1, 3)
    skips = np.ones(states.shape, bool)
    skips[..., 2:] = states[..., 2:] != states[..., :-2]
    skips[..., 0::2] = False  # a blank is never reached from the blank before
    barred = np.where(skips, 0, -np.inf).astype(log_p.real.dtype)
    after = np.full((T + 1, directions, N, L + 2), -np.inf, log_p.dtype)
    after[0, :, :, 1] = 0
    before = np.full((T, directions, N, L), -np.inf, log_p.dtype)
    taken = np.zeros(N)
    some = None if seen.all() else seen.transpose(2, 0, 1)[..., None]
    for t in range(T):
        last = after[t]
        before[t] = log_sum_exp((last[..., 2:], last[..., 1:-1], last[..., :-2] + barred))
        after[t + 1, :, :, 2:] = before[t] + emitted[t]
        if some is not None:
            after[t + 1] = np.where(some[t], after[t + 1], last)
        largest = row_peak(after[t + 1])
        after[t + 1] -= largest
        taken += largest[0, :, 0]
    return before, after, taken.astype(log_p.real.dtype)
