"""Lesson 22: additive attention, and a state that asks before every step."""

import numpy as np

from mmdl.check.exercise import Exercise
from mmdl.check.known import mistakes_in
from mmdl.check.prediction import prediction
from mmdl.ops.additive_attention import additive_attention, additive_attention_backward
from mmdl.ops.softmax import softmax, softmax_backward


def additive(q, k, v, w):
    """y = a v,  a = softmax(z · w),  z = tanh(q_t + k_s)"""
    return tuple(additive_attention(q, k, v, w))


def additive_backward(dy, q, k, v, w, a, z):
    """du = de w ∘ (1 − z²) goes to q and to k"""
    return additive_attention_backward(dy, q, k, v, w, a, z)


def attentive_backward(dh, h, v, Wq, w, C, U, a, z):
    """H_{t−1} = dh_{t−1} + dx Uᵀ + dq Wqᵀ: three ways"""
    return _through_time(dh, h, v, Wq, w, C, U, a, z)


def _through_time(dh, h, v, Wq, w, C, U, a, z, *, ways=(1, 1, 1), through=softmax_backward):
    """Backpropagation through time with parts that can be replaced: the three ways back, and softmax."""
    dx, D = np.empty_like(h[:, 1:]), dh[:, -1]
    for t in reversed(range(dx.shape[1])):
        dx[:, t] = D * (1 - h[:, t + 1] ** 2)
        da = (v @ (dx[:, t] @ C.T)[:, :, None])[:, :, 0]
        du = through(da, a[:, t])[:, :, None] * w * (1 - z[:, t] ** 2)
        D = ways[0] * dh[:, t] + ways[1] * dx[:, t] @ U.T + ways[2] * du.sum(axis=1) @ Wq.T
    return dx, D


def asked(draws):
    """Queries, keys, values and the weights of the hidden layer."""
    return draws.arrays(q="N T K", k="N S K", v="N S V", w="K")


def answered(draws):
    """The same with the answer's gradient, the weights and the hidden layer."""
    known = asked(draws)
    _, a, z = additive(**known)
    return known | {"a": a, "z": z, "dy": draws.array("N T V")}


def unrolled(draws):
    """A network that has run, and the gradients of its states."""
    known = draws.arrays(v="N S V", Wq="H K", w="K", C="V H", U="H H")
    v, Wq, w, C, U = known.values()
    x, k, h = draws.array("N T H"), draws.array("N S K"), [draws.array("N H")]
    a, z = [], []
    for t in range(x.shape[1]):
        z.append(np.tanh((h[t] @ Wq)[:, None] + k))
        a.append(softmax(z[t] @ w))
        h.append(np.tanh(x[:, t] + (a[t][:, None] @ v)[:, 0] @ C + h[t] @ U))
    dh = np.stack([draws.array("N H") for _ in h], axis=1)
    return {"dh": dh, "h": np.stack(h, 1), **known, "a": np.stack(a, 1), "z": np.stack(z, 1)}


EXERCISES = (
    Exercise(
        additive,
        asked,
        ("y", "a", "z"),
        (
            "Every query meets every key: q[:, :, None] + k[:, None] is (N, T, S, K).",
            "z @ w is (N, T, S). Softmax along the last axis, over the memory; then a @ v.",
        ),
        axes={"y": "N T V", "a": "N T S", "z": "N T S K"},
    ),
    Exercise(
        additive_backward,
        answered,
        ("dq", "dk", "dv", "dw"),
        (
            "y = a v is a product: da = dy vᵀ, and v gets aᵀ dy.",
            "Through softmax, de = a ∘ (da − ⟨da, a⟩). e = z · w: z gets de w, and w gets Σ de z over all pairs.",
            "Through tanh, whose slope is 1 − z²: du = de w ∘ (1 − z²), (N, T, S, K).",
            "u = q_t + k_s was broadcast, so each adds up over the axis that it lacks: dq over s, dk over t.",
        ),
        axes={"dq": "N T K", "dk": "N S K", "dv": "N S V", "dw": "K"},
    ),
    Exercise(
        attentive_backward,
        unrolled,
        ("dx", "dh0"),
        (
            "From the last step to the first, with D, all that h_t gets: dx_t = D ∘ (1 − h_t²).",
            "The context gets dx_t Cᵀ. From there it is the backward pass of additive attention, for one query.",
            "Who used h_{t−1}? The loss (dh), the step (dx_t Uᵀ), and the attention, as a question (dq Wqᵀ).",
            "D = dh[:, t] + dx[:, t] @ U.T + dq @ Wq.T",
        ),
        axes={"dx": "N T H", "dh0": "N H"},
    ),
)

MISTAKES = []
in_additive = mistakes_in(MISTAKES, "additive")
in_backward = mistakes_in(MISTAKES, "additive_backward")
in_time = mistakes_in(MISTAKES, "attentive_backward")


