"""Lesson 21: a decoder that looks again, what it is told, and how it writes."""

import numpy as np

from mmdl.check.exercise import Exercise
from mmdl.check.known import mistakes_in
from mmdl.check.prediction import prediction
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.ops.softmax import softmax, softmax_backward


def look_up(h, m, Wk):
    """c = a m,  a = softmax(h (m Wk)ᵀ / √H)"""
    a = softmax(h @ (m @ Wk).mT / np.sqrt(h.shape[-1]))
    return a @ m, a


def look_up_backward(dc, h, m, Wk, a):
    """dm = aᵀ dc + dk Wkᵀ: as value and as key"""
    dh, dk = _scores_backward(dc, h, m, Wk, a)
    return dh, a.mT @ dc + dk @ Wk.T, (m.mT @ dk).sum(axis=0)


def token_loss_gradient(logits, targets, mask):
    """dlogits = (p − y) / all tokens"""
    return softmax_cross_entropy(logits, targets, mask=mask).gradient


def best_of_beam(log_p, log_q):
    """The B largest of log p + log q"""
    total = (log_p[:, None] + log_q).ravel()
    best = np.argsort(-total, kind="stable")[: len(log_p)]
    return best // log_q.shape[1], best % log_q.shape[1], total[best]


def _scores_backward(dc, h, m, Wk, a):
    de = softmax_backward(dc @ m.mT, a) / np.sqrt(h.shape[-1])
    return de @ (m @ Wk), de.mT @ h


def looking(draws):
    """States, a memory and the matrix of its keys."""
    return draws.arrays(h="N T H", m="N S D", Wk="D H")


def looked(draws):
    """The same, with the weights and a gradient of the context."""
    known = looking(draws)
    return known | {"a": look_up(**known)[1], "dc": draws.array("N T D")}


def texts(draws):
    """Logits of texts of unequal lengths, none of them empty."""
    arrays = {"logits": draws.array("N T K")}
    arrays["targets"] = draws.integers("N T", draws.size("K"))
    N, T = draws.size("N"), draws.size("T")
    lengths = 1 + (np.arange(N) + int(draws.rng.integers(T))) % T
    return arrays | {"mask": np.arange(T) < lengths[:, None]}


def beams(draws):
    """Log probabilities of beginnings and of what follows."""
    draws.size("K", (4, 5, 6))
    return {"log_p": -np.abs(draws.array("B")), "log_q": np.log(softmax(draws.array("B K")))}


EXERCISES = (
    Exercise(
        look_up,
        looking,
        ("c", "a"),
        (
            "First the keys: k = m @ Wk is (N, S, H). Then the scores h @ k.mT, over √H, are (N, T, S).",
            "Softmax along the last axis, over the memory; then a @ m.",
        ),
        axes={"c": "N T D", "a": "N T S"},
    ),
    Exercise(
        look_up_backward,
        looked,
        ("dh", "dm", "dWk"),
        (
            "c = a m is a product: da = dc mᵀ, and m gets aᵀ dc. That is one of two ways to m.",
            "Through softmax, de = a ∘ (da − ⟨da, a⟩), and through the divisor: de / √H.",
            "e = h kᵀ: dh = de k and dk = deᵀ h. k = m Wk: dWk = Σ mᵀ dk over the batch, and m gets dk Wkᵀ, too.",
            "dm = a.mT @ dc + dk @ Wk.T",
        ),
        axes={"dh": "N T H", "dm": "N S D", "dWk": "D H"},
    ),
    Exercise(
        token_loss_gradient,
        texts,
        ("dlogits",),
        (
            "Lesson 04: for each token p − y. Where there is no token the gradient is zero.",
            "It is a mean over *all* tokens: divide by mask.sum(), once, and not by each text's own length.",
        ),
        axes={"dlogits": "N T K"},
    ),
    Exercise(
        best_of_beam,
        beams,
        ("beginning", "token", "total"),
        (
            "A text's probability is a product, its logarithm a sum: log_p[:, None] + log_q, (B, K).",
            "All B · K compete with each other: flatten, sort, take B. In a flat array the place is b · K + k.",
        ),
        axes={"beginning": "B", "token": "B", "total": "B"},
    ),
)

MISTAKES = []
in_look = mistakes_in(MISTAKES, "look_up")
in_look_backward = mistakes_in(MISTAKES, "look_up_backward")
in_loss = mistakes_in(MISTAKES, "token_loss_gradient")
in_beam = mistakes_in(MISTAKES, "best_of_beam")


