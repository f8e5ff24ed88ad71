"""Lesson 23: all ways to say a word, and what they teach every frame."""

import itertools

import numpy as np

from mmdl.check.exercise import Exercise
from mmdl.check.known import mistakes_in
from mmdl.check.prediction import prediction
from mmdl.ops.softmax import softmax


def says(path):
    """Repeats are one, and then blanks are nothing"""
    changed = np.append(True, path[1:] != path[:-1])
    return path[changed & (path != 0)]


def extended_label(word):
    """l = (0, l₁, 0, l₂, ..., 0)"""
    states = np.zeros(2 * len(word) + 1, int)
    states[1::2] = word
    return states


def ctc_alpha(p, states):
    """α[t, s] = p[t, l_s] (α[t−1, s] + α[t−1, s−1] + α[t−1, s−2])"""
    alpha = np.zeros((len(p), len(states)))
    alpha[0, :2] = p[0, states[:2]]
    for t in range(1, len(p)):
        alpha[t] = p[t, states] * (alpha[t - 1] + _moved(alpha[t - 1], 1) + _skips(states) * _moved(alpha[t - 1], 2))
    return alpha


def ctc_beta(p, states):
    """β[t, s] = Σ over the next states n of p[t+1, l_n] β[t+1, n]"""
    beta = np.zeros((len(p), len(states)))
    beta[-1, -2:] = 1
    for t in reversed(range(len(p) - 1)):
        on = p[t + 1, states] * beta[t + 1]
        beta[t] = on + _moved(on, -1) + _moved(_skips(states) * on, -2)
    return beta


def ctc_gradient(p, states, alpha, beta):
    """ds = p − Σ γ"""
    gamma = alpha * beta / (alpha * beta).sum(axis=1, keepdims=True)
    return p - gamma @ (states[:, None] == np.arange(p.shape[1])), gamma


def _moved(x, by):
    moved = np.zeros_like(x)
    if by > 0:
        moved[by:] = x[:-by]
    else:
        moved[:by] = x[-by:]
    return moved


def _skips(states):
    return np.append([False, False], states[2:] != states[:-2])[: len(states)]


def path(draws):
    """Frames with repeats, and with blanks between."""
    T = draws.size("T", (5, 6, 8, 4))
    return {"path": np.resize(np.array([2, 2, 0, 2, 1, 1, 0, 0, draws.rng.integers(3)]), T)}


def word(draws):
    """Letters, of which some repeat."""
    return {"word": 1 + draws.integers("S", 2)}


def frames(draws):
    """Probabilities, and the states of a word with a repeat, for which there are frames enough."""
    draws.size("T", (6, 7, 8)), draws.size("K", (3, 4, 5))
    said = np.array([1, 2, 2, 1])[: int(draws.rng.integers(2, 5))]
    return {"p": softmax(draws.array("T K")), "states": extended_label(said)}


def both_ways(draws):
    """The same, with α and β."""
    known = frames(draws)
    return known | {"alpha": ctc_alpha(**known), "beta": ctc_beta(**known)}


EXERCISES = (
    Exercise(
        says,
        path,
        ("word",),
        (
            "Two steps, in this order: first repeats become one, then blanks go. The other way round A-A would be A.",
            "A frame counts if it is not the blank and differs from the frame before it.",
        ),
        axes={"word": "S"},
    ),
    Exercise(
        extended_label,
        word,
        ("states",),
        ("Begin with 2S + 1 zeros.", "Every second of them, from the second on: states[1::2]."),
        axes={"states": "L"},
    ),
    Exercise(
        ctc_alpha,
        frames,
        ("alpha",),
        (
            "Frame by frame, from the first: alpha[0, :2] = p[0, states[:2]], and all else there is zero.",
            "Put two zeros in front of alpha[t − 1]; then [2:], [1:-1] and [:-2] are the three states that lead to s.",
            "The jump over s − 1 is allowed only where states[s] != states[s − 2]: never into a blank, never AA.",
        ),
        axes={"alpha": "T L"},
    ),
    Exercise(
        ctc_beta,
        frames,
        ("beta",),
        (
            "In the last frame nothing follows: β is 1 where a path may end, in the last two states, and else 0.",
            "From s in frame t a path goes on to s, s + 1 or s + 2 in frame t + 1, and says l of *that* state there.",
            "on = p[t + 1, states] * beta[t + 1]; beta[t, s] = on[s] + on[s + 1] + on[s + 2], the last only if allowed.",
            "Whether s + 2 may be reached from s: states[s + 2] != states[s].",
        ),
        axes={"beta": "T L"},
    ),
    Exercise(
        ctc_gradient,
        both_ways,
        ("ds", "gamma"),
        (
            "γ = α β / P, with P the sum of α β over the states: the same in every frame.",
            "dp[t, k] = −(Σ of γ over the states with l_s = k) / p[t, k]. Then go through softmax: p ∘ (dp − ⟨dp, p⟩).",
            "⟨dp, p⟩ = −1. So ds = p − Σ γ; add up the γ of all states with the same class, the blanks among them.",
        ),
        axes={"ds": "T K", "gamma": "T L"},
    ),
)

