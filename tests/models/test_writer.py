"""Writers and transcribers: gradients, absent modalities, tokens that are counted, files, and that they learn."""

import numpy as np
import pytest

from mmdl import tree
from mmdl.data import Batch, Dataset, Examples
from mmdl.data.preprocessors.audio import AudioPreprocessor
from mmdl.data.preprocessors.image import ImagePreprocessor
from mmdl.data.preprocessors.target import TargetTokenizer
from mmdl.data.preprocessors.text import Tokenizer
from mmdl.errors import DataError
from mmdl.models import DECODERS, transcriber, writer
from mmdl.tokens import Tokens
from mmdl.training import Adam, fit, load, loss_and_gradient, perplexity, save, transcription, writing
from mmdl.training.decoding import decode, greedy_labels
from mmdl.verify.oracle import adjoint_gap
from tests.layer_checks import floats, with_floats
from tests.ranks import shared_gradient

every_decoder = pytest.mark.parametrize("decoder", DECODERS)
TEXTS = ["ab", "", "bba", "cab", "a"]
READ = ["ONE", "TWO", "", "ONE TWO", "THREE"]


def glyphs():
    """Five pictures, each with a text to read and one to write."""
    rng = np.random.default_rng(0)
    tokenizer, target = Tokenizer.fit(["ONE TWO THREE"]), TargetTokenizer.fit(TEXTS)
    examples = Examples(
        {
            "image": rng.random((5, 28, 28, 1)).astype(np.float32),
            "text": tokenizer.encode(["ONE", "TWO", "", "ONE TWO", "THREE"]),
        },
        np.zeros(5, int),
        present={"image": np.array([True, True, True, False, False])},
        targets=target.encode(TEXTS),
    )
    return Dataset(
        "small", ("all",), examples, None, examples, {"image": ImagePreprocessor(), "text": tokenizer}, target=target
    )


def sounds():
    """Five sounds of different lengths."""
    rng = np.random.default_rng(0)
    target = TargetTokenizer.fit(TEXTS)
    mask = np.arange(20) < np.array([20, 12, 15, 14, 9])[:, None]
    preprocessor = AudioPreprocessor.fit([rng.standard_normal(4000)])
    values = rng.standard_normal((5, 20, preprocessor.bands)).astype(np.float32)
    examples = Examples({"audio": Tokens(values, mask)}, np.zeros(5, int), targets=target.encode(TEXTS))
    return Dataset("heard", ("all",), examples, None, examples, {"audio": preprocessor}, target=target)


def whole(examples):
    return Batch(examples.inputs, examples.present, examples.labels, examples.kinds, examples.targets)


def gap(model, batch, loss):
    """How far backward is from the derivative along a random direction of all parameters."""
    _, gradient = loss_and_gradient(model, batch, loss)
    rng = np.random.default_rng(1)
    output, _ = model.forward(batch)
    dlogits = loss(output, batch).gradient
    directions = [tuple(rng.standard_normal(array.shape) for array in floats(model))]

    def forward(parameters):
        logits = with_floats(model, parameters).forward(batch)[0]
        return logits.values if isinstance(logits, Tokens) else logits

    return adjoint_gap(forward, [floats(model)], [floats(gradient)], dlogits, directions)


@every_decoder
def test_backward_is_the_derivative(decoder):
    data = glyphs()
    model = writer(np.random.default_rng(0), data, decoder, width=8, blocks=1, dtype=np.float64)
    assert gap(model, whole(data.train), writing(0.1)) < 1e-12


@pytest.mark.parametrize("recurrent", [True, False])
def test_backward_of_a_transcriber_is_the_derivative(recurrent):
    data = sounds()
    model = transcriber(np.random.default_rng(0), data, 8, recurrent, dtype=np.float64)
    assert gap(model, whole(data.train), transcription) < 1e-12


