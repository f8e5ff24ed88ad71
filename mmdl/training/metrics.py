"""What there is to know of answers beside accuracy: class by class, and whether probabilities can be trusted."""

from typing import NamedTuple

import numpy as np

from mmdl.shapes import Array, Ids

BINS = 10  # of equal width in probability


class ClassScores(NamedTuple):
    """One number for each class; NaN where it is not defined."""

    precision: Array  # (K,) of those that were called k, the share that is k; NaN if none was
    recall: Array  # (K,) of those that are k, the share that was called k; NaN if none is
    f1: Array  # (K,) 2 · right / (called + are)
    support: Ids  # (K,) how many are k


def class_scores(labels: Ids, predicted: Ids, classes: int) -> ClassScores:
    """precision = right / called,   recall = right / are,   F₁ = 2 right / (called + are),   class by class

    F₁ is the harmonic mean of precision and recall.

    Parameters
    ----------
    labels, predicted : arrays of ints (N,)
    classes : int
        K, how many there are.
    """
    are = np.bincount(labels, minlength=classes)
    called = np.bincount(predicted, minlength=classes)
    right = np.bincount(labels[labels == predicted], minlength=classes)

    def share(part: Array, whole: Array) -> Array:
        return np.divide(part, whole, out=np.full(classes, np.nan), where=whole > 0)

    return ClassScores(share(right, called), share(right, are), share(2 * right, called + are), are)


def calibration_error(p: Array, labels: Ids, bins: int = BINS) -> float:
    """Σ_b (N_b / N) |right share of b − mean confidence of b|, the expected calibration error

    Examples are sorted into bins of equal width by the probability of their most probable class, the confidence. A
    model whose answers at 0.8 are right four times in five has 0.

    Parameters
    ----------
    p : array (N, K)
        Rows of probabilities.
    labels : array of ints (N,)

    Source: Guo et al. 2017, equation (3).
    """
    confidence, right = p.max(axis=1), p.argmax(axis=1) == labels
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(place, weights=right - confidence.astype(float), minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))
