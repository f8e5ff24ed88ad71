"""How far what was written is from what should have been: edits, error rate, exact match."""

from collections.abc import Sequence
from typing import Any

import numpy as np


def edit_distance(a: Sequence[Any], b: Sequence[Any]) -> int:
    """D[i, j] = min(D[i−1, j] + 1,  D[i, j−1] + 1,  D[i−1, j−1] + [aᵢ ≠ bⱼ]):  insertions, deletions, substitutions

    Source: Levenshtein 1966; Wagner, Fischer 1974.

    Examples
    --------
    >>> edit_distance("kitten", "sitting")
    3
    """
    row = list(range(len(b) + 1))
    for i, each in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (each != other))
    return row[-1]


def error_rate(written: Sequence[Sequence[Any]], truth: Sequence[Sequence[Any]]) -> float:
    """Σ edits / Σ length of the truth: characters of strings, labels of lists of ids. It may exceed one."""
    edits = sum(edit_distance(a, b) for a, b in zip(written, truth, strict=True))
    return edits / max(1, sum(map(len, truth)))


def exact_match(written: Sequence[Any], truth: Sequence[Any]) -> float:
    """The share of answers that are right to the letter."""
    return float(np.mean([a == b for a, b in zip(written, truth, strict=True)]))
