"""The arrays behind the figures of a model: pictures, kernels, feature maps, attention."""

from dataclasses import replace

import numpy as np
import pytest

from mmdl.data import batches
from mmdl.data.prepare import prepare
from mmdl.errors import DataError
from mmdl.layers import AveragePool2D, Conv2D, Coordinates, Dense, Layer, MaxPool2D, ReLU, Sequential
from mmdl.models import image_encoder
from mmdl.ops.softmax import softmax
from mmdl.plots import (
    AttentionDisplay,
    FeatureMapsDisplay,
    ImagesDisplay,
    KernelsDisplay,
    WordAttentionDisplay,
)
from mmdl.plots.inputs import flat_layers
from mmdl.plots.kernels import FINE, GAP, mosaic
from mmdl.plots.receptive import Field, cell_weights, over_picture, receptive_fields
from mmdl.tokens import Tokens
from tests.close import close


def test_images_and_what_is_said_of_them(tiny):
    assert ImagesDisplay.from_examples(tiny.batch, "abc", count=2).captions == ["", ""]
    display = ImagesDisplay.from_model(tiny.attention, tiny.dataset.train, count=5)
    assert len(display.images) == 5 and np.array_equal(display.images[2], tiny.batch["image"][2, :, :, 0])
    assert display.captions[1] == "TWO HEADED ARROW WITH HOOK" and display.captions[4] is None
    assert display.truths == ["apples", "box drawing", "cats", "apples", "box drawing"]
    p = softmax(tiny.attention(tiny.batch))[:5]
    assert close(display.probabilities, p.max(axis=1), atol=1e-6)
    assert display.correct.tolist() == (p.argmax(axis=1) == tiny.batch.labels[:5]).tolist()
    display.plot()
    assert [ax.get_title()[0] for ax in display.axes_] == ["✗✓"[int(right)] for right in display.correct]


def test_images_of_unknown_class_or_without_a_picture(tiny):
    raw = {"image": [None, tiny.dataset.train.inputs["image"][0]], "text": ["small a", None]}
    display = ImagesDisplay.from_model(tiny.attention, prepare(tiny.dataset.preprocessors, **raw)).plot()
    assert display.images[0] is None and display.images[1].shape == (28, 28)
    assert display.truths == [None, None] and display.captions == ["SMALL A", None]
    assert all(ax.get_title()[0] not in "✗✓" for ax in display.axes_)


def test_kernels_are_those_of_the_layer(tiny):
    first, second = (layer for layer in tiny.attention.modalities["image"].encoder.layers if isinstance(layer, Conv2D))
    display = KernelsDisplay.from_model(tiny.attention)
    assert display.kernels.shape == (16, 1, 3, 3) and display.total == (16, 1)
    assert np.array_equal(display.kernels[5, 0], first.w[:, :, 0, 5])
    some = KernelsDisplay.from_layer(second, count=4, channels=3)
    assert some.kernels.shape == (4, 3, 3, 3)
    assert np.array_equal(some.kernels[1, 2], second.w[:, :, some.channels[2], some.filters[1]])
    norms = np.sqrt((second.w**2).sum(axis=(0, 1, 2)))
    assert set(some.filters) == set(np.argsort(-norms)[:4])
    image = display.plot().ax_.images[0]
    assert image.get_clim() == pytest.approx((-np.abs(first.w).max(), np.abs(first.w).max()))


def test_a_mosaic_keeps_every_tile():
    tiles = np.random.default_rng(0).normal(size=(2, 3, 3, 4))
    drawn = mosaic(tiles)
    assert drawn.shape == (2 * 3 * FINE + GAP, 3 * 4 * FINE + 2 * GAP)
    down, across = 3 * FINE + GAP, 4 * FINE + GAP
    for (row, column, i, j), value in np.ndenumerate(tiles):
        assert drawn[row * down + i * FINE, column * across + j * FINE + FINE - 1] == value
    assert np.isnan(drawn[3 * FINE]).all() and np.isnan(drawn[:, 4 * FINE]).all()


