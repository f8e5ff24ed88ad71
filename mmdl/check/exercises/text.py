"""Lesson 09: words and texts as arrays."""

import numpy as np

from mmdl.check.exercise import Exercise, backward, forward


def pad_sequences(sequences):
    """ids (N, T) and mask (N, T), T being the length of the longest sequence"""
    T = max(map(len, sequences), default=0)
    ids, mask = np.zeros((len(sequences), T), int), np.zeros((len(sequences), T), bool)
    for n, sequence in enumerate(sequences):
        ids[n, : len(sequence)] = sequence
        mask[n, : len(sequence)] = True
    return ids, mask


def sentences(draws):
    """Lists of word ids, some of them empty perhaps."""
    lengths = [draws.of(1, 2, 3, 0, 5) for _ in range(draws.size("N"))]
    return {"sequences": [draws.rng.integers(1, 30, length).tolist() for length in lengths]}


EXERCISES = (
    Exercise(
        pad_sequences,
        sentences,
        ("ids", "mask"),
        (
            "T is the largest length: max(len(s) for s in sequences).",
            "Start from zeros: np.zeros((N, T), int) and np.zeros((N, T), bool). Then write each text into its row.",
            "ids[n, : len(s)] = s, and mask[n, : len(s)] = True.",
        ),
        axes={"ids": "N T", "mask": "N T"},
    ),
    forward(
        "embedding",
        "For each place n, t take row ids[n, t] of the table.",
        "NumPy takes all rows at once when the index is an array: E[ids].",
    ),
    backward(
        "embedding",
        "Each place sends its dy to the row of its word. A word that stands at three places gets three of them.",
        "dE[ids] += dy looks right, but NumPy adds only once for every row, however often it is named.",
        "A loop over all places with += is right; np.add.at(dE, ids, dy) does the same.",
    ),
    forward(
        "masked_mean",
        "Add up the tokens that are there, and divide by how many there are: not by T.",
        "mask[:, :, None] * x is zero where there is no token. The count is mask.sum(axis=1, keepdims=True).",
        "A text without tokens would be 0 / 0: divide by np.maximum(count, 1).",
    ),
    backward(
        "masked_mean",
        "Each token that is there moved the mean by 1 / count; the others moved nothing.",
        "dx[n, t] = mask[n, t] dy[n] / count[n], the count being at least 1.",
    ),
)
