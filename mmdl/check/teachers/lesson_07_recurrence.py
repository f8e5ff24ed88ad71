"""Lesson 07: a recurrent network, forward and back through time."""

import numpy as np

from mmdl.check.exercise import Exercise, backward, forward
from mmdl.check.known import mistakes_in
from mmdl.check.prediction import prediction
from mmdl.ops.rnn import rnn, rnn_backward


def rnn_step(x, h, W, U, b):
    """h ← tanh(x W + h U + b)"""
    return np.tanh(x @ W + h @ U + b)


def one_step(gates=1, bias="H", states="h"):
    """Draws for one step of a recurrent layer."""

    def draw(draws):
        weights = {"W": f"D {gates}H", "U": f"H {gates}H", "b": bias}
        return draws.arrays(x="N D") | draws.arrays(**dict.fromkeys(states, "N H")) | draws.arrays(**weights)

    return draw


UNROLL = (
    "Make room for T + 1 states, put the initial one at place 0, and let step t read place t and write place t + 1."
)


def rnn_step_backward(dy, x, h, W, U, y):
    """da = dy ∘ (1 − y²),   dx = da Wᵀ,   dh = da Uᵀ,   dW = xᵀ da,   dU = hᵀ da,   db = Σ da"""
    da = dy * (1 - y * y)
    return da @ W.T, da @ U.T, x.T @ da, h.T @ da, da.sum(axis=0)


def stepped(draws):
    """One step with its result, and what arrives there."""
    drawn = one_step()(draws)
    return drawn | {"y": rnn_step(**drawn), "dy": draws.array("N H")}


EXERCISES = (
    Exercise(
        rnn_step,
        one_step(),
        ("h",),
        (
            "Two products and a bias: what comes in, what was there, and what is always added.",
            "np.tanh(x @ W + h @ U + b)",
        ),
        axes={"h": "N H"},
    ),
    forward(
        "rnn",
        UNROLL,
        "h = np.zeros((N, T + 1, H)), with h[:, 0] = h0 if there is one.",
        "h[:, t + 1] = rnn_step(x[:, t], h[:, t], W, U, b)",
    ),
    backward(
        "rnn",
        "Go through the steps from the last to the first, and carry the gradient of the state along.",
        "The state h_t is read twice: by whoever uses it (dh_t) and by the next step (da_{t+1} Uᵀ). Add the two.",
        "h is tanh(a) already, so the slope is 1 − h²; W, U and b are used T times, so their gradients add up: +=.",
        "dU gets h_{t−1}, the state that U multiplied: h[:, t] for the step that wrote h[:, t + 1].",
    ),
    Exercise(
        rnn_step_backward,
        stepped,
        ("dx", "dh", "dW", "dU", "db"),
        (
            "First back through tanh: its slope, told from its result y, is 1 − y². So da = dy ∘ (1 − y²).",
            "a = x W + h U + b holds two affine maps of lesson 00, with one da for both.",
            "dx = da Wᵀ, dh = da Uᵀ, dW = xᵀ da, dU = hᵀ da, db = Σ da over the examples.",
        ),
        axes={"dx": "N D", "dh": "N H", "dW": "D H", "dU": "H H", "db": "H"},
    ),
)

MISTAKES = []
in_step = mistakes_in(MISTAKES, "rnn_step")
in_rnn = mistakes_in(MISTAKES, "rnn")
in_rnn_backward = mistakes_in(MISTAKES, "rnn_backward")


def _through_time(dh, x, W, U, h, carried=1.0, slope=lambda h: 1 - h * h, back=None):
    """Backpropagation through time with parts that can be replaced; only its da differs from the right one."""
    back = U.T if back is None else back
    da, D = np.empty((*x.shape[:2], len(U))), dh[:, -1]
    for t in reversed(range(x.shape[1])):
        da[:, t] = slope(h[:, t + 1]) * D
        D = dh[:, t] + carried * (da[:, t] @ back)
    return da, D


def _collected(da, D, x, W, h):
    dW, dU = np.einsum("ntd,nth->dh", x, da), np.einsum("nti,nth->ih", h[:, :-1], da)
    return da @ W.T, dW, dU, da.sum(axis=(0, 1)), D


