"""From several modalities to one: of their features, or of what an expert for each one says."""

import math

import numpy as np

from mmdl.formulas.softmax import log_softmax


def concatenate(features):
    """(35)  y = (x_1, x_2, ..., x_M)

    features: M vectors x_m (D_m,) -> y (Σ D_m,).
    Source: Ngiam et al., Multimodal deep learning, 2011.
    """
    return np.array([value for x in features for value in x])


def elementwise_sum(features):
    """(36)  y_d = Σ_m x_md

    features: M vectors x_m (D,) -> y (D,).
    Source: Feichtenhofer, Pinz, Zisserman, Convolutional two-stream network fusion, 2016.
    """
    return np.array([sum(x[d] for x in features) for d in range(len(features[0]))])


def elementwise_product(features):
    """(37)  y_d = Π_m x_md

    features: M vectors x_m (D,) -> y (D,).
    Source: Antol et al., VQA: visual question answering, 2015.
    """
    return np.array([math.prod(x[d] for x in features) for d in range(len(features[0]))])


def product_of_experts(logits, present=None):
    """(38)  l_k = log (Π_m p_mk / Σ_j Π_m p_mj)  with  p_m = softmax(logits_m)

    logits: M vectors (K,), present (M,) -> l (K,).
    Only the experts that are present are counted; with none of them l is uniform.
    Source: Hinton, Training products of experts by minimizing contrastive divergence, 2002, equation (1).
    """
    log_p = log_probabilities(logits, present)
    return log_softmax([sum(expert[k] for expert in log_p) for k in range(len(logits[0]))])


def average_of_experts(logits, present=None):
    """(39)  l_k = log (Σ_m p_mk / M)  with  p_m = softmax(logits_m)

    logits: M vectors (K,), present (M,) -> l (K,).
    Only the experts that are present are counted; with none of them l is uniform.
    Source: Kittler et al., On combining classifiers, 1998 (the sum rule).
    """
    log_p = log_probabilities(logits, present)
    return np.array([log_mean_exp([expert[k] for expert in log_p]) for k in range(len(logits[0]))])


def log_probabilities(logits, present):
    """log softmax of each expert that is present; if there is none, of one who finds all classes alike."""
    said = [s for m, s in enumerate(logits) if present is None or present[m]]
    return [log_softmax(s) for s in said or [np.zeros(len(logits[0]))]]


def log_mean_exp(values):
    """log of the mean of e^value; the largest is taken out of the sum, so that not every term is lost."""
    largest = max(values)
    return largest + math.log(sum(math.exp(value - largest) for value in values) / len(values))
