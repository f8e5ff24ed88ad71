"""Lessons 07 and 08: the recurrent network, the LSTM and the GRU."""

import numpy as np

from mmdl.check.exercise import Exercise, backward, forward
from mmdl.ops.activations import sigmoid


def rnn_step(x, h, W, U, b):
    """h ← tanh(x W + h U + b)"""
    return np.tanh(x @ W + h @ U + b)


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


def one_step(gates=1, bias="H", states="h"):
    """Draws for one step of a recurrent layer."""

    def draw(draws):
        weights = {"W": f"D {gates}H", "U": f"H {gates}H", "b": bias}
        return draws.arrays(x="N D") | draws.arrays(**dict.fromkeys(states, "N H")) | draws.arrays(**weights)

    return draw


def cell(draws):
    """Gradients that arrive at a cell, the cell before, and activated gates."""
    gates = np.hstack([sigmoid(draws.array("N H")) for _ in range(4)])
    gates[:, 2 * draws.size("H") : 3 * draws.size("H")] *= -1
    return draws.arrays(dh="N H", dc="N H", c="N H") | {"gates": gates}


UNROLL = (
    "Make room for T + 1 states, put the initial one at place 0, and let step t read place t and write place t + 1."
)

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
)