def test_feature_maps_are_what_each_layer_gives(tiny):
    encoder = tiny.attention.modalities["image"].encoder
    display = FeatureMapsDisplay.from_model(tiny.attention, tiny.batch, example=2, count=5)
    x = tiny.batch["image"][2:3]
    for layer, stage in zip(encoder.layers, display.stages, strict=False):
        x, _ = layer.forward(x)
        assert stage.layer == type(layer).__name__ and np.array_equal(stage.maps, x[0])
    assert [stage.layer for stage in display.stages] == ["Conv2D", "MaxPool2D", "ReLU"] * 2
    first, second = display.stages[:3], display.stages[3:]
    assert all(np.array_equal(stage.shown, first[0].shown) for stage in first)  # each map can be followed down
    assert {stage.limit for stage in first} != {stage.limit for stage in second}
    strength = first[2].maps.sum(axis=(0, 1))
    assert set(first[0].shown) == set(np.argsort(-strength)[:5])


def test_feature_maps_beside_coordinates():
    """Which are strong, and which no layer before has: they are not followed."""
    encoder = Sequential((Conv2D.init(np.random.default_rng(0), 3, 4), ReLU(), Coordinates()))
    stages = FeatureMapsDisplay.from_encoder(encoder, np.full((6, 7, 3), 0.01, np.float32), count=8).stages
    assert [stage.layer for stage in stages] == ["Conv2D", "ReLU", "Coordinates"]
    assert all(stage.shown.tolist() == [0, 1, 2, 3] for stage in stages)


def test_feature_maps_of_a_nested_encoder_end_where_images_end(tiny):
    display = FeatureMapsDisplay.from_model(tiny.concatenate, tiny.batch)
    x = tiny.batch["image"][:1]
    for layer in flat_layers(tiny.concatenate.modalities["image"].encoder)[:6]:
        x = layer(x)
    assert len(display.stages) == 6 and np.array_equal(display.stages[-1].maps, x[0])
    with pytest.raises(DataError, match="no feature maps"):
        FeatureMapsDisplay.from_encoder(Dense.init(np.random.default_rng(0), 784, 3), np.zeros((784,)))


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_the_field_of_a_patch_is_where_its_numbers_come_from(padding):
    """Changing a pixel changes the cells whose field holds it, and no others."""
    rng = np.random.default_rng(0)
    convolutions = [Conv2D.init(rng, 1, 2, (3, 5), float, stride=(2, 1), padding=padding, dilation=(1, 2))]
    convolutions += [AveragePool2D(2, padding=padding), ReLU(), Conv2D.init(rng, 2, 2, dtype=float, padding=padding)]
    encoder = Sequential(tuple(layer for layer in convolutions if not isinstance(layer, ReLU)))
    image = rng.normal(size=(21, 24, 1))
    rows, columns = receptive_fields(encoder, image)
    y = encoder(image[None])[0, :, :, 0]
    for r, c in [(0, 0), (3, 7), (10, 20), (20, 23), (13, 2)]:
        changed = image.copy()
        changed[r, c] += 1
        down, across = (encoder(changed[None])[0, :, :, 0] != y).nonzero()
        for cells, field, pixel in ((set(down), rows, r), (set(across), columns, c)):
            for cell in cells:
                start = field.first + cell * field.stride
                assert start <= pixel < start + field.size


def test_the_field_of_the_usual_encoder():
    encoder = image_encoder(np.random.default_rng(0), filters=(2, 3))
    assert receptive_fields(encoder, np.zeros((28, 28, 1), np.float32)) == (Field(0, 4, 10), Field(0, 4, 10))
    same = image_encoder(np.random.default_rng(0), filters=(2, 3), padding="same")
    assert receptive_fields(same, np.zeros((28, 28, 1), np.float32)) == (Field(-3, 4, 10), Field(-3, 4, 10))
    pooled = Sequential((MaxPool2D((2, 3), stride=1),))
    assert receptive_fields(pooled, np.zeros((8, 8, 1))) == (Field(0, 1, 2), Field(0, 1, 3))


