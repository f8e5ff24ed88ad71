"""The recurrent network, one step at a time: equation (2) of the article."""

import numpy as np

from mmdl.formulas.activations import relu, sigmoid, tanh
from mmdl.shapes import Array, Mask


def rnn(
    x: Array,
    W: Array,
    U: Array,
    b: Array | None,
    h0: Array | None = None,
    mask: Mask | None = None,
    f: str = "tanh",
) -> Array:
    """(2)  h_t = f(W x_t + U h_{t−1} + b)

    x (T, D), W (D, H), U (H, H), b (H,), h0 (H,) -> h (T+1, H).
    h[0] is the initial state, zeros unless given; h[t] the state after t inputs.
    Vectors are rows here, so that the products read x_t W and h_{t−1} U.
    mask (T,): where it is False there is no token and the state stays.  f: "tanh", "relu" or "sigmoid".
    Source: Elman, Finding structure in time, 1990.
    """
    (T, D), H = x.shape, len(U)
    activate = {"tanh": tanh, "relu": relu, "sigmoid": sigmoid}[f]
    b = np.zeros(H) if b is None else b
    h = np.zeros((T + 1, H))
    h[0] = 0 if h0 is None else h0
    for t in range(T):
        if mask is not None and not mask[t]:
            h[t + 1] = h[t]
            continue
        a = [
            sum(x[t, d] * W[d, j] for d in range(D)) + sum(h[t, i] * U[i, j] for i in range(H)) + b[j] for j in range(H)
        ]
        h[t + 1] = activate(a)
    return h