@in_step("All of it goes through tanh: tanh(x W + h U + b).")
def tanh_left_out(x, h, W, U, b):
    """It is x W + h U + b, without the tanh."""
    return x @ W + h @ U + b


@in_step("The state has a matrix of its own, too: h U, not Uᵀ. A square matrix hides that.")
def state_matrix_transposed(x, h, W, U, b):
    """h is multiplied by Uᵀ instead of U; U is square, so the shapes do not complain."""
    return np.tanh(x @ W + h @ U.T + b)


@in_rnn("h_t reads the state of the step before: h[:, t], which the last step has written.")
def state_never_handed_on(x, W, U, b, h0=None, mask=None, f="tanh"):
    """The first step is right; all others start from the initial state, too."""
    first = np.zeros((len(x), len(U))) if h0 is None else h0
    steps = [rnn(x[:, t : t + 1], W, U, b, first)[:, 1:] for t in range(x.shape[1])]
    return np.concatenate([first[:, None], *steps], axis=1)


@in_rnn("The state has a matrix of its own, too: h U, not Uᵀ. A square matrix hides that.")
def states_times_transpose(x, W, U, b, h0=None, mask=None, f="tanh"):
    """h is multiplied by Uᵀ instead of U; U is square, so the shapes do not complain."""
    return rnn(x, W, np.ascontiguousarray(U.T), b, h0, mask, f)


@in_rnn("Start from h0, where there is one.")
def initial_state_ignored(x, W, U, b, h0=None, mask=None, f="tanh"):
    """It starts from zeros even if h0 is given."""
    return rnn(x, W, U, b, None, mask, f)


@in_rnn_backward("h_t also feeds step t + 1: carry da Uᵀ along, D = dh[:, t] + da_{t+1} Uᵀ.")
def carry_left_out(dh, x, W, U, h, mask=None, f="tanh"):
    """The last step is right; each of the others gets the gradient of one step alone, nothing comes from later ones."""
    return _collected(*_through_time(dh, x, W, U, h, carried=0.0), x, W, h)


@in_rnn_backward("W, U and b are used T times: add up over the steps, += and not =.")
def last_assignment_counts(dh, x, W, U, h, mask=None, f="tanh"):
    """dW, dU and db hold only what the first step of time sends, which comes last: right at T = 1."""
    da, D = _through_time(dh, x, W, U, h)
    return da @ W.T, *_collected(da[:, :1], D, x[:, :1], W, h[:, :2])[1:4], D


@in_rnn_backward("U multiplied the state before, h_{t−1}: h[:, t] for the step that wrote h[:, t + 1].")
def state_after_instead_of_before(dh, x, W, U, h, mask=None, f="tanh"):
    """Only dU is wrong: it is made with h_t, the state after the step, instead of the one before it."""
    dx, dW, _, db, dh0 = rnn_backward(dh, x, W, U, h)
    da, _ = _through_time(dh, x, W, U, h)
    return dx, dW, np.einsum("nti,nth->ih", h[:, 1:], da), db, dh0


@in_rnn_backward("h is tanh(a) already: the slope is 1 − h².")
def tanh_of_the_state(dh, x, W, U, h, mask=None, f="tanh"):
    """The slope is 1 − tanh²(h), but h is tanh(a) already; near 0 it makes no difference."""
    return _collected(*_through_time(dh, x, W, U, h, slope=lambda h: 1 - np.tanh(h) ** 2), x, W, h)


@in_rnn_backward("Between D and da stands the slope of tanh: da = (1 − h²) ∘ D.")
def slope_left_out(dh, x, W, U, h, mask=None, f="tanh"):
    """The slope of tanh, 1 − h², is left out."""
    return _collected(*_through_time(dh, x, W, U, h, slope=np.ones_like), x, W, h)


@in_rnn_backward("Forward it was h U; back it is da Uᵀ. A square matrix hides that.")
def carried_through_u(dh, x, W, U, h, mask=None, f="tanh"):
    """What is carried back is da U instead of da Uᵀ; U is square, so the shapes do not complain."""
    return _collected(*_through_time(dh, x, W, U, h, back=U), x, W, h)


@in_rnn_backward("Every state may be used: dh[:, t] is added at its step, not only the last one.")
def only_the_last_state_counts(dh, x, W, U, h, mask=None, f="tanh"):
    """Only the gradient of the last state is used; what the others get from above is left out."""
    last = np.zeros_like(dh)
    last[:, -1] = dh[:, -1]
    return rnn_backward(last, x, W, U, h)