def test_a_heat_map_keeps_the_weights_and_their_places():
    weights = np.random.default_rng(0).random((4, 5, 5))
    heat = over_picture(weights, (Field(0, 4, 10), Field(0, 4, 10)), (28, 28, 1))
    assert heat.shape == (4, 28, 28) and close(heat.sum(axis=(1, 2)), weights.sum(axis=(1, 2)))
    # the middle of a field of 10 pixels is 3 to 6; the next patch begins there
    assert close(heat[:, 3:7, 3:7].sum(axis=(1, 2)), weights[:, 0, 0])
    assert close(heat[:, 15:19, 7:11].sum(axis=(1, 2)), weights[:, 3, 1])
    assert (heat[:, :3] == 0).all() and (heat[:, 23:] == 0).all() and (heat[:, :, 23:] == 0).all()


def test_patches_are_cut_at_the_border_and_shared_between_pixels():
    assert np.array_equal(
        cell_weights(Field(-3, 4, 10), 7, 28).sum(axis=0), np.full(28, 0.25)
    )  # no pixel without a patch
    assert np.array_equal(cell_weights(Field(-2, 4, 4), 1, 8)[0], [0.5, 0.5, 0, 0, 0, 0, 0, 0])
    assert np.array_equal(cell_weights(Field(0, 2, 3), 2, 6), [[0.25, 0.5, 0.25, 0, 0, 0], [0, 0, 0.25, 0.5, 0.25, 0]])
    outside = cell_weights(Field(-6, 8, 4), 2, 2)
    assert np.array_equal(outside.sum(axis=1), [1, 1])
    assert np.array_equal(cell_weights(Field(-20, 4, 4), 1, 3), [[1, 0, 0]])
    assert np.array_equal(cell_weights(Field(20, 4, 4), 1, 3), [[0, 0, 1]])


def weights_by_hand(tiny, example, name):
    batch = next(batches(tiny.dataset.train.select([example]), 1))
    _, trace = tiny.attention.forward(batch)
    return tiny.attention.attention_weights(trace)["text", name][0]


@pytest.mark.parametrize("head", [None, 0, 3])
def test_attention_over_the_picture(tiny, head):
    display = AttentionDisplay.from_model(tiny.attention, tiny.batch, 1, head)
    weights = weights_by_hand(tiny, 1, "image")
    weights = weights.mean(axis=0) if head is None else weights[head]
    assert display.words == ["TWO", "HEADED", "ARROW", "WITH", "HOOK"]
    assert display.patches.shape == (5, 5, 5) and display.heat.shape == (5, 28, 28)
    assert close(display.patches.reshape(5, 25), weights, atol=1e-6)
    assert close(display.heat.sum(axis=(1, 2)), display.share, atol=1e-6)
    assert close(display.heat[3, 7:11, 19:23].sum(), weights[3, 1 * 5 + 4], atol=1e-6)
    drawn = display.plot().axes_[4].images[0].get_array()
    assert close(drawn[7:11, 19:23], 100 * weights[3, 9], rtol=1e-4)  # the colour is the patch's own weight
    assert np.isnan(np.ma.filled(drawn, np.nan)[:3]).all()


def test_attention_over_pictures_of_any_kind(tiny):
    display = AttentionDisplay.from_model(tiny.attention, tiny.batch, 5)
    for image in (np.zeros((28, 28)), np.random.default_rng(0).random((28, 28, 3))):  # blank; in colour
        replace(display, image=image, head=2).plot()
    everywhere = replace(display, reached=np.ones((28, 28))).plot()
    assert "grey" not in everywhere.figure_.get_supxlabel().lower()


def test_an_example_is_the_same_alone_and_in_a_batch(tiny):
    """Other examples' longer texts leave no padding behind."""
    a = AttentionDisplay.from_model(tiny.attention, tiny.batch, 0)
    b = AttentionDisplay.from_model(tiny.attention, tiny.dataset.train, 0)
    assert a.words == b.words == ["SMALL", "A"] and close(a.patches, b.patches, atol=1e-6)


