"""Lesson 08: the LSTM and one step of a GRU."""

import math

import numpy as np

from mmdl.check.exercise import Exercise, backward, forward
from mmdl.check.known import mistakes_in
from mmdl.check.prediction import prediction
from mmdl.check.teachers import cells
from mmdl.check.teachers.lesson_07_recurrence import UNROLL, one_step
from mmdl.ops.activations import sigmoid
from mmdl.ops.lstm import LSTMStates, lstm


def lstm_step(x, h, c, W, U, b):
    """c ← f ∘ c + i ∘ g,   h ← o ∘ tanh(c)"""
    i, f, g, o = np.split(x @ W + h @ U + b, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def lstm_cell_backward(dh, dc, c, gates):
    """C = dc + dh ∘ o ∘ (1 − tanh² c′): the cell is read twice"""
    i, f, g, o = np.split(gates, 4, axis=1)
    squashed = np.tanh(f * c + i * g)
    C = dc + dh * o * (1 - squashed * squashed)
    da = C * g * i * (1 - i), C * c * f * (1 - f), C * i * (1 - g * g), dh * squashed * o * (1 - o)
    return np.hstack(da), C * f


def gru_step(x, h, W, U, b):
    """h ← z ∘ h + (1 − z) ∘ g"""
    (az, ar, ag), (uz, ur, ug) = np.split(x @ W + b[0], 3, axis=1), np.split(h @ U + b[1], 3, axis=1)
    z, r = sigmoid(az + uz), sigmoid(ar + ur)
    return z * h + (1 - z) * np.tanh(ag + r * ug)


def cell(draws):
    """Gradients that arrive at a cell, the cell before, and activated gates."""
    gates = np.hstack([sigmoid(draws.array("N H")) for _ in range(4)])
    gates[:, 2 * draws.size("H") : 3 * draws.size("H")] *= -1
    return draws.arrays(dh="N H", dc="N H", c="N H") | {"gates": gates}


def blend_backward(dy, z, h, g):
    """dz = dy ∘ (h − g),   dh = dy ∘ z,   dg = dy ∘ (1 − z)"""
    return dy * (h - g), dy * z, dy * (1 - z)


def blended(draws):
    """A gate, an old state and a new one."""
    return draws.arrays(dy="N H", h="N H", g="N H") | {"z": sigmoid(draws.array("N H"))}


EXERCISES = (
    Exercise(
        lstm_step,
        one_step(4, "4H", "hc"),
        ("h", "c"),
        (
            "a = x W + h U + b is (N, 4H). np.split(a, 4, axis=1) cuts it into i, f, g and o, in this order.",
            "σ for i, f and o; tanh for g, which is not a gate but what might be taken in.",
            "First the new c, then h from the new c: o * np.tanh(c).",
        ),
        axes={"h": "N H", "c": "N H"},
    ),
    forward(
        "lstm",
        UNROLL + " Here there are two kinds of states.",
        "Keep the four activated blocks of every step side by side in `gates`: the backward pass needs them.",
        "np.concatenate([i, f, g, o], axis=1), after σ and tanh.",
    ),
    Exercise(
        lstm_cell_backward,
        cell,
        ("da", "dc"),
        (
            "First compute the new cell again: c′ = f ∘ c + i ∘ g.",
            "c′ reaches the loss by h′ = o ∘ tanh(c′), and by the next step: C adds up both.",
            "Each gate gets C times what it was multiplied by, times its own slope: σ has y (1 − y), tanh has 1 − y².",
            "o is not multiplied by the cell but by tanh(c′), and gets dh, not C.",
        ),
        axes={"da": "N 4H", "dc": "N H"},
    ),
    backward(
        "lstm",
        "From the last step to the first, two things are carried: the gradient of h and that of c.",
        "Each step is `lstm_cell_backward`: it makes da_t of them, and C ∘ f for the cell before.",
        "The state before gets da_t Uᵀ and dh of its own; the cell before gets C ∘ f and dc of its own.",
        "x and W come last and in one go: dx = da Wᵀ, dW = Σ xᵀ da, dU = Σ h[:, t]ᵀ da_t.",
    ),
    Exercise(
        gru_step,
        one_step(3, "2 3H"),
        ("h",),
        (
            "a = x W + b[0] and u = h U + b[1] are both (N, 3H); cut each into three.",
            "z = σ(a_z + u_z), r = σ(a_r + u_r); but g = tanh(a_g + r ∘ u_g): the reset gate sits on u alone.",
            "z ∘ h + (1 − z) ∘ g: where z is 1, the old state stays.",
        ),
        axes={"h": "N H"},
    ),
    Exercise(
        blend_backward,
        blended,
        ("dz", "dh", "dg"),
        (
            "h went into y with the factor z, g with the factor 1 − z.",
            "Raising z lets in more of h and less of g: y moves by h − g.",
            "dy * (h - g), dy * z, dy * (1 - z)",
        ),
        axes={"dz": "N H", "dh": "N H", "dg": "N H"},
    ),
)

MISTAKES = [*cells.MISTAKES]
in_lstm_step = mistakes_in(MISTAKES, "lstm_step")
in_lstm = mistakes_in(MISTAKES, "lstm")
in_gru_step = mistakes_in(MISTAKES, "gru_step")


def _blocks(array, order):
    """The four blocks of columns in another order."""
    return np.concatenate([np.split(array, 4, axis=-1)[place] for place in order], axis=-1)


def _gru(x, h, W, U, b):
    (az, ar, ag), (uz, ur, ug) = np.split(x @ W + b[0], 3, axis=1), np.split(h @ U + b[1], 3, axis=1)
    z, r = sigmoid(az + uz), sigmoid(ar + ur)
    return z, r, np.tanh(ag + r * ug)


@in_lstm_step("The order of the blocks is i, f, g, o: the candidate comes third.")
def candidate_last(x, h, c, W, U, b):
    """The blocks are taken in the order i, f, o, g: candidate and output gate are exchanged."""
    i, f, o, g = np.split(x @ W + h @ U + b, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


@in_lstm_step("The cell passes through tanh before it is shown: h = o ∘ tanh(c).")
def cell_shown_as_it_is(x, h, c, W, U, b):
    """h is o ∘ c instead of o ∘ tanh(c)."""
    i, f, g, o = np.split(x @ W + h @ U + b, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * c, c


@in_lstm_step("First the new cell, then the state from the new cell.")
def old_cell_shown(x, h, c, W, U, b):
    """h is made from the cell before the step."""
    i, f, g, o = np.split(x @ W + h @ U + b, 4, axis=1)
    return sigmoid(o) * np.tanh(c), sigmoid(f) * c + sigmoid(i) * np.tanh(g)


@in_lstm("The order of the blocks is i, f, g, o: the candidate comes third.")
def gates_in_another_order(x, W, U, b, h0=None, c0=None, mask=None):
    """The blocks are taken in the order i, f, o, g: candidate and output gate are exchanged."""
    order = (0, 1, 3, 2)
    h, c, gates = lstm(x, _blocks(W, order), _blocks(U, order), _blocks(b, order), h0, c0, mask)
    return LSTMStates(h, c, gates)


@in_lstm("f is for what was there, i for what comes in: c = f ∘ c + i ∘ g.")
def input_and_forget_exchanged(x, W, U, b, h0=None, c0=None, mask=None):
    """The input gate and the forget gate are exchanged."""
    order = (1, 0, 2, 3)
    h, c, gates = lstm(x, _blocks(W, order), _blocks(U, order), _blocks(b, order), h0, c0, mask)
    return LSTMStates(h, c, _blocks(gates, order))


@in_gru_step("Where z is 1 the old state stays: z ∘ h + (1 − z) ∘ g.")
def keep_and_renew_exchanged(x, h, W, U, b):
    """z and 1 − z are exchanged: the gate renews where it should keep."""
    z, _, g = _gru(x, h, W, U, b)
    return (1 - z) * h + z * g


@in_gru_step("The reset gate multiplies u, after the product with U: tanh(a + r ∘ u).")
def reset_before_the_product(x, h, W, U, b):
    """The state is reset before it is multiplied by U, as in the first paper; here r multiplies the product."""
    H = len(U)
    z, r, _ = _gru(x, h, W, U, b)
    a = x @ W[:, 2 * H :] + b[0, 2 * H :] + (r * h) @ U[:, 2 * H :] + b[1, 2 * H :]
    return z * h + (1 - z) * np.tanh(a)


@in_gru_step("There are two biases: b[0] goes with x W, b[1] with h U.")
def second_bias_left_out(x, h, W, U, b):
    """The second bias, b[1], is not used."""
    z, _, g = _gru(x, h, W, U, np.stack([b[0], np.zeros_like(b[1])]))
    return z * h + (1 - z) * g


@mistakes_in(MISTAKES, "blend_backward")("Raising z lets in less of g: y moves by h − g.")
def only_the_old_state_for_the_gate(dy, z, h, g):
    """dz is dy ∘ h: that z takes away from g is forgotten."""
    return dy * h, dy * z, dy * (1 - z)


@mistakes_in(MISTAKES, "blend_backward")("h had the factor z, and g the factor 1 − z.")
def shares_exchanged(dy, z, h, g):
    """dh and dg have each other's factor: z and 1 − z are exchanged."""
    return dy * (h - g), dy * (1 - z), dy * z


@prediction("The gate is σ(1) = 0.731 in each step.")
def left_of_the_cell():
    """σ(1)²⁰ = 0.0019: even a bias of 1 forgets within tens of steps, unless training opens the gate further."""
    return float(sigmoid(np.array(1.0)) ** 20)


@prediction("Four blocks, each with its part of W, U and b.")
def weights_of_an_lstm():
    """4 · (10 · 32 + 32 · 32 + 32) = 5504: four times those of a plain recurrent network."""
    D, H = 10, 32
    return sum(math.prod(shape) for shape in ((D, 4 * H), (H, 4 * H), (4 * H,)))


PREDICTIONS = (left_of_the_cell, weights_of_an_lstm)
