"""The projections of attention: queries from one sequence, keys and values from another, or from the same."""

from mmdl.ops.dense import affine, affine_backward


def project(layer, x, source):
    """q = x Wq + bq,   k = s Wk + bk,   v = s Wv + bv,   with the arrays of a layer that has them, biases or not

    x (N, T, D), source s (N, S, D) -> three arrays (N, T or S, H)
    """
    return tuple(affine(each, W, b) for each, (W, b) in zip((x, source, source), _arrays(layer), strict=True))


def project_backward(layer, dq, dk, dv, x, source):
    """The gradient of x as the query's input, those of the source as the key's and the value's, and the fields' by name

    If x is the source, its gradient is the sum of the three.
    """
    inputs, fields = [], {}
    for c, d, each, (W, b) in zip("qkv", (dq, dk, dv), (x, source, source), _arrays(layer), strict=True):
        dx, dW, db = affine_backward(d, each, W)
        inputs.append(dx)
        fields |= {f"W{c}": dW} if b is None else {f"W{c}": dW, f"b{c}": db}
    return *inputs, fields


def _arrays(layer):
    """Weights and biases of q, k and v; the bias is None where there is none."""
    return [(getattr(layer, f"W{c}"), getattr(layer, f"b{c}", None)) for c in "qkv"]
