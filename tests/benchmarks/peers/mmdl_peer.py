"""mmdl's own part: each function makes a piece of work ready and returns what does it once."""

from dataclasses import dataclass

import numpy as np

from mmdl.data import Batch
from mmdl.fusion import ProductOfExperts
from mmdl.layers import (
    LSTM,
    Conv2D,
    Dense,
    Embedding,
    Flatten,
    Layer,
    MaxPool2D,
    ReLU,
    SequencePool,
    Sequential,
    TransformerBlock,
)
from mmdl.memory import keep_freed_memory
from mmdl.models import Modality, MultimodalClassifier, multimodal_classifier
from mmdl.ops.ctc import ctc_loss
from mmdl.ops.losses import mean_squared_error, softmax_cross_entropy
from mmdl.tokens import Tokens
from mmdl.training import Adam, Training
from mmdl.training.losses import classification
from mmdl.training.ranks import Alone, Together
from tests.benchmarks import works


def cnn(rng, side=works.SIDE):
    """The article's first listing."""
    flat = works.FILTERS * ((side - 2) // 2) ** 2
    layers = Conv2D.init(rng, 1, works.FILTERS), MaxPool2D(2), ReLU(), Flatten(), Dense.init(rng, flat, works.CLASSES)
    return Sequential(layers)


def reader(rng, width=works.H):
    """The article's second listing."""
    embedding = Embedding.init(rng, works.WORDS, works.D)
    lstms = LSTM.init(rng, works.D, width), LSTM.init(rng, width, width)
    return Sequential((embedding, *lstms, SequencePool("last"), Dense.init(rng, width, works.CLASSES)))


def both(rng):
    """The article's third listing."""
    modalities = {"image": Modality(cnn(rng), None), "text": Modality(reader(rng), None)}
    return MultimodalClassifier(modalities, ProductOfExperts(), Sequential(()), tuple("0123456789"), {})


@dataclass(frozen=True, eq=False)
class Single(Layer):
    """A model of one thing in the form that the training loop expects."""

    model: Layer

    def forward(self, batch):
        y, trace = self.model.forward(batch["x"])
        return (y.values if isinstance(y, Tokens) else y), trace

    def __call__(self, batch):
        y = self.model(batch["x"])
        return y.values if isinstance(y, Tokens) else y

    def backward(self, dy, trace, input_gradient=True):
        dx, gradient = self.model.backward(dy, trace, input_gradient)
        return dx, Single(gradient)


def squared_error(y, labels):
    """The block has no classes: it is to yield zeros."""
    return mean_squared_error(y, np.zeros_like(y))


def prepared(letter, **sizes):
    """(model, batch, loss) of a piece of work."""
    rng = np.random.default_rng(0)
    if letter == "e":
        glyphs, batch = works.glyph_batch()
        return multimodal_classifier(rng, glyphs), batch, softmax_cross_entropy
    given = works.inputs(**{"n": 1 if letter == "f" else works.N} | sizes)
    everywhere = np.ones(len(given.labels), bool)
    words = Tokens(given.ids, np.ones(given.ids.shape, bool))
    if letter in "cf":
        batch = Batch({"image": given.images, "text": words}, {"image": everywhere, "text": everywhere}, given.labels)
        return both(rng), batch, softmax_cross_entropy
    width, mask = given.tokens.shape[2], np.ones(given.tokens.shape[:2], bool)
    if letter == "a":
        model, x, labels, loss = cnn(rng, given.images.shape[1]), given.images, given.labels, softmax_cross_entropy
    elif letter == "b":
        model, x, labels, loss = reader(rng), words, given.labels, softmax_cross_entropy
    else:
        model, x = TransformerBlock.init(rng, width, works.HEADS, 4 * width), Tokens(given.tokens, mask)
        labels, loss = np.zeros((len(mask), width), int), squared_error
    return Single(model), Batch({"x": x}, {"x": everywhere}, labels), loss


def work(letter, ranks=None, **sizes):
    """A function that does the work once; ranks, if there are several, share the batch of a training step."""
    if (ranks and works.WORKS[letter].what == "predict") or (ranks and letter == "g"):
        return None
    if letter == "g":
        logits, labels, lengths = works.spoken()
        label_mask = np.arange(labels.shape[1]) < lengths[:, None]
        return lambda: ctc_loss(logits, labels, None, label_mask)
    model, batch, loss = prepared(letter[0], **sizes)
    if works.WORKS[letter].what == "predict":
        return lambda: model(batch)
    keep_freed_memory()
    training = Training(model, [batch], Adam(1e-3), 1, np.random.default_rng(0), classification(loss), ranks=ranks)
    team = Together(training) if ranks else Alone(training)
    team.begin_epoch()

    def step():
        team.gradient(batch)
        training.optimizer.move(model, training.state, 1e-3)

    return step
