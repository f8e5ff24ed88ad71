"""Labels and sequences as Keras prepares them."""

import numpy as np
import pytest

from mmdl.errors import DataError
from mmdl.keras.utils import pad_sequences, to_categorical


def test_to_categorical():
    assert np.array_equal(to_categorical([2, 0]), [[0, 0, 1], [1, 0, 0]])
    assert to_categorical([[1], [0]], num_classes=4).shape == (2, 4)
    assert to_categorical([], num_classes=3).shape == (0, 3)
    with pytest.raises(DataError, match=r"0\.\.0 but reach from -1 to 0"):
        to_categorical([0, -1])
    with pytest.raises(DataError, match=r"0\.\.1 but reach from 0 to 2"):
        to_categorical([0, 2], num_classes=2)


def test_pad_sequences():
    rows = [[1], [2, 3, 4], []]
    assert np.array_equal(pad_sequences(rows), [[0, 0, 1], [2, 3, 4], [0, 0, 0]])
    assert np.array_equal(pad_sequences(rows, maxlen=2), [[0, 1], [3, 4], [0, 0]])
    after = pad_sequences(rows, 2, padding="post", truncating="post", value=9)
    assert np.array_equal(after, [[1, 9], [2, 3], [9, 9]])
    assert after.dtype == np.int32 and pad_sequences([[0.5]], dtype="float32").dtype == np.float32
    assert pad_sequences([]).shape == (0, 0)
    with pytest.raises(DataError, match="padding"):
        pad_sequences(rows, padding="front")