@every_decoder
def test_what_is_absent_is_not_looked_at(decoder):
    data = glyphs()
    model, batch = writer(np.random.default_rng(0), data, decoder, width=8), whole(data.train)
    logits, trace = model.forward(batch)
    other = {
        "image": np.where(batch.present["image"][:, None, None, None], batch.inputs["image"], np.nan).astype(np.float32)
    }
    changed = Batch(batch.inputs | other, batch.present, batch.labels, batch.kinds, batch.targets)
    np.testing.assert_array_equal(model.forward(changed)[0], logits)
    if decoder != "lstm-without-attention":
        pictures = trace.memory.spans[0]
        assert not trace.weights[3:, ..., pictures].any()
        looked = trace.weights[:3].sum(axis=-1)
        np.testing.assert_allclose(looked[..., : batch.targets.mask.sum(axis=1).min()], 1, rtol=1e-5)


@every_decoder
def test_parts_of_a_batch_weigh_by_their_tokens(decoder):
    """The mean is over tokens, not over examples, whoever shares the work."""
    data = glyphs()
    model, batch = writer(np.random.default_rng(0), data, decoder, width=8, dtype=np.float64), whole(data.train)
    measured, gradient = loss_and_gradient(model, batch, writing())
    assert measured.count == sum(len(text) + 1 for text in TEXTS)
    shared, again = shared_gradient(2, model, batch, writing())
    assert shared.value == pytest.approx(measured.value, rel=1e-12) and shared.count == measured.count
    for mine, theirs in zip(floats(again), floats(gradient), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-12)


def test_parts_of_a_batch_of_sounds_weigh_by_their_examples():
    data = sounds()
    model, batch = transcriber(np.random.default_rng(0), data, 8, dtype=np.float64), whole(data.train)
    measured, gradient = loss_and_gradient(model, batch, transcription)
    shared, again = shared_gradient(2, model, batch, transcription)
    assert shared.value == pytest.approx(measured.value, rel=1e-12)
    for mine, theirs in zip(floats(again), floats(gradient), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-12)


def trained_on(model, data, loss):
    generator = np.random.default_rng(0)
    return fit(model, data.train, optimizer=Adam(3e-3), epochs=200, rng=generator, loss=loss, batch_size=5)


@every_decoder
def test_it_learns_to_write(decoder, tmp_path):
    data = glyphs()
    model = writer(np.random.default_rng(0), data, decoder, width=16)
    trained = trained_on(model, data, writing())
    assert trained.history["accuracy"][-1] == 1
    assert perplexity(trained.history["loss"][-1]) < 1.2
    save(tmp_path / "writer.npz", trained.model)
    again, *_ = load(tmp_path / "writer.npz")
    assert tree.equal(again, trained.model)
    for beams in (1, 3):
        answers = decode(again.decoder, again.read(whole(data.train)), data.target.length, beams)
        assert [again.target.text(each[0].ids) for each in answers] == TEXTS


def test_it_learns_to_transcribe(tmp_path):
    data = sounds()
    model = transcriber(np.random.default_rng(0), data, 16)
    trained = trained_on(model, data, transcription)
    save(tmp_path / "transcriber.npz", trained.model)
    again, *_ = load(tmp_path / "transcriber.npz")
    logits = again(whole(data.train))
    assert [again.target.text(row) for row in greedy_labels(logits.values, logits.mask)] == TEXTS


def test_without_targets_there_is_nothing_to_write():
    data = glyphs()
    with pytest.raises(DataError, match='there is no decoder "parrot"; there are transformer'):
        writer(np.random.default_rng(0), data, "parrot")
    with pytest.raises(DataError, match="a transcriber needs one modality of sounds and targets"):
        transcriber(np.random.default_rng(0), data)
    batch = whole(data.train)
    model = writer(np.random.default_rng(0), data, width=8)
    with pytest.raises(DataError, match="a writer learns from targets, and this batch has none"):
        model.forward(Batch(batch.inputs, batch.present, batch.labels))
