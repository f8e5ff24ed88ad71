"""A model that loads answers, or says that it has no answer: never NaN, and never nothing."""

import numpy as np
import pytest

from mmdl.errors import DataError
from mmdl.models.answers import answered


def test_numbers_pass_and_nothing_else_does():
    assert answered(lambda: [0.5, 2]).tolist() == [0.5, 2]
    for wrong in ([1, np.nan], [-np.inf], []):
        with pytest.raises(DataError, match="has no answer"):
            answered(lambda wrong=wrong: wrong)
