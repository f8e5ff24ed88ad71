"""Keras's helpers for labels and sequences."""

import numpy as np

from mmdl.errors import DataError


def to_categorical(x, num_classes=None):
    """Labels (N,) or (N, 1) -> one-hot rows (N, K); K is the largest label and one, if not given"""
    labels = np.asarray(x, int)
    labels = labels[..., 0] if labels.ndim > 1 and labels.shape[-1] == 1 else labels
    K = labels.max(initial=-1) + 1 if num_classes is None else num_classes
    if labels.size and not 0 <= labels.min() <= labels.max() < K:
        raise DataError(f"labels must lie in 0..{K - 1} but reach from {labels.min()} to {labels.max()}")
    return np.eye(K)[labels]


def pad_sequences(sequences, maxlen=None, dtype="int32", padding="pre", truncating="pre", value=0.0):
    """A list of N sequences -> array (N, T): what is short is filled, what is long is cut, both in front by default"""
    if not {padding, truncating} <= {"pre", "post"}:
        raise DataError(f'padding and truncating must be "pre" or "post", not {padding!r} and {truncating!r}')
    length = max(map(len, sequences), default=0) if maxlen is None else maxlen
    padded = np.full((len(sequences), length), value, dtype)
    for row, sequence in zip(padded, sequences, strict=True):
        kept = sequence[max(0, len(sequence) - length) :] if truncating == "pre" else sequence[:length]
        row[slice(length - len(kept), None) if padding == "pre" else slice(len(kept))] = kept
    return padded
