"""The recurrent network, equation (2): a state that is updated token by token."""

from collections.abc import Callable
from typing import Annotated

import numpy as np

from mmdl.errors import DataError
from mmdl.ops._mask import only
from mmdl.ops._time import initial_states, keep, skipped_steps, step_masks, time_first
from mmdl.ops.activations import relu, relu_backward, sigmoid, sigmoid_backward, tanh, tanh_backward
from mmdl.ops.dense import affine, affine_backward, affine_gradient
from mmdl.shapes import Array, Mask, shapes

ACTIVATIONS = {
    "tanh": (tanh, tanh_backward),
    "relu": (relu, relu_backward),
    "sigmoid": (sigmoid, sigmoid_backward),
}


@shapes
def rnn(
    x: Annotated[Array, "N T D"],
    W: Annotated[Array, "D>0 H"],
    U: Annotated[Array, "H>0 H"],
    b: Annotated[Array, "H"] | None,
    h0: Annotated[Array, "N H"] | None = None,
    mask: Annotated[Mask, "N T"] | None = None,
    f: str = "tanh",
) -> Array:
    """hₜ = f(xₜ W + hₜ₋₁ U + b)

    Parameters
    ----------
    h0
        The state before the first token; zeros if not given.
    mask
        Where it is False the state is kept as it is.
    f : "tanh", "relu" or "sigmoid"

    Returns
    -------
    h : array (N, T + 1, H)
        h[:, 0] is the initial state, h[:, t] the state after t tokens, h[:, -1] the final one.

    Source: the article's equation (2); Elman, Finding structure in time, 1990.
    """
    activate, _ = _activation("rnn", f)
    x, mask = time_first(only(x, mask)), step_masks(mask)
    a = affine(x, W, b)  # one product for all tokens; only U has to wait for its turn
    h = initial_states(x, len(U), h0)
    for t in range(len(x)):
        h[t + 1] = keep(mask, t, activate(a[t] + h[t] @ U), h[t])
    return time_first(h)


@shapes
def rnn_backward(
    dh: Annotated[Array, "N T+1 H"],
    x: Annotated[Array, "N T D"],
    W: Annotated[Array, "D>0 H"],
    U: Annotated[Array, "H>0 H"],
    h: Annotated[Array, "N T+1 H"],
    mask: Annotated[Mask, "N T"] | None = None,
    f: str = "tanh",
) -> tuple[Array, Array, Array, Array, Array]:
    """Backpropagation through time: the gradient of a state comes from above and from the next state

    daₜ = f′(aₜ) ∘ Dₜ,   Dₜ₋₁ = dhₜ₋₁ + daₜ Uᵀ
    dx = da Wᵀ,  dW = Σ xₜᵀ daₜ,  dU = Σ hₜ₋₁ᵀ daₜ,  db = Σ daₜ

    Returns
    -------
    dx, dW, dU, db, dh0 : arrays (N, T, D), (D, H), (H, H), (H,), (N, H)

    Source: Werbos, Backpropagation through time, 1990.
    """
    _, f_backward = _activation("rnn_backward", f)
    dh, x, h, skipped = time_first(dh), time_first(only(x, mask)), time_first(h), skipped_steps(mask)
    da = f_backward(np.ones_like(h[1:]), h[1:])  # f′(aₜ) of all steps at once, still without the factor Dₜ
    if skipped is not None:
        da = np.where(skipped, 0, da)
    UT = U.T.copy()  # in order of its rows: a quarter faster for every step
    D = dh[-1]
    for t in reversed(range(len(x))):
        da[t] *= D
        kept = 0 if skipped is None else D * skipped[t]
        D = dh[t] + da[t] @ UT + kept
    dx, dW, db = affine_backward(da, x, W)
    dU, _ = affine_gradient(da, h[:-1])
    return time_first(dx), dW, dU, db, D.copy() if len(x) == 0 else D


def _activation(function: str, f: str) -> tuple[Callable[[Array], Array], Callable[[Array, Array], Array]]:
    if f not in ACTIVATIONS:
        raise DataError(f'{function}: f must be one of {", ".join(ACTIVATIONS)}, not "{f}"')
    return ACTIVATIONS[f]
