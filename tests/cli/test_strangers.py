"""Model files of strangers, every checksum right: refused, or asked and answered, and never a traceback or NaN."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmdl import tree
from mmdl.errors import DataError, FormatError, ShapeError
from mmdl.fusion import AttentionFusion
from mmdl.training import save
from tests.edited_models import Edits, answer, question, small_models


@pytest.fixture(scope="session")
def strangers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("strangers")
    return folder, Edits(small_models(folder))


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_edited_models_are_refused_or_answer(strangers, data):
    folder, edits = strangers

    def choose(count):
        return data.draw(st.integers(0, count - 1))

    asked = question(str(folder / "0.png"), str(folder / "0.wav"), choose)
    try:
        answer(*edits(choose), asked)
    except (DataError, ShapeError) as refusal:
        assert str(refusal).isprintable() and len(str(refusal)) < 500


def test_as_they_are_they_answer(strangers):
    folder, edits = strangers
    for number in range(len(edits.texts)):
        answer(
            *edits.unchanged(number), question(str(folder / "0.png"), str(folder / "0.wav"), lambda count: count - 1)
        )


@pytest.mark.parametrize("field", ["modality", "positions"])
def test_vectors_for_matrices_are_refused(tmp_path, field):
    """One word or four might be answered by chance, and three end in a traceback."""
    rng = np.random.default_rng(0)
    fusion = AttentionFusion.init(rng, (4, 4), 4, (4, 4), heads=1)
    wrong = replace(fusion, **{field: tree.map(lambda array: array[0], getattr(fusion, field))})
    with pytest.raises(FormatError, match=f"cannot be the field {field} of AttentionFusion"):
        save(tmp_path / "fusion.npz", wrong)
