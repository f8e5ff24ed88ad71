"""What every layer and every fusion must do: each check takes a layer and its input, arrays in float64."""

import numpy as np

from mmdl import tree
from mmdl.tokens import Tokens, select
from mmdl.verify.compare import agree
from mmdl.verify.oracle import complex_step_gradient

EXACT = 1e-12


def backward_is_gradient(layer, x):
    """dx and every parameter's gradient are what complex steps find in forward."""
    dy, dx, gradient = backward(layer, x)
    arguments = [floats(x), floats(layer)]

    def forward(numbers, parameters):
        return values(with_floats(layer, parameters)(with_floats(x, numbers)))

    expected = dict(zip(paths(layer), complex_step_gradient(forward, arguments, 1, dy), strict=True))
    found = dict(zip(paths(gradient), floats(gradient), strict=True))
    for path in expected.keys() - tree.running_momentum(layer).keys():
        agree(f"gradient of {path}", found[path], expected[path], EXACT, "complex steps")
    if not floats(x):
        assert dx is None, "integers have no gradient"
    for place, (mine, theirs) in enumerate(
        zip(floats(dx), complex_step_gradient(forward, arguments, 0, dy), strict=True)
    ):
        agree(f"gradient of input {place}", mine, theirs, EXACT, "complex steps")


def gradient_alone_is_the_same(layer, x):
    """gradient() gives the bits of backward()'s second result."""
    y, trace = layer.forward(x)
    dy = upstream(y)
    assert tree.equal(layer.gradient(dy, trace), layer.backward(dy, trace)[1])


def gradient_is_such_a_layer(layer, x):
    """The gradient has the layer's types, settings, shapes and dtypes, in arrays of its own that may be written to."""
    dy, _, gradient = backward(layer, x)
    assert tree.equal(tree.zeros(gradient), tree.zeros(layer)), "another kind of tree"
    elsewhere = [dy, *floats(layer), *floats(x)]
    for path, array in zip(paths(gradient), floats(gradient), strict=True):
        assert array.ndim >= 1, path
        assert array.flags.c_contiguous and array.flags.writeable, path
        assert not any(np.shares_memory(array, other) for other in elsewhere), path


def nothing_is_changed(layer, x):
    """Forward, backward and gradient leave layer, input, trace and upstream gradient as they were."""
    y, trace = layer.forward(x)
    dy = upstream(y)
    now = (layer, x, y, trace, dy)
    before = tree.copy(now)
    layer.backward(dy, trace)
    layer.gradient(dy, trace)
    layer.forward(x)
    for what, mine, theirs in zip(("layer", "input", "output", "trace", "dy"), now, before, strict=True):
        assert tree.equal(mine, theirs), f"the {what} has changed"


def twice_is_the_same(layer, x):
    """Forward and backward, called again, give the same bits."""
    assert tree.equal(layer.forward(x), layer.forward(x))
    y, trace = layer.forward(x)
    dy = upstream(y)
    assert tree.equal(layer.backward(dy, trace), layer.backward(dy, trace))


def calling_is_forward(layer, x):
    """layer(x) is the first result of forward."""
    assert tree.equal(layer(x), layer.forward(x)[0])


def float32_stays_float32(layer, x):
    """Nothing becomes float64 on the way, and the results are those of float64, roughly."""
    dy, dx, gradient = backward(layer, x)
    small, x32 = single(layer), single(x)
    y, trace = small.forward(x32)
    results = (y, *small.backward(single(dy), trace))
    for path, array in tree.leaves((results, trace)):
        assert array.dtype.kind != "f" or array.dtype == np.float32, f"{path} is {array.dtype}"
    for mine, theirs in zip(floats(results), floats((layer(x), dx, gradient)), strict=True):
        agree("float32", mine, theirs, 1e-4, "float64")


