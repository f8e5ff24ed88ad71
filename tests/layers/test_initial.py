"""Where layers start."""

import inspect
import math

import numpy as np
import pytest

from mmdl import tree
from mmdl.layers import (
    GRU,
    LSTM,
    RNN,
    BatchNorm,
    Conv1D,
    Conv2D,
    Dense,
    Embedding,
    LayerNorm,
    MultiHeadAttention,
    SelfAttention,
    TransformerBlock,
)
from mmdl.layers.initial import glorot_uniform, orthogonal
from tests.close import close

SIZES = {
    Dense: (6, 5),
    Conv2D: (3, 5),
    Conv1D: (3, 5),
    Embedding: (7, 4),
    RNN: (6, 5),
    LSTM: (6, 5),
    GRU: (6, 5),
    SelfAttention: (6, 4),
    MultiHeadAttention: (6, 2),
    TransformerBlock: (6, 2, 8),
    LayerNorm: (6,),
    BatchNorm: (6,),
}


def start(kind, seed=0, **settings):
    rng = (np.random.default_rng(seed),) if "rng" in inspect.signature(kind.init).parameters else ()
    return kind.init(*rng, *SIZES[kind], **settings)


@pytest.mark.parametrize("kind", SIZES)
class TestEveryStart:
    def test_the_same_seed_gives_the_same_bits(self, kind):
        assert tree.equal(start(kind, 3), start(kind, 3))

    def test_another_seed_gives_other_numbers(self, kind):
        drawn = "rng" in inspect.signature(kind.init).parameters
        assert tree.equal(start(kind, 3), start(kind, 4)) == (not drawn)

    def test_arrays_are_what_parameters_have_to_be(self, kind):
        for dtype in (np.float32, np.float64):
            arrays = [array for _, array in tree.leaves(start(kind, dtype=dtype))]
            for place, array in enumerate(arrays):
                assert array.dtype == dtype and array.ndim >= 1
                assert array.flags.c_contiguous and array.flags.writeable
                assert not any(np.shares_memory(array, other) for other in arrays[:place])

    def test_float32_unless_asked(self, kind):
        assert {array.dtype for _, array in tree.leaves(start(kind))} == {np.dtype("float32")}

    def test_leaves_the_global_generator_alone(self, kind):
        before = np.random.get_state()[1].copy()  # noqa: NPY002
        start(kind)
        assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


@pytest.mark.parametrize(
    ("shape", "fans"), [((40, 60), 40 + 60), ((3, 5, 8, 12), 15 * (8 + 12)), ((7, 20, 30), 7 * (20 + 30))]
)
def test_glorot_uniform(shape, fans):
    w = glorot_uniform(np.random.default_rng(0), shape)
    limit = math.sqrt(6 / fans)
    assert w.shape == shape
    assert 0.98 * limit < w.max() <= limit and -limit <= w.min() < -0.98 * limit
    assert np.var(w) == pytest.approx(limit**2 / 3, rel=0.1)
    assert abs(w.mean()) < 0.1 * limit


@pytest.mark.parametrize(
    ("layer", "name", "fans"),
    [
        (start(Dense), "W", 11),
        (start(Conv2D), "w", 9 * 8),
        (start(Conv1D), "w", 3 * 8),
        (start(RNN), "W", 11),
        (start(LSTM), "W", 6 + 20),
        (start(GRU), "W", 6 + 15),
        (start(SelfAttention), "Wq", 10),
        (start(MultiHeadAttention), "Wo", 12),
    ],
    ids=lambda value: type(value).__name__,
)
def test_input_kernels_are_glorot_uniform(layer, name, fans):
    largest = np.abs(getattr(layer, name)).max()
    assert 0.7 * math.sqrt(6 / fans) < largest <= math.sqrt(6 / fans)


@pytest.mark.parametrize("shape", [(5, 5), (4, 16), (16, 4), (1, 3)])
def test_orthogonal(shape):
    U = orthogonal(np.random.default_rng(0), shape, np.float64)
    product = U @ U.T if shape[0] <= shape[1] else U.T @ U
    assert U.shape == shape
    assert close(product, np.eye(min(shape)), atol=1e-12)


def test_orthogonal_matrices_are_spread_evenly():
    """Without the signs, the first entry of q would always be negative."""
    rng = np.random.default_rng(0)
    corners = [orthogonal(rng, (3, 3))[0, 0] for _ in range(400)]
    assert abs(np.mean(corners)) < 0.12
    assert np.var(corners) == pytest.approx(1 / 3, abs=0.06)


@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
def test_recurrent_kernels_have_orthonormal_rows(kind):
    U = start(kind).U
    assert close(U @ U.T, np.eye(5), atol=1e-6)


def test_the_forget_gate_starts_open():
    assert start(LSTM).b.tolist() == [0] * 5 + [1] * 5 + [0] * 10


@pytest.mark.parametrize("kind", [Dense, Conv2D, Conv1D, RNN, GRU])
def test_biases_start_at_zero(kind):
    assert not start(kind).b.any()


def test_norms_start_as_no_change():
    for layer in (start(LayerNorm), start(BatchNorm)):
        assert (layer.gamma == 1).all() and not layer.beta.any()
    assert not start(BatchNorm).mean.any() and (start(BatchNorm).variance == 1).all()


def test_embeddings_start_small():
    E = Embedding.init(np.random.default_rng(0), 100, 20).E
    assert E.shape == (100, 20)
    assert 0.0499 < E.max() <= 0.05 and -0.05 <= E.min() < -0.0499


def test_shapes_of_the_parameters():
    shapes = {kind.__name__: [array.shape for _, array in tree.leaves(start(kind))] for kind in SIZES}
    assert shapes["Dense"] == [(6, 5), (5,)]
    assert shapes["Conv2D"] == [(3, 3, 3, 5), (5,)]
    assert shapes["Conv1D"] == [(3, 3, 5), (5,)]
    assert shapes["RNN"] == [(6, 5), (5, 5), (5,)]
    assert shapes["LSTM"] == [(6, 20), (5, 20), (20,)]
    assert shapes["GRU"] == [(6, 15), (5, 15), (2, 15)]
    assert shapes["MultiHeadAttention"] == [(6, 6), (6,)] * 4
