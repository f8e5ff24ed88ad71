"""Learning to write: what is measured, and that tiny tasks are learned by heart by every decoder."""

from types import SimpleNamespace

import numpy as np
import pytest

from mmdl import tree
from mmdl.data import AudioPreprocessor, Dataset, Examples, TargetTokenizer, Tokenizer, batches
from mmdl.models import transcriber, writer
from mmdl.tokens import Tokens
from mmdl.training.losses import writing
from mmdl.training.ranks import Ranks
from mmdl.training.text_writing import (
    WritingRecipe,
    WritingValidation,
    evaluate_writing,
    evaluate_writing_subsets,
    texts,
    write,
)
from tests.ranks import on_threads

READ = ["one", "two", "three", "two one", "one three", "three two one"]
WRITTEN = ["eins", "zwei", "drei", "zwei-eins", "eins-drei", "drei-zwei-eins"]


def pairs():
    tokenizer, target = Tokenizer.fit(READ), TargetTokenizer.fit(WRITTEN)
    examples = Examples({"text": tokenizer.encode(READ)}, np.zeros(6, int), targets=target.encode(WRITTEN))
    return Dataset("pairs", ("pair",), examples, examples, examples, {"text": tokenizer}, target=target)


def sounds():
    """Bursts in one of two bands, each a letter."""
    rng, target = np.random.default_rng(0), TargetTokenizer(("a", "b"), 4)
    said = ["".join(rng.choice(["a", "b"], 2)) for _ in range(40)]
    frames = 0.1 * rng.standard_normal((40, 24, 2)).astype(np.float32)
    for n, word in enumerate(said):
        for place, letter in enumerate(word):
            frames[n, 4 + 10 * place : 10 + 10 * place, "ab".index(letter)] += 2
    heard = AudioPreprocessor(bands=2, length=24, mean=(0.0, 0.0), deviation=(1.0, 1.0))
    examples = Examples(
        {"audio": Tokens(frames, np.ones((40, 24), bool))}, np.zeros(40, int), targets=target.encode(said)
    )
    return Dataset("sounds", ("sound",), examples, None, examples, {"audio": heard}, target=target)


@pytest.mark.parametrize("decoder", ["transformer", "attentive-lstm", "lstm", "lstm-without-attention"])
def test_every_decoder_learns_a_few_pairs_by_heart(decoder):
    dataset, rng = pairs(), np.random.default_rng(0)
    model = writer(rng, dataset, decoder, width=16)
    recipe = WritingRecipe(epochs=150, batch_size=6, learning_rate=1e-2)
    model, history, *_ = recipe.fit(model, dataset, rng)
    assert evaluate_writing(model, dataset.test) == {"exact": 1.0, "error_rate": 0.0}
    assert texts(model, dataset.test) == texts(model, dataset.test, beams=3) == WRITTEN
    assert history["validation_exact"][-1] == 1 and history["validation_accuracy"][-1] == 1
    [batch] = batches(dataset.test, 6)
    for best, *others in write(model, batch, beams=4, penalty=0):
        assert best.probability > 0.9 and sum(each.probability for each in others) < 0.1


def test_a_transcriber_learns_when_from_what_alone():
    dataset, rng = sounds(), np.random.default_rng(0)
    model, history, *_ = WritingRecipe(epochs=40, batch_size=10, learning_rate=1e-2).fit(
        transcriber(rng, dataset, width=8), dataset, rng
    )
    assert evaluate_writing(model, dataset.test)["exact"] == 1 and "accuracy" not in history
    [batch] = batches(dataset.test.select([0]), 1)
    [found] = write(model, batch, beams=3)
    assert found[0].text == dataset.target.texts(dataset.test.targets)[0]
    assert 0.5 < found[0].probability <= 1 + 1e-6 and len(found) == 3


def test_who_has_one_modality_does_not_lose_it_in_training():
    train, rng = pairs().train, np.random.default_rng(0)
    model = writer(rng, pairs(), "lstm", width=4)
    for modalities, rate in ((("text",), 0), (("text", "image"), 0.3), (("text", "image", "audio"), 0.3)):
        dataset = SimpleNamespace(modalities=modalities, train=train, validation=None, augment={})
        training = WritingRecipe(modality_dropout=0.3).training(model, dataset, rng)
        assert training.batches.settings["modality_dropout"] == rate


def test_validation_is_over_all_tokens(monkeypatch):
    """Of texts that are not equally long, two at a time: the mean is that of all at once."""
    monkeypatch.setattr("mmdl.training.text_writing.AT_ONCE", 2)
    dataset = pairs()
    model, told = writer(np.random.default_rng(0), dataset, "lstm", width=8), {}
    WritingValidation(dataset.test).epoch(SimpleNamespace(model=model, ranks=Ranks(), record=told.update))
    [whole] = batches(dataset.test, 6)
    measured = writing()(model.forward(whole)[0], whole)
    assert told["validation_loss"] == pytest.approx(measured.value, rel=1e-5)
    assert told["validation_accuracy"] == measured.sums["accuracy"] / measured.count


def test_one_beam_of_a_transcriber_is_its_best_path_and_two_are_texts():
    """Of the path no probability of the text is known."""
    dataset = sounds()
    model = transcriber(np.random.default_rng(0), dataset, width=8)
    [batch] = batches(dataset.test.select([0]), 1)
    [[path]], [two] = write(model, batch), write(model, batch, beams=2)
    assert np.isnan(path.probability) and len(two) == 2
    assert 1 >= two[0].probability >= two[1].probability > 0


def test_error_rates_by_hand():
    dataset = pairs()
    model = writer(np.random.default_rng(0), dataset, "lstm", width=8)
    found = evaluate_writing_subsets(model, dataset.test)
    assert list(found) == [("text",)]
    said = texts(model, dataset.test)
    assert found["text",]["exact"] == np.mean([a == b for a, b in zip(said, WRITTEN, strict=True)])


def test_every_rank_validates_its_share_of_texts():
    dataset, rng = pairs(), np.random.default_rng(0)
    model = writer(rng, dataset, "lstm", width=8)

    def program(communicator=None):
        training = WritingRecipe(epochs=2, batch_size=6).training(tree.copy(model), dataset, np.random.default_rng(0))
        training.ranks = Ranks(communicator)
        return training.run().history

    alone, found = program(), on_threads(7, program)
    for name in ("validation_loss", "validation_accuracy", "validation_exact", "loss"):
        assert found[0][name] == found[6][name] == pytest.approx(alone[name], rel=1e-5)
