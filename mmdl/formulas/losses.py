"""What training makes small: one number for a batch, the mean over its examples."""

import math

import numpy as np

from mmdl.formulas.activations import softplus
from mmdl.formulas.softmax import log_softmax
from mmdl.shapes import Array, Ids, Mask


def softmax_cross_entropy(logits: Array, labels: Ids, smoothing: float = 0.0, mask: Mask | None = None) -> float:
    """(31)  L = −Σ_n Σ_k t_nk log p_nk / N  with  p_n = softmax(s_n),  t_nk = (1 − ε) [k = label_n] + ε / K

    logits s (..., K), labels (...) whole numbers in 0 ... K−1, mask (...) -> L.  ε is the smoothing.
    Examples where mask is False are left out; N counts the others.
    Source: as (11); smoothing: Szegedy et al., Rethinking the Inception architecture, 2016, section 7.
    """
    K = logits.shape[-1]
    examples = [n for n in np.ndindex(labels.shape) if mask is None or mask[n]]
    total = 0.0
    for n in examples:
        log_p = log_softmax(logits[n])
        for k in range(K):
            total -= ((1 - smoothing) * (k == labels[n]) + smoothing / K) * log_p[k]
    return total / len(examples)


def soft_cross_entropy(logits: Array, targets: Array) -> float:
    """(67)  L = −Σ_n Σ_k t_nk log p_nk / N  with  p_n = softmax(s_n)

    logits s (..., K), targets t (..., K) not negative -> L.
    Source: as (11); targets that are no class but a mixture: Zhang et al., mixup, 2018, equation 1.
    """
    examples = list(np.ndindex(logits.shape[:-1]))
    total = 0.0
    for n in examples:
        log_p = log_softmax(logits[n])
        for k in range(logits.shape[-1]):
            if targets[n][k] > 0:
                total -= targets[n][k] * log_p[k]
    return total / len(examples)


def categorical_cross_entropy(p: Array, targets: Array, floor: float = 1e-7) -> float:
    """(32)  L = −Σ_n Σ_k t_nk log q_nk / N  with  q_nk = p_nk / Σ_j p_nj held within [floor, 1 − floor]

    p (..., K) not negative, targets t (..., K) -> L.
    Source: Goodfellow, Bengio, Courville, Deep Learning, 2016, section 6.2.2.3; the bounds as in Keras.
    """
    examples = list(np.ndindex(p.shape[:-1]))
    total = 0.0
    for n in examples:
        whole = sum(p[n])
        for k in range(p.shape[-1]):
            q = min(max(float(p[n][k] / whole), floor), 1 - floor)
            total -= targets[n][k] * math.log(q)
    return total / len(examples)


def bernoulli_cross_entropy(p: Array, targets: Array, floor: float = 1e-7) -> float:
    """(63)  L = −Σ_n (t_n log q_n + (1 − t_n) log(1 − q_n)) / N  with  q_n = p_n held within [floor, 1 − floor]

    p (...) and targets t (...) in [0, 1] -> L.
    Source: as (33), of probabilities; the bounds as in Keras.
    """
    total = 0.0
    for probability, t in zip(p.flat, targets.flat, strict=True):
        q = min(max(float(probability), floor), 1 - floor)
        total -= t * math.log(q) + (1 - t) * math.log(1 - q)
    return total / p.size


def binary_cross_entropy(logits: Array, targets: Array) -> float:
    """(33)  L = Σ_n (log(1 + e^{s_n}) − t_n s_n) / N

    logits s (...), targets t (...) in [0, 1] -> L.
    The same as −Σ_n (t_n log σ(s_n) + (1 − t_n) log(1 − σ(s_n))) / N, for logits of any size.
    Source: Goodfellow, Bengio, Courville, Deep Learning, 2016, section 6.2.2.2.
    """
    total = 0.0
    for s, t in zip(logits.flat, targets.flat, strict=True):
        total += softplus([s])[0] - t * s
    return total / logits.size


def mean_squared_error(y: Array, targets: Array) -> float:
    """(34)  L = Σ_n (y_n − t_n)² / N

    y (...), targets t (...) -> L, over all N entries.
    Source: Goodfellow, Bengio, Courville, Deep Learning, 2016, equation (5.4).
    """
    total = 0.0
    for value, t in zip(y.flat, targets.flat, strict=True):
        total += (value - t) ** 2
    return total / y.size