@in_look("The values are the memory itself: a @ m. Wk makes keys only.")
def keys_looked_up(h, m, Wk):
    """The context is made of the keys: its last axis has the length H, where it should have D."""
    a = look_up(h, m, Wk)[1]
    return a @ (m @ Wk), a


@in_look("Divide the scores by √H, the width of states and keys.")
def scores_not_divided(h, m, Wk):
    """The scores are not divided by √H."""
    a = softmax(h @ (m @ Wk).mT)
    return a @ m, a


@in_look_backward("The memory is key as well: add dk Wkᵀ.")
def memory_as_value_only(dc, h, m, Wk, a):
    """dm lacks the way through the keys: it is aᵀ dc, what the memory gets as value."""
    dh, _, dWk = look_up_backward(dc, h, m, Wk, a)
    return dh, a.mT @ dc, dWk


@in_look_backward("The memory is value as well: add aᵀ dc.")
def memory_as_key_only(dc, h, m, Wk, a):
    """dm lacks the way through the context: it is dk Wkᵀ, what the memory gets as key."""
    dh, dm, dWk = look_up_backward(dc, h, m, Wk, a)
    return dh, dm - a.mT @ dc, dWk


@in_look_backward("The divisor √H of the forward pass returns in the backward pass.")
def divisor_forgotten(dc, h, m, Wk, a):
    """dh and dWk are √H times too large, and dm is wrong as far as it comes through the keys."""
    dh, dm, dWk = look_up_backward(dc, h, m, Wk, a)
    root, value = np.sqrt(h.shape[-1]), a.mT @ dc
    return root * dh, value + root * (dm - value), root * dWk


@in_look_backward("When one weight grows the others fall: a ∘ (da − ⟨da, a⟩).")
def softmax_by_the_diagonal(dc, h, m, Wk, a):
    """Softmax is gone through as if each weight depended on its own score only: da ∘ a ∘ (1 − a)."""
    de = (dc @ m.mT) * a * (1 - a) / np.sqrt(h.shape[-1])
    dk = de.mT @ h
    return de @ (m @ Wk), a.mT @ dc + dk @ Wk.T, (m.mT @ dk).sum(axis=0)


@in_loss("Divide by the number of all tokens, mask.sum(); not text by text.")
def mean_of_means(logits, targets, mask):
    """Each text's mean is taken first, and then the mean of the texts: a token of a short text weighs more."""
    tokens = mask.sum(axis=1)[:, None, None]
    return token_loss_gradient(logits, targets, mask) * mask.sum() / (tokens * len(mask))


@in_loss("Divide by mask.sum(): what is no token is not counted.")
def padding_counted(logits, targets, mask):
    """It is divided by N · T, padding included: too small by the share of what is there."""
    return token_loss_gradient(logits, targets, mask) * mask.sum() / mask.size


@in_loss("Zero where mask is False: what is not there teaches nothing.")
def padding_teaches(logits, targets, mask):
    """Padding gets a gradient as if it were tokens."""
    p = softmax(logits) - (targets[..., None] == np.arange(logits.shape[-1]))
    return p / mask.sum()


@in_loss("It is a mean: divide by the number of tokens.")
def sum_of_tokens(logits, targets, mask):
    """It is the gradient of the sum over the tokens, not of their mean."""
    return token_loss_gradient(logits, targets, mask) * mask.sum()


@in_beam("All continuations of all beginnings compete: one beginning may be kept twice, and another not at all.")
def one_for_each_beginning(log_p, log_q):
    """Every beginning keeps its own best continuation: none is dropped, and none is kept twice."""
    token = log_q.argmax(axis=1)
    total = log_p + log_q.max(axis=1)
    order = np.argsort(-total, kind="stable")
    return order, token[order], total[order]


@in_beam("A text's probability is that of its beginning times that of the next token: add log_p.")
def beginnings_forgotten(log_p, log_q):
    """log_p of the beginning is left out: only the next token's own probability counts."""
    return best_of_beam(np.zeros_like(log_p), log_q)


@prediction("Try all three beginnings: 0.5 · 0.2, 0.3 · 0.6, 0.2 · 1.")
def likeliest_text():
    """0.2 · 1 = 0.20 is more than 0.3 · 0.6 = 0.18 and 0.5 · 0.2 = 0.10, which greedy writes."""
    return max(0.5 * 0.2, 0.3 * 0.6, 0.2 * 1.0)


@prediction("All costs added up, over all letters.")
def mean_of_letters():
    """(2 · 3 + 8 · 1) / 10 = 1.4. The mean of the two means would be 2."""
    return (2 * 3 + 8 * 1) / (2 + 8)


PREDICTIONS = (likeliest_text, mean_of_letters)
