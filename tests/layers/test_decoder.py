"""Every decoder: what every layer must do, and what every decoder must do besides."""

import numpy as np
import pytest

from mmdl import tree
from mmdl.layers import AttentiveLSTMDecoder, DecoderBlock, LSTMDecoder, TransformerDecoder
from mmdl.tokens import Tokens
from tests import layer_checks
from tests.layer_checks import floats, scattered, with_floats
from tests.layers.cases import ids, tokens

K = 5
DECODERS = {
    "lstm": lambda rng: LSTMDecoder.init(rng, 4, K, 3),
    "lstm without attention": lambda rng: LSTMDecoder.init(rng, 4, K, 3, attention=False),
    "attentive lstm": lambda rng: AttentiveLSTMDecoder.init(rng, 4, K, 3),
    "transformer": lambda rng: TransformerDecoder.init(rng, 4, K, blocks=2, heads=2, hidden=5),
}
every_decoder = pytest.mark.parametrize("name", DECODERS)


def build(name):
    """A decoder with scattered parameters; memory of four examples and ids: whole, short, with gaps, without any."""
    rng = np.random.default_rng(len(name))
    return scattered(DECODERS[name](rng), rng), tokens(rng), ids(rng, K)


def upstream(logits):
    return np.random.default_rng(7).standard_normal(logits.shape)


@every_decoder
def test_backward_is_the_gradient_of_complex_steps(name):
    decoder, memory, inputs = build(name)
    logits, trace = decoder.forward(memory, inputs)
    dlogits = np.where(inputs.mask[..., None], upstream(logits), 0)
    dmemory, gradient = decoder.backward(dlogits, trace)

    def forward(numbers, parameters):
        return with_floats(decoder, parameters)(with_floats(memory, numbers), inputs)

    arguments = [floats(memory), floats(decoder)]
    expected = layer_checks.complex_step_gradient(forward, arguments, 1, dlogits)
    for path, mine, theirs in zip(layer_checks.paths(gradient), floats(gradient), expected, strict=True):
        layer_checks.agree(f"gradient of {path}", mine, theirs, 1e-12, "complex steps")
    (theirs,) = layer_checks.complex_step_gradient(forward, arguments, 0, dlogits)
    layer_checks.agree("dmemory", dmemory, theirs, 1e-12, "complex steps")
    assert tree.equal(tree.zeros(gradient), tree.zeros(decoder))


@every_decoder
def test_step_by_step_equals_forward(name):
    decoder, memory, _ = build(name)
    words = np.random.default_rng(1).integers(K, size=(4, 6))
    logits, trace = decoder.forward(memory, Tokens(words, None))
    state = decoder.start(memory)
    for t in range(6):
        found = decoder.step(state, words[:, t])
        np.testing.assert_allclose(found.logits, logits[:, t], rtol=0, atol=1e-12)
        if name != "lstm without attention":
            weights = trace.weights[..., t, :]
            np.testing.assert_allclose(
                found.weights, weights if weights.ndim == 2 else weights.mean(axis=1), atol=1e-12
            )
        state = found.state


@every_decoder
def test_a_beam_may_reorder_the_rows_of_a_state(name):
    decoder, memory, _ = build(name)
    words, order = np.array([1, 2, 3, 4]), np.array([2, 0, 0, 3])
    state = decoder.step(decoder.start(memory), words).state
    assert all(len(array) == 4 for _, array in tree.leaves(state))
    expected = decoder.step(state, words)
    found = decoder.step(tree.map(lambda array: array[order], state), words[order])
    np.testing.assert_allclose(found.logits, expected.logits[order], atol=1e-12)


@every_decoder
def test_logits_ignore_inputs_after_them(name):
    decoder, memory, _ = build(name)
    words = np.random.default_rng(1).integers(K, size=(4, 6))
    logits = decoder(memory, Tokens(words, None))
    for t in range(6):
        other = np.where(np.arange(6) > t, (words + 1) % K, words)
        np.testing.assert_allclose(decoder(memory, Tokens(other, None))[:, : t + 1], logits[:, : t + 1], atol=1e-12)