def _by_the_diagonal(da, a):
    return da * a * (1 - a)


def _back(dy, q, k, v, w, a, z, de=None, slope=1, factor=None):
    """The backward pass of additive attention with parts that can be replaced."""
    de = softmax_backward(dy @ v.mT, a) if de is None else de
    du = de[..., None] * (w if factor is None else factor) * (1 - slope * z * z)
    return du.sum(axis=2), du.sum(axis=1), a.mT @ dy, np.einsum("nts,ntsk->k", de, z)


@in_additive("First tanh, then the product with w: z · w with z = tanh(q + k).")
def tanh_left_out(q, k, v, w):
    """The hidden layer has no tanh: z is q + k. Then the question adds the same to all scores, and decides nothing."""
    z = q[:, :, None] + k[:, None]
    a = softmax(z @ w)
    return a @ v, a, z


@in_additive("The weights of one query, over the memory, sum to one: softmax along the last axis.")
def softmax_over_the_queries(q, k, v, w):
    """Softmax runs over the queries instead of the memory."""
    z = np.tanh(q[:, :, None] + k[:, None])
    a = softmax((z @ w).mT).mT
    return a @ v, a, z


@in_backward("tanh has a slope: multiply by 1 − z².")
def slope_forgotten(dy, q, k, v, w, a, z):
    """dq and dk lack the slope of tanh, 1 − z²."""
    return _back(dy, q, k, v, w, a, z, slope=0)


@in_backward("When one weight grows the others fall: a ∘ (da − ⟨da, a⟩).")
def softmax_by_the_diagonal(dy, q, k, v, w, a, z):
    """Softmax is gone through as if each weight depended on its own score only: da ∘ a ∘ (1 − a)."""
    return _back(dy, q, k, v, w, a, z, de=_by_the_diagonal(dy @ v.mT, a))


@in_backward("e = z · w: what goes to z is de times w.")
def w_forgotten(dy, q, k, v, w, a, z):
    """dq and dk lack the factor w."""
    return _back(dy, q, k, v, w, a, z, factor=np.ones_like(w))


@in_time("A state asks, too: add dq Wqᵀ, the third way.")
def third_way_missing(dh, h, v, Wq, w, C, U, a, z):
    """The third way back is missing, through the question that a state asks, or the slope 1 − z² in it, without which
    it adds up to nothing: only the last step is right."""
    return _through_time(dh, h, v, Wq, w, C, U, a, z, ways=(1, 1, 0))


@in_time("The state went into the next step by U as well: add dx Uᵀ.")
def second_way_missing(dh, h, v, Wq, w, C, U, a, z):
    """The way back through U is missing: the last step is right, earlier ones are not."""
    return _through_time(dh, h, v, Wq, w, C, U, a, z, ways=(1, 0, 1))


@in_time("Each state has a gradient of its own from the loss: add dh of that state.")
def first_way_missing(dh, h, v, Wq, w, C, U, a, z):
    """Only the last state's dh is used: what the loss gives to earlier states directly is missing."""
    return _through_time(dh, h, v, Wq, w, C, U, a, z, ways=(0, 1, 1))


@in_time("When one weight grows the others fall: a ∘ (da − ⟨da, a⟩).")
def softmax_by_the_diagonal_in_time(dh, h, v, Wq, w, C, U, a, z):
    """Softmax is gone through as if each weight depended on its own score only: da ∘ a ∘ (1 − a)."""
    return _through_time(dh, h, v, Wq, w, C, U, a, z, through=_by_the_diagonal)


@prediction("The last state asked nothing more. What of the one before it?")
def right_steps():
    """One, the last. The state before it asked the last step's question, and misses what comes back from there."""
    rng = np.random.default_rng(0)
    v, Wq, w, C, U, k, x = (
        rng.standard_normal(s) for s in ((1, 3, 2), (4, 2), 2, (2, 4), (4, 4), (1, 3, 2), (1, 5, 4))
    )
    h, a, z = [np.zeros((1, 4))], [], []
    for t in range(5):
        z.append(np.tanh((h[t] @ Wq)[:, None] + k))
        a.append(softmax(z[t] @ w))
        h.append(np.tanh(x[:, t] + (a[t][:, None] @ v)[:, 0] @ C + h[t] @ U))
    dh = np.zeros((1, 6, 4))
    dh[:, -1] = 1
    run = (dh, np.stack(h, 1), v, Wq, w, C, U, np.stack(a, 1), np.stack(z, 1))
    same = np.isclose(attentive_backward(*run)[0], third_way_missing(*run)[0], rtol=1e-9, atol=0)
    return int(same.all(axis=2).sum())


@prediction("The best that it can say is what is true: each with the same probability.")
def three_right_names():
    """−log(1/3) = log 3 = 1.10 nats. Nothing in the picture tells which; more training cannot help."""
    return float(np.log(3))


PREDICTIONS = (right_steps, three_right_names)
