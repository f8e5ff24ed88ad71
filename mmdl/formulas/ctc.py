"""Connectionist temporal classification: all ways to say a word in so many frames, one after the other."""

import itertools
import math

from mmdl.formulas.softmax import log_softmax
from mmdl.shapes import Array, Ids, Mask


def ctc_loss(
    logits: Array, labels: Ids, mask: Mask | None = None, label_mask: Mask | None = None, blank: int = 0
) -> float:
    """(66)  L = −Σ_n log Σ_π Π_t p_nt(π_t) / N  over all paths π that collapse to the labels,  p_nt = softmax(s_nt)

    logits s (N, T, K), labels (N, S), mask (N, T), label_mask (N, S) -> L.  There are Kᵀ paths; each is tried.
    Source: Graves, Fernández, Gomez, Schmidhuber, Connectionist temporal classification, 2006, equations 2 and 3.
    """
    total = 0.0
    for n in range(len(logits)):
        frames = [log_softmax(s) for t, s in enumerate(logits[n]) if mask is None or mask[n, t]]
        word = [label for s, label in enumerate(labels[n]) if label_mask is None or label_mask[n, s]]
        paths = itertools.product(range(logits.shape[-1]), repeat=len(frames))
        p = sum(
            math.exp(sum(log_p[k] for log_p, k in zip(frames, path, strict=True)))
            for path in paths
            if collapse(path, blank) == word
        )
        total -= math.log(p)
    return total / len(logits)


def collapse(path: tuple[int, ...], blank: int) -> list[int]:
    """What a path says: repeats are one, and then blanks are nothing"""
    return [k for k, _ in itertools.groupby(path) if k != blank]