def test_attention_over_words(tiny):
    display = WordAttentionDisplay.from_model(tiny.attention, tiny.batch, 3)
    assert display.words == ["SMALL", "LETTER", "B", "WITH", "STROKE"] and display.others == ["image"]
    assert display.weights.shape == (6, 6) and close(display.weights.sum(axis=1), 1, atol=1e-6)
    assert close(display.weights[:5, :5], weights_by_hand(tiny, 3, "text").mean(axis=0), atol=1e-6)
    over = AttentionDisplay.from_model(tiny.attention, tiny.batch, 3)
    assert close(display.weights[:5, 5], over.share, atol=1e-6)
    alone = WordAttentionDisplay.from_model(tiny.attention, tiny.dataset.train.only("text"), 3)
    assert alone.others == ["(no image)"] and close(alone.weights.sum(axis=1), 1, atol=1e-6)


def test_attention_of_words_that_ask(tiny):
    """The picture looks at nothing, and has no row."""
    asking = replace(
        tiny.attention, fusion=replace(tiny.attention.fusion, asks=[*tiny.attention.modalities].index("text"))
    )
    display = WordAttentionDisplay.from_model(asking, tiny.batch, 3)
    whole = WordAttentionDisplay.from_model(tiny.attention, tiny.batch, 3)
    assert display.weights.shape == (5, 6) and close(display.weights, whole.weights[:5], atol=1e-6)
    axes = display.plot().ax_
    assert len(axes.get_yticks()) == 5 and len(axes.get_xticks()) == 6


def test_what_cannot_be_shown_is_said(tiny):
    model, train = tiny.attention, tiny.dataset.train
    refused = [
        ("no text", lambda: AttentionDisplay.from_model(model, tiny.batch, 4)),
        ("no text", lambda: WordAttentionDisplay.from_model(model, train.only("image"), 0)),
        ("no image", lambda: AttentionDisplay.from_model(model, train.only("text"), 0)),
        ("no image", lambda: FeatureMapsDisplay.from_model(model, train.only("text"), 0)),
        ("Concatenate fusion has no attention", lambda: AttentionDisplay.from_model(tiny.concatenate, tiny.batch, 0)),
        ("no head 4", lambda: AttentionDisplay.from_model(model, tiny.batch, 0, head=4)),
        ("no example 6", lambda: AttentionDisplay.from_model(model, tiny.batch, 6)),
        ("no convolution 2", lambda: KernelsDisplay.from_model(model, stage=2)),
        ("no cells of a feature map", lambda: AttentionDisplay.from_model(_of_one_token(model), tiny.batch, 0)),
        ("no modality of this model", lambda: KernelsDisplay.from_model(_without_pictures(model))),
        ("no text", lambda: AttentionDisplay.from_model(replace(model, preprocessors={}), tiny.batch, 0)),
        ("not of a ReLU", lambda: KernelsDisplay.from_layer(ReLU())),
        ("no examples", lambda: ImagesDisplay.from_model(model, train.select([]))),
        ("no pictures", lambda: ImagesDisplay.from_examples(_text_of(train), "abc")),
    ]
    for words, ask in refused:
        with pytest.raises(DataError, match=words):
            ask()


def _text_of(examples):
    return type(examples)({"text": examples.inputs["text"]}, examples.labels)


def _without_pictures(model):
    return replace(model, modalities={"text": model.modalities["text"]})


def _of_one_token(model):
    """The model with an image encoder that keeps only the first patch."""
    image = model.modalities["image"]
    encoder = Sequential((*image.encoder.layers, FirstToken()))
    return replace(model, modalities=model.modalities | {"image": replace(image, encoder=encoder)})


class FirstToken(Layer):
    def forward(self, tokens):
        return Tokens(*(each[:, :1] for each in tokens)), tokens