MISTAKES = []
in_says = mistakes_in(MISTAKES, "says")
in_alpha = mistakes_in(MISTAKES, "ctc_alpha")
in_beta = mistakes_in(MISTAKES, "ctc_beta")
in_gradient = mistakes_in(MISTAKES, "ctc_gradient")


@in_says("First make repeats one, and then leave out the blanks.")
def blanks_first(path):
    """Blanks are left out first and repeats made one after that: a letter said twice becomes one."""
    return np.array([k for k, _ in itertools.groupby(path[path != 0])], int)


@in_says("Repeats in neighbouring frames are one letter.")
def repeats_kept(path):
    """Only the blanks are left out; a letter that lasts for several frames is written several times."""
    return path[path != 0]


@in_alpha("Between two equal letters the blank must be said: the jump is allowed only where l_s ≠ l_{s−2}.")
def always_jumping(p, states):
    """States are jumped over everywhere: also from blank to blank, and from a letter to the same letter."""
    alpha = np.zeros((len(p), len(states)))
    alpha[0, :2] = p[0, states[:2]]
    for t in range(1, len(p)):
        alpha[t] = p[t, states] * (alpha[t - 1] + _moved(alpha[t - 1], 1) + _moved(alpha[t - 1], 2))
    return alpha


@in_alpha("From s − 2 a path may jump to s, if the two letters differ.")
def never_jumping(p, states):
    """No state is jumped over: every blank has to be said."""
    alpha = np.zeros((len(p), len(states)))
    alpha[0, :2] = p[0, states[:2]]
    for t in range(1, len(p)):
        alpha[t] = p[t, states] * (alpha[t - 1] + _moved(alpha[t - 1], 1))
    return alpha


@in_alpha("A path may begin in the first blank or with the first letter.")
def only_a_blank_first(p, states):
    """A path begins in the first blank only."""
    alpha = ctc_alpha(p, states)
    alpha[0, 1] = 0
    for t in range(1, len(p)):
        alpha[t] = p[t, states] * (alpha[t - 1] + _moved(alpha[t - 1], 1) + _skips(states) * _moved(alpha[t - 1], 2))
    return alpha


@in_beta("α has p of frame t already: β begins with frame t + 1, and is 1 at the end.")
def frame_counted_twice(p, states):
    """β includes its own frame, p[t, l_s]: then α β counts that frame twice, and γ does not sum to one."""
    return ctc_beta(p, states) * p[:, states]


@in_beta("What is multiplied is the probability of the state that is reached, in frame t + 1.")
def the_state_that_is_left(p, states):
    """The probability is that of the state a path leaves, p[t + 1, l_s], not of the one that it reaches."""
    beta = np.zeros((len(p), len(states)))
    beta[-1, -2:] = 1
    for t in reversed(range(len(p) - 1)):
        on = beta[t + 1]
        beta[t] = p[t + 1, states] * (on + _moved(on, -1) + _moved(_skips(states) * on, -2))
    return beta


@in_beta("A path may end with the last letter, too.")
def only_a_blank_last(p, states):
    """A path ends in the last blank only."""
    beta = np.zeros((len(p), len(states)))
    beta[-1, -1:] = 1
    for t in reversed(range(len(p) - 1)):
        on = p[t + 1, states] * beta[t + 1]
        beta[t] = on + _moved(on, -1) + _moved(_skips(states) * on, -2)
    return beta


@in_gradient("Divide α β by P.")
def not_divided(p, states, alpha, beta):
    """γ is α β, not divided by P: it does not sum to one."""
    gamma = alpha * beta
    return p - gamma @ (states[:, None] == np.arange(p.shape[1])), gamma


@in_gradient("A class may stand at several states, the blank at most of them: add their γ up.")
def last_state_only(p, states, alpha, beta):
    """Where a class stands at several states only the last of them counts: `=` where `+=` is needed."""
    _, gamma = ctc_gradient(p, states, alpha, beta)
    g = np.zeros_like(p)
    g[:, states] = gamma
    return p - g, gamma


@in_gradient("Through softmax as well: ds = p ∘ (dp − ⟨dp, p⟩).")
def gradient_of_probabilities(p, states, alpha, beta):
    """ds is the gradient of the probabilities, −Σ γ / p; softmax is still to be gone through."""
    ds, gamma = ctc_gradient(p, states, alpha, beta)
    return (ds - p) / p, gamma


@in_gradient("L is −log P: what makes the word likelier makes the loss smaller.")
def sign_of_the_logarithm(p, states, alpha, beta):
    """ds has the opposite sign: it is the gradient of log P."""
    ds, gamma = ctc_gradient(p, states, alpha, beta)
    return -ds, gamma


@prediction("One frame for each letter, and what between equal ones?")
def fewest_frames():
    """Five letters, and a blank within each of the two pairs of equal neighbours: 7. With fewer no path says it."""
    word = [1, 2, 2, 2, 5]
    return len(word) + sum(a == b for a, b in itertools.pairwise(word))


@prediction("The letter is said in one stretch of frames, with blanks before and after.")
def ways_to_say_it():
    """A stretch has a first and a last frame: 4 of one frame, 3 of two, 2 of three, 1 of four, together 10."""
    return sum(says(np.array(path)).tolist() == [1] for path in itertools.product((0, 1), repeat=4))


PREDICTIONS = (fewest_frames, ways_to_say_it)
