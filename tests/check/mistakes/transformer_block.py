"""Mistakes that students make in the exercises of lesson 11."""

import numpy as np

FITTING = {
    "layer_norm__divided_by_one_less": ("variance", "d − 1"),
    "layer_norm_backward__gamma_too_late": ("gamma", "γ"),
    "split_heads__dealt_like_cards": ("head", "group", "column"),
    "causal_mask__not_at_itself": ("itself", "diagonal"),
    "layer_norm__columns": ("examples", "axis", "shape"),
    "layer_norm_backward__mean_held_fixed": ("term of the mean",),
    "split_heads__reshaped": ("reshape",),
    "merge_heads__reshaped": ("wrong places", "reshape"),
    "multi_head_attention__whole_width": ("√(d / heads)",),
    "transformer_block__second_step_reads_x": ("both steps", "given x"),
    "transformer_block_backward__no_way_around": ("ways around",),
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


def layer_norm__columns(x, gamma, beta, epsilon=1e-5):
    """Each column is normalised."""
    deviation = np.sqrt(np.mean((x - x.mean(0)) ** 2, axis=0) + epsilon)
    n = (x - x.mean(0)) / deviation
    return gamma * n + beta, n, deviation[None]


def layer_norm_backward__mean_held_fixed(dy, gamma, normalized, deviation):
    """As if the mean did not move with x."""
    dn = dy * gamma
    along = np.einsum("nd,nd->n", dn, normalized)[:, None] / dy.shape[1]
    return (dn - normalized * along) / deviation, np.einsum("nd,nd->d", dy, normalized), np.einsum("nd->d", dy)


def split_heads__reshaped(x, heads):
    """A reshape alone."""
    N, T, H = x.shape
    return np.reshape(x, (N, heads, T, -1)) if H else x


def merge_heads__reshaped(x):
    """A reshape alone, back."""
    N, heads, T, D = x.shape
    return x.reshape(N, T, heads * D)


def multi_head_attention__whole_width(q, k, v, heads=1):
    """√D of the whole row."""
    root, ys, ws = np.sqrt(q.shape[2]), [], []
    parts = zip(*(np.split(z, heads, axis=2) for z in (q, k, v)), strict=True)
    for a, b, c in parts:
        s = a @ b.swapaxes(1, 2) / root
        e = np.exp(s - s.max(-1, keepdims=True))
        ws.append(e / e.sum(-1, keepdims=True))
        ys.append(ws[-1] @ c)
    return np.concatenate(ys, axis=2), np.stack(ws, axis=1)


def transformer_block__second_step_reads_x(x, attend, think):
    """Side by side."""
    return sum((x, attend(x), think(x)))


def transformer_block_backward__no_way_around(dy, attend_backward, think_backward):
    """Through both steps only."""
    for step in (think_backward, attend_backward):
        dy = step(dy)
    return dy
