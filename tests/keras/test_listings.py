"""The article's three programs run, in the lesson that is made of them."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from mmdl import data, keras
from tests.close import close
from tests.keras.listings import LESSON, PROGRAMS, WORDS, model_of, whole_lesson


@pytest.fixture(scope="module")
def ran():
    """What the names stand for after the lesson, on every tenth of its examples."""
    glyphs = data.load("glyphs", fonts=("DejaVuSans",))
    small = replace(glyphs, **{part: getattr(glyphs, part).select(slice(0, None, 10)) for part in ("train", "test")})
    names = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "load", lambda *_, **__: small)
        exec(whole_lesson(), names)
    return names


def test_all_programs_are_there():
    assert len(PROGRAMS) == 5  # the third in two pieces, and what makes classes of its predictions
    whole = "".join(PROGRAMS)
    assert whole.count("Sequential()") == 2 and whole.count("model.fit(") == 3
    assert "outputs=model1.output * model2.output" in whole


def test_what_they_predict(ran):
    count = len(ran["y_test"])
    for model, x in (("model1", ran["x_test1"]), ("model2", ran["x_test2"])):
        p = ran[model].predict(x, verbose=0)
        assert p.shape == (count, 10) and close(p.sum(axis=1), 1, atol=1e-5)
    assert ran["preds"].shape == (count,)


def test_they_learn(ran):
    assert min(ran["image_alone"], ran["product"], ran["side_by_side"]) > 0.2  # of ten classes


def test_the_product_trains_both(ran):
    shared = [id(array) for array in ran["model"].weights]
    assert sorted(shared) == sorted(id(array) for name in ("model1", "model2") for array in ran[name].weights)


def test_shapes_are_known_before_any_data():
    model = model_of(WORDS, keras, vocab_size=30, embedding_dim=20, max_length=8)
    assert model.input.shape == (None, 8) and model.output.shape == (None, 10)


@pytest.mark.slow
def test_the_whole_lesson(tmp_path):
    """With all examples, and what it asserts."""
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    subprocess.run([sys.executable, LESSON], cwd=tmp_path, env=environment, check=True, timeout=300)
