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
from tests.edited_models import Edits, answer, question, small_dataset, small_models


@pytest.fixture(scope="session")
def strangers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("strangers")
    dataset = small_dataset(folder)

    def asked(choose):
        return question(str(folder / "0.png"), str(folder / "0.wav"), dataset, choose)

    return asked, Edits(small_models(dataset))


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_edited_models_are_refused_or_answer(strangers, data):
    asked, edits = strangers

    def choose(count):
        return data.draw(st.integers(0, count - 1))

    try:
        answer(*edits(choose), asked(choose))
    except (DataError, ShapeError) as refusal:
        assert str(refusal).isprintable() and len(str(refusal)) < 500


def test_as_they_are_they_answer(strangers):
    asked, edits = strangers
    for number in range(len(edits.texts)):
        answer(*edits.unchanged(number), asked(lambda count: count - 1))


@pytest.mark.parametrize("field", ["modality", "positions"])
def test_vectors_for_matrices_are_refused(tmp_path, field):
    """One word or four might be answered by chance, and three end in a traceback."""
    rng = np.random.default_rng(0)
    fusion = AttentionFusion.init(rng, (4, 4), 4, (4, 4), heads=1)
    wrong = replace(fusion, **{field: tree.map(lambda array: array[0], getattr(fusion, field))})
    with pytest.raises(FormatError, match=f"cannot be the field {field} of AttentionFusion"):
        save(tmp_path / "fusion.npz", wrong)


def _edited(described, name, value):
    """The same description with another value wherever a field has this name."""
    if isinstance(described, list):
        return [_edited(each, name, value) for each in described]
    if isinstance(described, dict):
        return {key: value if key == name else _edited(each, name, value) for key, each in described.items()}
    return described


@pytest.mark.parametrize(("name", "value"), [("deviation", [0] * 40), ("mean", [1e38] * 40), ("unit", "x" * 600)])
def test_numbers_that_no_input_has_and_long_words_are_refused(strangers, name, value):
    """Zero divided, 1e38 left float32, and a sentence quoted all of a word."""
    asked, edits = strangers
    for number in range(len(edits.texts)):
        manifest, arrays = edits.unchanged(number)
        other = _edited(manifest, name, value)
        if other != manifest:
            with pytest.raises((FormatError, DataError)) as refusal:
                answer(other, arrays, asked(lambda count: count - 1))
            assert len(str(refusal.value)) < 500


@pytest.mark.filterwarnings("error")
def test_weights_that_are_too_large_have_no_answer(strangers):
    """They were finite and answered NaN, or nothing, or warned: a regressor, a writer, a transcriber, and a search."""
    asked, edits = strangers
    for number in range(len(edits.texts)):
        manifest, arrays = edits.unchanged(number)
        with pytest.raises((FormatError, DataError), match=r"no answer|do not fit"):
            answer(manifest, {name: array * 1e38 for name, array in arrays.items()}, asked(lambda count: count - 1))


def test_a_number_without_a_name_is_a_number(strangers):
    asked, edits = strangers
    for number in range(len(edits.texts)):
        manifest, arrays = edits.unchanged(number)
        if manifest["model"]["kind"] == "MultimodalRegressor":
            answer(_edited(manifest, "names", []), arrays, asked(lambda count: count - 1))


def test_a_search_among_things_prepared_for_another_model_is_refused(strangers):
    """Their words had numbers that this model has no words for."""
    asked, edits = strangers
    [number] = [n for n, (text, _) in enumerate(edits.texts) if "ContrastiveModel" in text]
    manifest, arrays = edits.unchanged(number)
    with pytest.raises(DataError, match="not prepared as the model's were"):
        answer(_edited(manifest, "words", ["PLUM"] * 5), arrays, asked(lambda count: count - 1))
