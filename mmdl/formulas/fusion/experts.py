"""From several opinions to one: each modality has an expert, who gives every class a probability."""

import math
from collections.abc import Collection

import numpy as np

from mmdl.formulas.softmax import log_softmax, softmax
from mmdl.shapes import Array, Arrays, Mask


def product_of_experts(logits: Arrays, present: Mask | None = None) -> Array:
    """(38)  l_k = log (Π_m p_mk / Σ_j Π_m p_mj)  with  p_m = softmax(logits_m)

    logits: M vectors (K,), present (M,) -> l (K,).
    Only the experts that are present are counted; with none of them l is uniform.
    Source: Hinton, Training products of experts by minimizing contrastive divergence, 2002, equation (1).
    """
    log_p = log_probabilities(logits, present)
    return log_softmax([sum(expert[k] for expert in log_p) for k in range(len(logits[0]))])


def average_of_experts(logits: Arrays, present: Mask | None = None) -> Array:
    """(39)  l_k = log (Σ_m p_mk / M)  with  p_m = softmax(logits_m)

    logits: M vectors (K,), present (M,) -> l (K,).
    Only the experts that are present are counted; with none of them l is uniform.
    Source: Kittler et al., On combining classifiers, 1998 (the sum rule).
    """
    log_p = log_probabilities(logits, present)
    return np.array([log_mean_exp([expert[k] for expert in log_p]) for k in range(len(logits[0]))])


def product_of_probabilities(logits: Arrays, present: Mask | None = None, floor: float = 1e-7) -> Array:
    """(56)  l_k = log q_k  with  q_k = Π_m p_mk / Σ_j Π_m p_mj held within [floor, 1 − floor],  p_m as in (38)

    logits: M vectors (K,), present (M,) -> l (K,).  Who is absent is left out as in (38).
    Source: the article's `model1.output * model2.output`, as Keras's categorical cross-entropy (32) reads it.
    """
    experts = [softmax(said) for said in who_speaks(logits, present)]
    multiplied = [math.prod(p[k] for p in experts) for k in range(len(logits[0]))]
    return np.array([math.log(min(max(y / sum(multiplied), floor), 1 - floor)) for y in multiplied])


def mixture_of_experts(logits: Arrays, scores: Array, present: Mask | None = None) -> Array:
    """(57)  l_k = log Σ_m g_m p_mk  with the gates  g = softmax(scores),  p_m = softmax(logits_m)

    logits: M vectors (K,), scores (M,), present (M,) -> l (K,).
    The softmax of the gates goes over the experts that are present; with none of them l is uniform.
    Source: Jacobs, Jordan, Nowlan, Hinton, Adaptive mixtures of local experts, 1991.
    """
    heard = [m for m in range(len(logits)) if present is None or present[m]]
    if not heard:
        return log_softmax(np.zeros(len(logits[0])))
    log_g = log_softmax([scores[m] for m in heard])
    log_p = [log_softmax(logits[m]) for m in heard]
    terms = [[g + p[k] for g, p in zip(log_g, log_p, strict=True)] for k in range(len(logits[0]))]
    return np.array([log_mean_exp(of_class) + math.log(len(heard)) for of_class in terms])


def log_probabilities(logits: Arrays, present: Mask | None) -> list[Array]:
    """log softmax of each expert that is present; if there is none, of one who finds all classes alike."""
    return [log_softmax(said) for said in who_speaks(logits, present)]


def who_speaks(logits: Arrays, present: Mask | None) -> list[Array]:
    """The logits of the experts that are present; if there is none, of one who finds all classes alike."""
    return [s for m, s in enumerate(logits) if present is None or present[m]] or [np.zeros(len(logits[0]))]


def log_mean_exp(values: Collection[float]) -> float:
    """log of the mean of e^value; the largest is taken out of the sum, so that not every term is lost."""
    largest = max(values)
    return largest + math.log(sum(math.exp(value - largest) for value in values) / len(values))
