"""A classifier for any modalities and any fusion: it runs, learns, and reads padding and absence as it should."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from mmdl import tree
from mmdl.data import (
    AudioPreprocessor,
    Dataset,
    Examples,
    ImagePreprocessor,
    PicturePreprocessor,
    RemainderPreprocessor,
    Standardizer,
    Tokenizer,
    batches,
)
from mmdl.data.batches import Batch
from mmdl.errors import DataError
from mmdl.fusion import FUSIONS
from mmdl.layers import GRU, LSTM, Conv2D, Dense, Dropout, Graph, ReLU, SelfAttention
from mmdl.models import multimodal_classifier
from mmdl.models.build import ENCODINGS, token_encoder, vector_encoder
from mmdl.tokens import Tokens
from mmdl.training import Adam, evaluate, fit, load, save

N, CLASSES = 24, ("a", "b", "c")
PREPROCESSORS = {
    "image": ImagePreprocessor(10, 10, 8),
    "remainder": RemainderPreprocessor(ImagePreprocessor(10, 10, 8), (0.0,) * 100, ()),
    "photo": PicturePreprocessor(9, 20, 3),
    "text": Tokenizer(("LEFT", "RIGHT"), 4),
    "letters": Tokenizer(tuple("abcde"), 6, "letter"),
    "audio": AudioPreprocessor(bands=8, length=11),
    "numbers": Standardizer((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
}


LABELS = np.arange(N) % 3


def some_input(name, rng):
    """Noise with a trace of the label: brighter, louder, larger, or another word first."""
    preprocessor = PREPROCESSORS[name]
    if name in ("image", "remainder", "photo"):
        return (rng.integers(0, 100, (N, *preprocessor.shape)) + 70 * LABELS[:, None, None, None]).astype(np.uint8)
    if name == "numbers":
        return (rng.standard_normal((N, 3)) + 2 * LABELS[:, None]).astype(np.float32)
    mask = np.arange(preprocessor.length) < rng.integers(1, preprocessor.length + 1, (N, 1))
    if name == "audio":
        frames = rng.standard_normal((*mask.shape, 8)) + 2 * LABELS[:, None, None]
        return Tokens((frames * mask[..., None]).astype(np.float32), mask)
    ids = rng.integers(2, preprocessor.entries, mask.shape)
    ids[:, 0] = 1 + LABELS
    return Tokens(np.where(mask, ids, 0), mask)


def dataset(*names):
    rng = np.random.default_rng(0)
    present = {name: rng.random(N) < 0.8 for name in names}
    examples = Examples({name: some_input(name, rng) for name in names}, LABELS, present)
    preprocessors = {name: PREPROCESSORS[name] for name in names}
    return Dataset("random", CLASSES, examples, examples, examples, preprocessors)


def needs_two(fusion):
    try:
        multimodal_classifier(np.random.default_rng(0), dataset("numbers"), fusion, width=8)
    except DataError:
        return True
    return False


SETS = [
    *[(name,) for name in PREPROCESSORS],
    *combinations(["text", "audio", "numbers"], 2),
    ("photo", "audio"),
    ("image", "text", "audio"),
    ("numbers", "photo", "letters", "audio"),
]


@pytest.mark.parametrize("names", SETS, ids="+".join)
@pytest.mark.parametrize("fusion", FUSIONS)
def test_any_modalities_with_any_fusion(fusion, names, tmp_path):
    data = dataset(*names)
    if len(names) == 1 and fusion in ("cross-attention", "film"):
        with pytest.raises(DataError, match="two modalities"):
            multimodal_classifier(np.random.default_rng(0), data, fusion, width=8)
        return
    model = multimodal_classifier(np.random.default_rng(0), data, fusion, width=8)
    assert tuple(model.modalities) == tuple(model.preprocessors) == names
    [batch] = batches(data.train, N)
    logits, trace = model.forward(batch)
    assert logits.shape == (N, 3) and logits.dtype == np.float32 and np.isfinite(logits).all()
    gradient = model.gradient(np.random.default_rng(1).standard_normal(logits.shape).astype(np.float32), trace)
    assert tree.equal(tree.zeros(gradient), tree.zeros(model))
    save(tmp_path / "model.npz", model)
    assert tree.equal(load(tmp_path / "model.npz")[0], model)


@pytest.mark.parametrize("fusion", FUSIONS)
def test_fusions_that_need_two_say_so(fusion):
    assert needs_two(fusion) == (fusion in ("cross-attention", "film"))


@pytest.mark.parametrize("name", PREPROCESSORS)
def test_every_encoder_can_learn(name):
    data = dataset(name)
    model = multimodal_classifier(np.random.default_rng(0), data, "concatenate", width=16)
    there = data.train.select(data.train.present[name])
    fitted = fit(model, there, optimizer=Adam(5e-3), epochs=60, rng=np.random.default_rng(0), batch_size=8)
    assert evaluate(fitted.model, there)["loss"] < 0.5 * evaluate(model, there)["loss"]


@pytest.mark.parametrize("name", PREPROCESSORS)
def test_shapes_are_as_told(name):
    """Tokens of at most the length that is told, and vectors of the width that is asked for."""
    rng = np.random.default_rng(0)
    data = dataset(name)
    [batch] = batches(data.train.select(data.train.present[name]), N)
    encoder, (length, width) = token_encoder(rng, PREPROCESSORS[name], 8, "none")
    y = encoder(batch[name])
    assert width == 8 and y.values.shape[2] == 8 and 1 <= y.values.shape[1] <= length
    assert vector_encoder(rng, PREPROCESSORS[name], 8)(batch[name]).shape == (len(batch), 8)


@pytest.mark.parametrize(
    ("shape", "filters"),
    [
        ((28, 28, 1), (16, 64)),
        ((48, 64, 3), (16, 32, 64)),
        ((16, 16, 3), (64,)),
        ((8, 64, 1), (16, 32, 64)),
        ((8, 200, 1), (16, 32, 64)),
        ((8, 8, 3), (64,)),
        ((200, 300, 3), (16, 32, 64, 64, 64, 64)),
    ],
)
def test_larger_pictures_get_more_stages(shape, filters):
    encoder, (length, width) = token_encoder(np.random.default_rng(0), PicturePreprocessor(*shape), 64)
    stages = [layer for layer in encoder.layers if isinstance(layer, Conv2D)]
    assert tuple(stage.w.shape[3] for stage in stages) == filters
    assert stages[0].w.shape[2] == shape[2] and width == 64
    assert encoder(np.zeros((1, *shape), np.float32)).values.shape == (1, length, 64)


def test_attention_reads_words_as_they_are_and_letters_in_their_order():
    rng = np.random.default_rng(0)
    for name, readers in {"text": 0, "letters": 1}.items():
        encoder, _ = token_encoder(rng, PREPROCESSORS[name], 8, "none")
        assert sum(isinstance(layer, LSTM) for layer in encoder.layers) == readers


def test_every_preprocessor_has_an_encoder():
    assert {each.kind for each in PREPROCESSORS.values()} == set(ENCODINGS)
    with pytest.raises(DataError, match="no encoder for what a str prepares"):
        token_encoder(np.random.default_rng(0), "?", 8)


def test_unknown_fusion():
    with pytest.raises(DataError, match='there is no fusion "guess"; there are attention'):
        multimodal_classifier(np.random.default_rng(0), dataset("numbers"), "guess")


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"width": 0}, "a model has a width of at least 1, not 0"),
        ({"width": 6}, "attention has 4 heads, among which a width of 6 cannot be shared out"),
        ({"depth": -1}, "a head has no hidden layer or some, not -1"),
        ({"dropout": 1.0}, "a dropout probability is at least 0 and less than 1, not 1.0"),
        ({"text_reader": "guess"}, "the reader of a text encoder must be one of"),
    ],
)
def test_settings_out_of_their_range_are_refused(how, sentence):
    with pytest.raises(DataError, match=sentence):
        multimodal_classifier(np.random.default_rng(0), dataset("text"), "attention", **how)


def heads_of(fusion, **how):
    model = multimodal_classifier(np.random.default_rng(0), dataset("numbers"), fusion, 8, **how)
    return [model.head] if model.head.layers else [each.encoder for each in model.modalities.values()]


@pytest.mark.parametrize(("fusion", "usual", "others"), [("sum", 1, 0), ("attention", 0, 0), ("average", 0, 1)])
def test_depth_is_hidden_layers_of_the_head(fusion, usual, others):
    """In the head of each modality, where these are fused; its encoder of numbers has `others` layers, too."""
    for depth, expected in {None: usual, 0: 0, 1: 1, 3: 3}.items():
        for head in heads_of(fusion, depth=depth):
            dense = [layer for layer in head.layers if isinstance(layer, Dense)]
            assert len(dense) - 2 * others == expected + 1
            assert sum(isinstance(layer, ReLU) for layer in head.layers) == expected + 2 * others


@pytest.mark.parametrize("fusion", ["sum", "attention", "average"])
@pytest.mark.parametrize(("dropout", "rates"), [(None, {0.3}), (0.6, {0.6}), (0.0, {0.0})])
def test_dropout_is_that_before_dense_layers(fusion, dropout, rates):
    for head in heads_of(fusion, depth=2, dropout=dropout):
        assert {layer.rate for layer in head.layers if isinstance(layer, Dropout)} == rates


def test_dropout_is_that_of_pictures_too():
    for dropout, rate in {None: 0.5, 0.2: 0.2}.items():
        model = multimodal_classifier(np.random.default_rng(0), dataset("image"), "sum", dropout=dropout)
        [found] = [layer.rate for layer in model.modalities["image"].encoder.layers if isinstance(layer, Dropout)]
        assert found == rate


@pytest.mark.parametrize(
    ("reader", "kind", "pool"),
    [(None, LSTM, "last"), ("gru", GRU, "last"), ("attention", SelfAttention, "mean"), ("convolution", Graph, "both")],
)
def test_readers_of_a_text(reader, kind, pool):
    """A vector needs the pool that suits its reader; a fusion of tokens takes the tokens."""
    rng = np.random.default_rng(0)
    encoder = multimodal_classifier(rng, dataset("text"), "sum", 8, text_reader=reader).modalities["text"].encoder
    assert type(encoder.layers[1]) is kind and encoder.layers[2].kind == pool
    tokens = multimodal_classifier(rng, dataset("text"), "attention", 8, text_reader=reader).modalities["text"].encoder
    assert [type(layer) for layer in tokens.layers[1:]] == ([] if reader is None else [kind])


@pytest.mark.parametrize("fusion", ["sum", "attention"])
@pytest.mark.parametrize("reader", ["convolution", "lstm", "gru", "attention"])
def test_texts_shorter_than_a_window_and_longer_ones_beside_them(reader, fusion):
    """A text of one word is read as alone, beside one of four and its padding; the widest window is five words."""
    model = multimodal_classifier(np.random.default_rng(0), dataset("text"), fusion, 8, np.float64, text_reader=reader)
    ids, mask = np.random.default_rng(1).integers(1, 4, (3, 4)), np.arange(4) < np.array([1, 2, 4])[:, None]
    together = Batch({"text": Tokens(ids, mask)}, {"text": np.ones(3, bool)}, np.zeros(3, int))
    for n, length in enumerate((1, 2, 4)):
        words = Tokens(ids[n : n + 1, :length], mask[n : n + 1, :length])
        alone = Batch({"text": words}, {"text": np.ones(1, bool)}, np.zeros(1, int))
        np.testing.assert_allclose(model(alone), model(together)[n : n + 1], atol=1e-12)


def a_scene(rng, *names):
    """A large picture, and texts in order."""
    known = {"scene": PicturePreprocessor(40, 48, 3, (0.5, 0.5, 0.5), (0.2, 0.2, 0.2)), **PREPROCESSORS}
    inputs = {name: some_input(name, rng) for name in names}
    pictures = (rng.random((N, 40, 48, 3)) * 255).astype(np.uint8)
    examples = Examples(
        {"scene": pictures, **inputs}, LABELS, {name: rng.random(N) < 0.8 for name in ("scene", *names)}
    )
    prepared = {name: known[name] for name in ("scene", *names)}
    return Dataset("random", CLASSES, examples, examples, examples, prepared, in_order=True)


@pytest.mark.parametrize("fusion", FUSIONS)
def test_a_large_picture_with_any_fusion(fusion, tmp_path):
    """The gradient by one step along it, which changes what it is of by its own length."""
    data = a_scene(np.random.default_rng(0), "text")
    rng = np.random.default_rng(0)
    model = multimodal_classifier(rng, data, fusion, width=8, dtype=np.float64)
    model = tree.map(lambda p: p + rng.normal(0, 0.02, p.shape), model)  # away from zeros, at which ReLU has a kink
    [batch] = batches(data.train, N)
    batch = replace(batch, inputs=batch.inputs | {"scene": batch["scene"].astype(float)})
    logits, trace = model.forward(batch)
    dlogits = np.random.default_rng(1).standard_normal(logits.shape)
    gradient = model.gradient(dlogits, trace)
    length = np.sqrt(sum((g**2).sum() for _, g in tree.leaves(gradient)))
    moved = {h: tree.map(lambda p, g, h=h: p + h * g / length, model, gradient) for h in (1e-7, -1e-7)}
    risen = sum(np.sign(h) * (dlogits * each(batch)).sum() for h, each in moved.items()) / 2e-7
    assert np.isclose(risen, length, rtol=1e-4)
    save(tmp_path / "model.npz", model)
    assert tree.equal(load(tmp_path / "model.npz")[0], model)


def test_a_question_asks_a_large_picture():
    rng = np.random.default_rng(0)
    layers = [type(layer).__name__ for layer in token_encoder(rng, a_scene(rng).preprocessors["scene"], 64)[0].layers]
    stage = ["Conv2D", "BatchNorm", "ReLU"]
    halved = ["Conv2D", "MaxPool2D", "BatchNorm", "ReLU"]
    assert layers == ["Standardize", *halved, *halved, *stage, "Coordinates", *stage, "Patches"]
    assert multimodal_classifier(rng, a_scene(rng, "text"), "attention").fusion.asks == 1
    captions = replace(a_scene(rng, "text"), in_order=False)
    for data in (captions, dataset("photo", "text"), a_scene(rng, "audio")):
        assert multimodal_classifier(rng, data, "attention").fusion.asks is None


@pytest.mark.parametrize("fusion", ["attention", "cross-attention", "bottleneck"])
def test_patches_of_a_large_picture_say_where_they_stand(fusion):
    rng = np.random.default_rng(0)
    data = a_scene(rng, "text")
    model = multimodal_classifier(rng, data, fusion)
    [batch] = batches(data.train, N)
    tokens = model.modalities["scene"](batch["scene"])
    rows, columns = np.meshgrid(np.linspace(-1, 1, 5), np.linspace(-1, 1, 6), indexing="ij")
    assert tokens.values.shape == (N, 30, 66) and model.modalities["scene"].absent.shape == (1, 66)
    assert np.abs(tokens.values[..., 64:] - np.stack([rows.ravel(), columns.ravel()], axis=-1)).max() < 1e-6


def test_a_product_meets_every_place():
    rng = np.random.default_rng(0)
    data = a_scene(rng, "text", "audio")
    model = multimodal_classifier(rng, data, "product")
    [batch] = batches(data.train.select(np.logical_and.reduce([*data.train.present.values()])), N)
    _, trace = model.forward(batch)
    scene, text, audio = trace.fusion.projected
    assert scene.shape[1:] == (5, 6, 64) and text.shape[1:] == audio.shape[1:] == (1, 1, 64)
    assert multimodal_classifier(rng, data, "concatenate").modalities["text"].absent.shape == (128,)


def test_a_sound_is_no_large_picture():
    """Of 40 bands and standardised, as a table's sounds are; with text and a product it could not be trained."""
    bands = {"mean": (0.0,) * 40, "deviation": (1.0,) * 40}
    sound = AudioPreprocessor(bands=40, length=11, **bands)
    frames = Tokens(np.random.default_rng(0).standard_normal((N, 11, 40)).astype(np.float32), np.ones((N, 11), bool))
    inputs = {"audio": frames, "text": some_input("text", np.random.default_rng(0))}
    examples = Examples(inputs, LABELS)
    prepared = {"audio": sound, "text": PREPROCESSORS["text"]}
    data = Dataset("random", CLASSES, examples, examples, examples, prepared)
    model = multimodal_classifier(np.random.default_rng(0), data, "product")
    assert model(next(batches(data.train, N))).shape == (N, len(CLASSES))
    assert {name: each.absent.shape for name, each in model.modalities.items()} == {"audio": (64,), "text": (64,)}
