"""Lesson 20: what a language model reads, what it costs, and how it writes."""

import math

import numpy as np

from mmdl.check.exercise import Exercise
from mmdl.check.known import mistakes_in
from mmdl.check.prediction import prediction
from mmdl.check.teachers.lesson_21_translation import texts
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.ops.softmax import softmax, softmax_backward


def moved_by_one(targets):
    """The end in front, and the last letter gone"""
    return np.concatenate([np.zeros_like(targets[:, :1]), targets[:, :-1]], axis=1)


def bits_a_letter(logits, targets, mask):
    """The mean surprise, in bits"""
    return np.asarray(softmax_cross_entropy(logits, targets, mask=mask).value / math.log(2))


def tempered(logits, temperature):
    """p = softmax(logits / τ)"""
    return softmax(logits / temperature)


def tempered_backward(dp, p, temperature):
    """dlogits = p ∘ (dp − ⟨dp, p⟩) / τ"""
    return softmax_backward(dp, p) / temperature


def letters_loss_backward(h, V, b, targets, mask):
    """ds = (p − y) / M;  dh = ds Vᵀ,  dV = Σ hᵀ ds,  db = Σ ds"""
    ds = softmax_cross_entropy(h @ V + b, targets, mask=mask).gradient
    return ds @ V.T, np.einsum("nth,ntk->hk", h, ds), ds.sum(axis=(0, 1))


def letters(draws):
    """Texts of ids."""
    return {"targets": draws.integers("N T", 9)}


def heated(draws):
    """Logits and a temperature."""
    return {"logits": draws.array("N K"), "temperature": draws.of(0.5, 2.0, 0.3)}


def heated_back(draws):
    """What heating gave, and a gradient."""
    known = heated(draws)
    return {"p": tempered(**known), "temperature": known["temperature"], "dp": draws.array("N K")}


def states(draws):
    """States of texts of unequal lengths, and a head."""
    known = texts(draws)
    del known["logits"]
    return known | draws.arrays(h="N T H", V="H K", b="K")


EXERCISES = (
    Exercise(
        moved_by_one,
        letters,
        ("inputs",),
        (
            "At place t stands targets[:, t − 1]; at place 0 a zero.",
            "inputs[:, 1:] = targets[:, :-1], into zeros of the same shape.",
        ),
        axes={"inputs": "N T"},
    ),
    Exercise(
        bits_a_letter,
        texts,
        ("bits",),
        (
            "Lesson 04's loss at every place, with the mask, divided by the number of letters, mask.sum().",
            "From natural logarithms to bits: divide by log 2.",
        ),
    ),
    Exercise(
        tempered,
        heated,
        ("p",),
        ("The scores are divided, not the probabilities.", "softmax(logits / temperature), along the last axis."),
        axes={"p": "N K"},
    ),
    Exercise(
        tempered_backward,
        heated_back,
        ("dlogits",),
        (
            "Two steps: through softmax (lesson 04), which needs only p, and through the division.",
            "p ∘ (dp − ⟨dp, p⟩), and what was divided by τ gets its gradient divided by τ.",
        ),
        axes={"dlogits": "N K"},
    ),
    Exercise(
        letters_loss_backward,
        states,
        ("dh", "dV", "db"),
        (
            "First ds = (p − y) / M with M = mask.sum(), and zero where there is no letter.",
            "s = h V + b at every place of every text: dh = ds Vᵀ; V and b were used everywhere, so add up.",
            "dV = np.einsum('nth,ntk->hk', h, ds)",
        ),
        axes={"dh": "N T H", "dV": "H K", "db": "K"},
    ),
)

MISTAKES = []
in_moved = mistakes_in(MISTAKES, "moved_by_one")
in_bits = mistakes_in(MISTAKES, "bits_a_letter")
in_tempered = mistakes_in(MISTAKES, "tempered")
in_tempered_backward = mistakes_in(MISTAKES, "tempered_backward")
in_letters = mistakes_in(MISTAKES, "letters_loss_backward")


@in_moved("The input at place t is the letter at t − 1: move to the right.")
def not_moved(targets):
    """The inputs are the targets: the network would read the letter that it is to say, and copy it."""
    return targets.copy()


@in_moved("To the right: what is read comes before what is said.")
def moved_to_the_left(targets):
    """It is moved to the left: the network would read the letter after the one that it is to say."""
    return np.concatenate([targets[:, 1:], np.zeros_like(targets[:, :1])], axis=1)


@in_moved("The last letter goes, and a zero comes in front: np.roll would bring the last one round.")
def rolled(targets):
    """It is moved round: the last letter stands in front, where the zero should be."""
    return np.roll(targets, 1, axis=1)


@in_bits("In bits the logarithm has base 2: divide by log 2.")
def in_natural_units(logits, targets, mask):
    """It is in natural logarithms, not in bits."""
    return bits_a_letter(logits, targets, mask) * math.log(2)


@in_bits("Divide by mask.sum(): padding is no letter.")
def padding_as_letters(logits, targets, mask):
    """It is divided by N · T: padding counts as letters that cost nothing."""
    return bits_a_letter(logits, targets, mask) * mask.sum() / mask.size


@in_tempered("Divide by the temperature: a small one makes differences large.")
def multiplied_by_the_temperature(logits, temperature):
    """The scores are multiplied by the temperature: hot is cold, and cold is hot."""
    return softmax(logits * temperature)


@in_tempered("Divide the scores, before softmax.")
def probabilities_divided(logits, temperature):
    """The probabilities are divided by the temperature, and no longer add up to one."""
    return softmax(logits) / temperature


@in_tempered_backward("What was divided by τ gets a gradient divided by τ.")
def temperature_forgotten(dp, p, temperature):
    """dlogits is τ times what it should be: the division of the forward pass does not return."""
    return softmax_backward(dp, p)


@in_tempered_backward("Divide by τ: a small temperature makes p more sensitive to the scores.")
def temperature_multiplied(dp, p, temperature):
    """dlogits is τ² times what it should be: it is multiplied by τ instead of divided."""
    return softmax_backward(dp, p) * temperature


@in_letters("Zero where mask is False.")
def padding_teaches_too(h, V, b, targets, mask):
    """Padding has a gradient, as if its letters were meant."""
    ds = (softmax(h @ V + b) - (targets[..., None] == np.arange(len(b)))) / mask.sum()
    return ds @ V.T, np.einsum("nth,ntk->hk", h, ds), ds.sum(axis=(0, 1))


@in_letters("A mean over the letters that are there: divide by mask.sum().")
def divided_by_all_places(h, V, b, targets, mask):
    """All is divided by N · T, padding included."""
    return tuple(d * mask.sum() / mask.size for d in letters_loss_backward(h, V, b, targets, mask))


@in_letters("A mean: divide by the number of letters, once.")
def not_a_mean(h, V, b, targets, mask):
    """It is the gradient of the sum over the letters, not of their mean."""
    return tuple(d * mask.sum() for d in letters_loss_backward(h, V, b, targets, mask))


@prediction("So many equally likely letters would surprise as much.")
def perplexity_of_three_bits():
    """2³ = 8: eight equally likely letters cost 3 bits."""
    return 2**3


@prediction("How many letters can be known in advance, in honest texts?")
def too_good():
    """It reads the letter that it is to say, and copies: no honest model is that sure of the next letter."""
    return "b"


PREDICTIONS = (perplexity_of_three_bits, too_good)