@in_rnn("The loop starts from h0, too: h = h0 before the first step.")
def initial_state_only_returned(x, W, U, b, h0=None, mask=None, f="tanh"):
    """h0 stands at place 0 of the result, but the steps start from zeros."""
    h = rnn(x, W, U, b, None, mask, f)
    if h0 is not None:
        h[:, 0] = h0
    return h


@in_rnn_backward("Step t made h[:, t + 1]: its slope is 1 − h[:, t + 1]².")
def slope_of_the_state_before(dh, x, W, U, h, mask=None, f="tanh"):
    """The slope of tanh is taken at the state before each step, not at the one that the step made."""
    shifted = np.concatenate([h[:, :1], h[:, :-1]], axis=1)
    return _collected(*_through_time(dh, x, W, U, shifted), x, W, h)


@in_rnn_backward("The initial state may be used, too: dh0 = dh[:, 0] + da Uᵀ.")
def initial_state_without_its_own(dh, x, W, U, h, mask=None, f="tanh"):
    """In dh0 its own dh[:, 0] is missing; only what the first step sends back is there."""
    *rest, dh0 = rnn_backward(dh, x, W, U, h)
    return *rest, dh0 - dh[:, 0]


@mistakes_in(MISTAKES, "rnn_step_backward")("Between dy and da stands the slope of tanh: da = (1 − y²) ∘ dy.")
def slope_of_the_step_left_out(dy, x, h, W, U, y):
    """The slope of tanh, 1 − y², is left out."""
    return rnn_step_backward(dy, x, h, W, U, np.zeros_like(y))


@mistakes_in(MISTAKES, "rnn_step_backward")("y is tanh(a) already: the slope is 1 − y².")
def tanh_of_the_next_state(dy, x, h, W, U, y):
    """The slope is 1 − tanh²(y), but y is tanh(a) already; near 0 it makes no difference."""
    return rnn_step_backward(dy, x, h, W, U, np.tanh(y))


@mistakes_in(MISTAKES, "rnn_step_backward")("Forward it was h U; back it is da Uᵀ. A square matrix hides that.")
def step_back_through_u(dy, x, h, W, U, y):
    """dh is da U instead of da Uᵀ; U is square, so the shapes do not complain."""
    return rnn_step_backward(dy, x, h, W, U.T, y)


@mistakes_in(MISTAKES, "rnn_step_backward")("U multiplied the state before the step: dU = hᵀ da.")
def next_state_for_u(dy, x, h, W, U, y):
    """dU is made with the next state, y; U multiplied the one before, h."""
    dx, dh, dW, _, db = rnn_step_backward(dy, x, h, W, U, y)
    return dx, dh, dW, y.T @ (dy * (1 - y * y)), db


@prediction("Each step multiplies by Uᵀ, and U is a number times the identity.")
def left_after_fifty_steps():
    """0.9⁵⁰ = 0.00515: half a percent. With 1.1 it would be 117 times as much as at the start."""
    x, W, U = np.zeros((1, 50, 1)), np.zeros((1, 2)), 0.9 * np.eye(2)
    h = rnn(x, W, U, np.zeros(2))  # all zeros, where the slope of tanh is 1
    dh = np.zeros_like(h)
    dh[:, -1] = 1
    return float(rnn_backward(dh, x, W, U, h)[-1][0, 0])


@prediction("Which of them makes a difference in a single step?")
def invisible_with_one_step():
    """With one step nothing is carried on and nothing is added up; a missing slope shows at once."""
    rng = np.random.default_rng(0)
    x, W, U, b = (rng.standard_normal(shape) for shape in ((2, 1, 3), (3, 2), (2, 2), (2,)))
    h = rnn(x, W, U, b)
    dh = rng.standard_normal(h.shape)
    right = rnn_backward(dh, x, W, U, h)

    def shows(wrong):
        return not all(map(np.allclose, wrong(dh, x, W, U, h)[:4], right[:4]))

    suspects = {"a": carry_left_out, "b": last_assignment_counts, "c": slope_left_out}
    return min(letter for letter, wrong in suspects.items() if shows(wrong))


PREDICTIONS = (left_after_fifty_steps, invisible_with_one_step)
