"""Two towers: their gradient, what does not count, and any two modalities."""

from dataclasses import replace

import numpy as np
import pytest

from mmdl import tree
from mmdl.data import Dataset, Examples, ImagePreprocessor, Standardizer, Tokenizer, batches
from mmdl.data.preprocessors.text import UNKNOWN
from mmdl.errors import DataError
from mmdl.layers import LSTM, Dropout, training_mode
from mmdl.models import ContrastiveModel, contrastive_model
from mmdl.models.contrastive import tower
from mmdl.ops.contrastive import contrastive_loss
from mmdl.training import load, save
from mmdl.verify.oracle import complex_step_gradient
from tests.close import close
from tests.layer_checks import floats, paths, with_floats

TEXTS = ["SMALL A", "CAPITAL B WITH HOOK", "ARROW", "LARGE ARROW", "SMALL C"]
RNG = np.random.default_rng(0)


def dataset(*modalities, count=5):
    tokenizer = Tokenizer.fit(TEXTS)
    inputs = {
        "image": RNG.integers(0, 256, (count, 12, 12, 1)).astype(np.uint8),
        "text": tokenizer.encode(TEXTS[:count]),
        "numbers": RNG.standard_normal((count, 3)).astype(np.float32),
    }
    preprocessors = {
        "image": ImagePreprocessor(12, 12, 8),
        "text": tokenizer,
        "numbers": Standardizer((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    }
    examples = Examples({name: inputs[name] for name in modalities}, np.arange(count))
    chosen = {name: preprocessors[name] for name in modalities}
    return Dataset("tiny", ("one", "two"), examples, examples, examples, chosen)


def model_and_batch(*modalities):
    data = dataset(*modalities)
    model = contrastive_model(np.random.default_rng(1), data, width=8, dtype=np.float64)
    batch = next(batches(data.train, 5))
    inputs = {name: x.astype(np.float64) if isinstance(x, np.ndarray) else x for name, x in batch.inputs.items()}
    return model, replace(batch, inputs=inputs)


@pytest.mark.parametrize("modalities", [("image", "text"), ("text", "image"), ("numbers", "text")])
class TestAnyTwo:
    def test_gradient_is_what_complex_steps_find(self, modalities):
        model, batch = model_and_batch(*modalities)
        s, trace = model.forward(batch)
        ds = contrastive_loss(s).gradient
        dx, gradient = model.backward(ds, trace)

        def forward(arrays):
            return contrastive_loss(with_floats(model, arrays)(batch)).value

        expected = complex_step_gradient(forward, [floats(model)], 0, np.array(1.0))
        for path, mine, theirs in zip(paths(gradient), floats(gradient), expected, strict=True):
            assert close(mine, theirs, rtol=0, atol=1e-13), path
        assert tree.equal(model.gradient(ds, trace), gradient)
        assert dx.keys() == set(modalities) and dx["text"] is None

    def test_rows_are_the_first_modality_and_columns_the_second(self, modalities):
        model, batch = model_and_batch(*modalities)
        first, second = modalities
        a, b = model.units(first, batch[first]), model.units(second, batch[second])
        assert close(np.linalg.norm(a, axis=1), 1) and close(np.linalg.norm(b, axis=1), 1)
        assert close(model(batch), a @ b.T / 0.07, rtol=1e-6)


def test_exchanging_the_towers_changes_nothing():
    model, batch = model_and_batch("image", "text")
    exchanged = replace(model, towers=dict(reversed(model.towers.items())))
    for one, other in (model, exchanged), (exchanged, model):
        s, trace = one.forward(batch)
        t, mirrored = other.forward(batch)
        assert close(t, s.T, rtol=0, atol=1e-12)
        assert contrastive_loss(t).value == pytest.approx(contrastive_loss(s).value)
        mine = one.gradient(contrastive_loss(s).gradient, trace)
        theirs = other.gradient(contrastive_loss(t).gradient, mirrored)
        for name in model.towers:
            for a, b in zip(floats(mine.towers[name]), floats(theirs.towers[name]), strict=True):
                assert close(a, b, rtol=0, atol=1e-13)


def test_embed_takes_what_a_person_has():
    model, batch = model_and_batch("image", "text")
    assert close(model.embed(text=TEXTS), model.units("text", batch["text"]))
    assert model.embed(text="ARROW").shape == (1, 8)
    assert close(model.embed(text="large arrow"), model.embed(text="ARROW LARGE"))
    picture = np.zeros((12, 12), np.uint8)
    picture[2:5, 3] = 255
    assert close(np.linalg.norm(model.embed(image=[picture, picture]), axis=1), 1)


def test_embed_takes_one_modality():
    model, _ = model_and_batch("image", "text")
    for raw in ({}, {"text": None}, {"text": "A", "image": np.zeros((12, 12), np.uint8)}):
        with pytest.raises(DataError, match="one modality at a time, image or text"):
            model.embed(**raw)
    with pytest.raises(DataError, match="sound"):
        model.embed(sound="x.wav")


@pytest.mark.parametrize("modalities", [("image",), ("image", "text", "numbers")])
def test_two_modalities_are_needed(modalities):
    with pytest.raises(DataError, match="compares two modalities, and tiny has image"):
        contrastive_model(RNG, dataset(*modalities))


def test_unknown_words_say_nothing():
    known = tower(RNG, Tokenizer.fit(TEXTS), 4).layers[0]
    assert not known.E[UNKNOWN].any() and known.E[UNKNOWN + 1].any()


def test_letters_are_read_in_order():
    letters = tower(RNG, Tokenizer.fit(TEXTS, unit="letter"), 4)
    assert any(isinstance(layer, LSTM) for layer in letters.layers)


def test_training_mode_reaches_both_towers():
    model = training_mode(model_and_batch("image", "text")[0], RNG)
    assert [layer.rng is RNG for layer in model.towers["image"].layers if isinstance(layer, Dropout)] == [True]


def test_a_file_keeps_it_whole(tmp_path):
    model = contrastive_model(RNG, dataset("image", "text"), width=4)
    save(tmp_path / "model.npz", model, objective="contrastive")
    again, extras = load(tmp_path / "model.npz")
    assert isinstance(again, ContrastiveModel) and tree.equal(again, model)
    assert extras == {"objective": "contrastive"}