def order_in_memory_does_not_matter(layer, x):
    """Arrays that are stored column by column give the same."""
    dy, *expected = backward(layer, x)
    _, trace = layer.forward(tree.map(np.asfortranarray, x))
    found = layer.backward(np.asfortranarray(dy), trace)
    for mine, theirs in zip(floats(found), floats(tuple(expected)), strict=True):
        agree("column by column", mine, theirs, EXACT, "row by row")


def survives_an_empty_batch(layer, x):
    """No example in, no example out, and a gradient of zeros."""
    nobody = rows(x, slice(0, 0))
    y, trace = layer.forward(nobody)
    expected = (0, *values(layer(x)).shape[1:])
    assert values(y).shape == expected
    dx, gradient = layer.backward(np.zeros(expected), trace)
    assert [array.shape for array in floats(dx)] == [array.shape for array in floats(nobody)]
    assert tree.equal(layer.gradient(np.zeros(expected), trace), gradient)
    running = tree.running_momentum(layer)
    for path, array in zip(paths(gradient), floats(gradient), strict=True):
        assert path in running or not array.any(), path


def examples_do_not_meet(layer, x):
    """An example gives alone what it gives in a batch, dx too."""
    dy, dx, _ = backward(layer, x)
    for one in (slice(0, 1), slice(1, None)):
        y, trace = layer.forward(rows(x, one))
        agree("output alone", values(y), values(layer(x))[one], EXACT, "the batch")
        alone, _ = layer.backward(dy[one], trace)
        for mine, theirs in zip(floats(alone), floats(dx), strict=True):
            agree("dx alone", mine, theirs[one], EXACT, "the batch")


def integers_are_numbers(layer, x):
    """Whole numbers, given as integers or booleans of any type, give what they give as floating-point numbers."""
    for dtype in (np.int64, np.int8, bool):
        whole = [np.round(array).astype(dtype) for array in floats(x)]
        expected = layer(with_floats(x, [array.astype(float) for array in whole]))
        agree(dtype.__name__, values(layer(with_floats(x, whole))).astype(float), values(expected), EXACT, "floats")


def no_mask_is_a_full_mask(layer, x):
    """Tokens without a mask give what they give with one that is True everywhere, gradients too."""
    full, none = tokens_with(x, lambda tokens: np.ones(tokens.mask.shape, bool)), tokens_with(x, lambda tokens: None)
    (y, trace), (other, other_trace) = layer.forward(full), layer.forward(none)
    agree("output", values(other), values(y), EXACT, "a full mask")
    assert not isinstance(other, Tokens) or other.mask is None or other.mask.all()
    dy = upstream(y)
    for mine, theirs in zip(layer.backward(dy, other_trace), layer.backward(dy, trace), strict=True):
        for one, two in zip(floats(mine), floats(theirs), strict=True):
            agree("gradient", one, two, EXACT, "a full mask")


def ones_and_zeros_are_a_mask(layer, x):
    """A mask may be of integers, if these are 0 and 1."""
    agree(
        "output", visible(layer(tokens_with(x, lambda tokens: tokens.mask.astype(int)))), visible(layer(x)), 0, "a mask"
    )


def tokens_with(x, mask):
    """Tokens, or a tuple of them, with another mask."""
    return x._replace(mask=mask(x)) if isinstance(x, Tokens) else tuple(tokens_with(each, mask) for each in x)


CHECKS = (
    integers_are_numbers,
    backward_is_gradient,
    gradient_alone_is_the_same,
    gradient_is_such_a_layer,
    nothing_is_changed,
    twice_is_the_same,
    calling_is_forward,
    float32_stays_float32,
    order_in_memory_does_not_matter,
)
BATCH_CHECKS = (survives_an_empty_batch, examples_do_not_meet)


def padding_is_not_seen(layer, x):
    """Whatever stands in the place of padding: output, dx and gradient stay the same."""
    dy, dx, gradient = backward(layer, x)
    other = with_garbage(x)
    y, trace = layer.forward(other)
    assert tree.equal(visible(y), visible(layer(x))), "the output has changed"
    assert tree.equal(layer.backward(dy, trace), (dx, gradient)), "a gradient has changed"


