"""A quoted line is the line that is shown and evaluated, or quoting it raises."""

import numpy as np
import pytest

from mmdl.explain.line import Line
from mmdl.ops.attention import attention
from mmdl.ops.dense import affine
from tests.close import close


def test_it_is_evaluated_as_it_stands():
    rng = np.random.default_rng(0)
    q, k = rng.standard_normal((2, 3, 4, 5))
    scores = Line(attention, "(q / math.sqrt(q.shape[-1])) @ k.mT").value(q=q, k=k)
    assert close(scores, q @ k.mT / np.sqrt(5))


@pytest.mark.parametrize(
    ("words", "count"),
    [("np.exp(", 0), ("y = x W + b", 0), ("@shapes", 0), ("W.shape", 2)],
    ids=["absent", "in the docstring only", "decorator", "twice"],
)
def test_what_is_not_one_line_raises(words, count):
    with pytest.raises(LookupError, match=f"affine: {count} lines contain"):
        Line(affine, words)


def test_a_whole_function():
    assert Line(affine, "").number < Line(affine, "return y").number