@every_decoder
@pytest.mark.parametrize("garbage", [1e6, np.nan])
def test_padding_of_the_memory_changes_nothing(name, garbage):
    decoder, memory, inputs = build(name)
    logits, trace = decoder.forward(memory, inputs)
    longer = np.pad(memory.values, ((0, 0), (0, 2), (0, 0))), np.pad(memory.mask, ((0, 0), (0, 2)))
    other = Tokens(np.where(longer[1][..., None], longer[0], garbage), longer[1])
    found, other_trace = decoder.forward(other, inputs)
    np.testing.assert_allclose(found, logits, atol=1e-12)
    dlogits = upstream(logits)
    (dmemory, gradient), (longer_dmemory, other) = (
        decoder.backward(dlogits, trace),
        decoder.backward(dlogits, other_trace),
    )
    np.testing.assert_allclose(longer_dmemory[:, : dmemory.shape[1]], dmemory, atol=1e-12)
    assert not longer_dmemory[:, dmemory.shape[1] :].any()
    for mine, theirs in zip(floats(other), floats(gradient), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-12)


@every_decoder
def test_examples_do_not_meet(name):
    decoder, memory, inputs = build(name)
    logits, trace = decoder.forward(memory, inputs)
    dlogits = upstream(logits)
    dmemory, _ = decoder.backward(dlogits, trace)
    for n in range(4):
        alone = (layer_checks.rows(each, slice(n, n + 1)) for each in (memory, inputs))
        found, own = decoder.forward(*alone)
        np.testing.assert_allclose(found[0], logits[n], atol=1e-12)
        np.testing.assert_allclose(decoder.backward(dlogits[n : n + 1], own)[0][0], dmemory[n], atol=1e-12)


@every_decoder
def test_float32_stays_float32_and_nothing_is_changed(name):
    decoder, memory, inputs = (layer_checks.single(each) for each in build(name))
    before = tree.copy((decoder, memory, inputs))
    logits, trace = decoder.forward(memory, inputs)
    dlogits = upstream(logits).astype(np.float32)
    given = tree.copy(dlogits)
    results = (
        logits,
        trace,
        *decoder.backward(dlogits, trace),
        tuple(decoder.step(decoder.start(memory), np.arange(4))),
    )
    for path, array in tree.leaves(results):
        assert array.dtype.kind != "f" or array.dtype == np.float32, path
    assert tree.equal(before, (decoder, memory, inputs)) and tree.equal(given, dlogits)
    assert tree.equal(decoder.backward(dlogits, trace), decoder.backward(dlogits, trace))


@every_decoder
def test_the_gradient_stands_in_arrays_of_its_own(name):
    decoder, memory, inputs = build(name)
    logits, trace = decoder.forward(memory, inputs)
    dlogits = upstream(logits)
    _, gradient = decoder.backward(dlogits, trace)
    for path, array in tree.leaves(gradient):
        assert array.flags.c_contiguous and array.flags.writeable, path
        assert not any(np.shares_memory(array, other) for other in (dlogits, *floats(decoder))), path


def test_a_block_by_complex_steps():
    rng = np.random.default_rng(0)
    block = scattered(DecoderBlock.init(rng, 4, 2, 5), rng)
    memory = tokens(rng)
    x = tokens(rng)
    y, trace = block.forward((x, memory))
    dy = upstream(y)
    (dx, dmemory), gradient = block.backward(dy, trace)

    def forward(numbers, parameters):
        return with_floats(block, parameters)(with_floats((x, memory), numbers))

    arguments = [floats((x, memory)), floats(block)]
    inputs, parameters = (layer_checks.complex_step_gradient(forward, arguments, place, dy) for place in (0, 1))
    for mine, theirs in zip((dx, dmemory, *floats(gradient)), (*inputs, *parameters), strict=True):
        layer_checks.agree("a gradient", mine, theirs, 1e-12, "complex steps")