def more_padding_changes_nothing(layer, x):
    """Two more columns of padding: the same output before them, the same gradient, and zero dx there."""
    dy, dx, gradient = backward(layer, x)
    y, trace = layer.forward(padded(x))
    assert isinstance(y, Tokens) == isinstance(layer(x), Tokens)
    if isinstance(y, Tokens):
        length, more = dy.shape[1], y.mask.shape[1] - dy.shape[1]
        assert tree.equal(y.mask, np.pad(layer(x).mask, ((0, 0), (0, more))))
        y = Tokens(y.values[:, :length], y.mask[:, :length])
        dy = np.pad(dy, ((0, 0), (0, more), (0, 0)))
    agree("output", visible(y), visible(layer(x)), EXACT, "less padding")
    longer, found = layer.backward(dy, trace)
    for mine, theirs in zip(floats(found), floats(gradient), strict=True):
        agree("gradient", mine, theirs, EXACT, "less padding")
    for mine, theirs in zip(floats(longer), floats(dx), strict=True):
        agree("dx", mine, np.pad(theirs, ((0, 0), (0, 2), (0, 0))), EXACT, "less padding")


def backward(layer, x):
    """A random upstream gradient, and what backward makes of it: dy, dx, gradient"""
    y, trace = layer.forward(x)
    dy = upstream(y)
    return dy, *layer.backward(dy, trace)


def upstream(y, seed=7):
    """A random gradient of the output, zero at padding."""
    dy = np.random.default_rng(seed).standard_normal(values(y).shape).astype(values(y).dtype)
    return np.where(y.mask[..., None], dy, 0) if isinstance(y, Tokens) and y.mask is not None else dy


def values(y):
    """The numbers of an array or of Tokens."""
    return y.values if isinstance(y, Tokens) else y


def visible(y):
    """The numbers of an array, or those of Tokens that are no padding."""
    return y.values[y.full_mask] if isinstance(y, Tokens) else y


def rows(x, which):
    """Some examples of an input: an array, Tokens or a tuple of them."""
    if isinstance(x, tuple) and not isinstance(x, Tokens):
        return tuple(rows(each, which) for each in x)
    return select(x, which)


def floats(x):
    """The arrays of a tree that hold numbers, not ids and masks."""
    return tuple(array for _, array in tree.leaves(x) if array.dtype.kind in "fc")


def paths(x):
    """Where they stand."""
    return tuple(path for path, array in tree.leaves(x) if array.dtype.kind in "fc")


def with_floats(x, arrays):
    """The tree with other arrays of numbers."""
    arrays = iter(arrays)
    return tree.map(lambda array: next(arrays) if array.dtype.kind in "fc" else array, x)


def single(x):
    """The tree in float32."""
    return with_floats(x, [array.astype(np.float32) for array in floats(x)])


def scattered(layer, rng):
    """The layer in float64, its parameters moved away from zeros and ones: a mix-up of biases would show."""
    return with_floats(layer, [array + rng.uniform(0.1, 0.4, array.shape) for array in floats(layer)])


def with_garbage(x):
    """Tokens, or a tuple of them, with other numbers in the place of padding; ids stay small."""
    if not isinstance(x, Tokens):
        return tuple(map(with_garbage, x))
    rng = np.random.default_rng(3)
    if x.values.dtype.kind == "i":
        return Tokens(np.where(x.mask, x.values, rng.integers(1, 4, x.mask.shape)), x.mask)
    garbage = 1e6 * rng.standard_normal(x.values.shape)
    return Tokens(np.where(x.mask[..., None], x.values, garbage), x.mask)


def padded(x):
    """Tokens, or a tuple of them, with two more columns of padding."""
    if not isinstance(x, Tokens):
        return tuple(map(padded, x))
    width = [(0, 0), (0, 2)] + [(0, 0)] * (x.values.ndim - 2)
    return Tokens(np.pad(x.values, width, constant_values=1), np.pad(x.mask, width[:2]))
