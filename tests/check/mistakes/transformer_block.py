"""Mistakes that students make in the exercises of lesson 11."""

import numpy as np

FITTING = {
    "layer_norm__divided_by_one_less": ("variance", "d − 1"),
    "layer_norm_backward__gamma_too_late": ("gamma", "γ"),
    "split_heads__dealt_like_cards": ("head", "group", "column"),
    "causal_mask__not_at_itself": ("itself", "diagonal"),
}


def layer_norm__divided_by_one_less(x, gamma, beta, epsilon=1e-5):
    """The variance is divided by D − 1, as statisticians do with samples."""
    centre = x - x.mean(axis=1, keepdims=True)
    spread = (centre**2).sum(axis=1, keepdims=True) / max(x.shape[1] - 1, 1)
    deviation = np.sqrt(spread + epsilon)
    n = centre / deviation
    return n * gamma + beta, n, deviation


def layer_norm_backward__gamma_too_late(dy, gamma, normalized, deviation):
    """γ is multiplied in at the very end, after the means; it belongs before them."""
    dgamma, dbeta = np.sum(dy * normalized, axis=0), np.sum(dy, axis=0)
    inner = dy - np.mean(dy, axis=1, keepdims=True)
    inner = inner - normalized * np.mean(dy * normalized, axis=1, keepdims=True)
    return gamma * inner / deviation, dgamma, dbeta


def split_heads__dealt_like_cards(x, heads):
    """The columns are dealt to the heads one by one, like cards; every head should get its neighbours."""
    return np.stack([x[:, :, head::heads] for head in range(heads)], axis=1)


def causal_mask__not_at_itself(T):
    """A query may look at what came before, but not at itself."""
    allowed = np.zeros((T, T), dtype=bool)
    for t in range(T):
        allowed[t, :t] = True
    return allowed
