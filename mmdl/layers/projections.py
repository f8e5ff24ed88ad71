"""The projections of attention: queries from one sequence, keys and values from another, or from the same."""

from typing import Any

from mmdl.ops.dense import affine, affine_backward
from mmdl.shapes import Array


def project(layer: Any, x: Array, source: Array) -> tuple[Array, Array, Array]:
    """q = x Wq + bq,   k = s Wk + bk,   v = s Wv + bv,   with the arrays of a layer that has them, biases or not

    x (N, T, D), source s (N, S, D) -> three arrays (N, T or S, H)
    """
    (Wq, bq), (Wk, bk), (Wv, bv) = _arrays(layer)
    return affine(x, Wq, bq), affine(source, Wk, bk), affine(source, Wv, bv)


def project_backward(
    layer: Any, dq: Array, dk: Array, dv: Array, x: Array, source: Array
) -> tuple[Array, Array, Array, dict[str, Array]]:
    """The gradient of x as the query's input, those of the source as the key's and the value's, and the fields' by name

    If x is the source, its gradient is the sum of the three.
    """
    (Wq, bq), (Wk, bk), (Wv, bv) = _arrays(layer)
    dxq, dWq, dbq = affine_backward(dq, x, Wq)
    dxk, dWk, dbk = affine_backward(dk, source, Wk)
    dxv, dWv, dbv = affine_backward(dv, source, Wv)
    biases = {name: db for name, b, db in (("bq", bq, dbq), ("bk", bk, dbk), ("bv", bv, dbv)) if b is not None}
    return dxq, dxk, dxv, {"Wq": dWq, "Wk": dWk, "Wv": dWv} | biases


def _arrays(layer: Any) -> list[tuple[Array, Array | None]]:
    """Weights and biases of q, k and v; the bias is None where there is none."""
    return [(getattr(layer, f"W{c}"), getattr(layer, f"b{c}", None)) for c in "qkv"]
