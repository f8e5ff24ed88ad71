"""Keras's helpers for labels and sequences."""

import numpy as np

from mmdl.errors import DataError


def to_categorical(x, num_classes=None):
    """Labels (N,) or (N, 1) -> one-hot rows (N, K); K is the largest label and one, if not given"""
    labels = np.asarray(x, int)
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    if labels.size and labels.min() < 0:
        raise DataError(f"to_categorical: labels count from 0, but one is {labels.min()}")
    classes = int(labels.max()) + 1 if num_classes is None else num_classes
    if labels.size and labels.max() >= classes:
        raise DataError(f"to_categorical: the label {labels.max()} is none of {classes} classes")
    return np.eye(classes)[labels]


def pad_sequences(sequences, maxlen=None, dtype="int32", padding="pre", truncating="pre", value=0.0):
    """A list of N sequences -> array (N, T): what is short is filled, what is long is cut, both in front by default"""
    for name, side in (("padding", padding), ("truncating", truncating)):
        if side not in ("pre", "post"):
            raise DataError(f'pad_sequences: {name} must be "pre" or "post", not {side!r}')
    length = max(map(len, sequences), default=0) if maxlen is None else maxlen
    padded = np.full((len(sequences), length), value, dtype)
    for row, sequence in zip(padded, sequences, strict=True):
        kept = sequence[max(0, len(sequence) - length) :] if truncating == "pre" else sequence[:length]
        row[slice(length - len(kept), None) if padding == "pre" else slice(len(kept))] = kept
    return padded
