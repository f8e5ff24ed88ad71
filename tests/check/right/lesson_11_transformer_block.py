"""Right solutions of lesson 11: heads by reshaping, by slices, by Einstein sums; norms by NumPy and by sums."""

import math

import numpy as np


def layer_norm__numpy(x, gamma, beta, epsilon=1e-5):
    deviation = np.sqrt(x.var(axis=-1, keepdims=True) + epsilon)
    n = (x - x.mean(axis=-1, keepdims=True)) / deviation
    return gamma * n + beta, n, deviation


def layer_norm__sums(x, gamma, beta, epsilon=1e-5):
    D = x.shape[1]
    centred = x - x.sum(axis=1)[:, None] / D
    variance = np.einsum("nd,nd->n", centred, centred) / D
    deviation = (variance[:, None] + epsilon) ** 0.5
    return centred * gamma / deviation + beta, centred / deviation, deviation


def layer_norm__rows(x, gamma, beta, epsilon=1e-5):
    y, n, deviation = np.zeros(x.shape), np.zeros(x.shape), np.zeros((len(x), 1))
    for row in range(len(x)):
        mean = math.fsum(x[row]) / len(gamma)
        deviation[row] = math.sqrt(math.fsum((v - mean) ** 2 for v in x[row]) / len(gamma) + epsilon)
        n[row] = (x[row] - mean) / deviation[row]
        y[row] = beta + n[row] * gamma
    return y, n, deviation


def layer_norm_backward__formula(dy, gamma, normalized, deviation):
    dn = dy * gamma
    mean, along = dn.mean(axis=1, keepdims=True), (dn * normalized).mean(axis=1, keepdims=True)
    return (dn - mean - normalized * along) / deviation, (dy * normalized).sum(axis=0), dy.sum(axis=0)


def layer_norm_backward__jacobian(dy, gamma, normalized, deviation):
    N, D = dy.shape
    dx = np.zeros((N, D))
    for n in range(N):
        row = normalized[n]
        jacobian = (np.eye(D) - np.full((D, D), 1 / D) - np.outer(row, row) / D) / deviation[n]
        dx[n] = jacobian @ (gamma * dy[n])
    return dx, np.einsum("nd,nd->d", dy, normalized), np.ones(N) @ dy


def layer_norm_backward__scaled_first(dy, gamma, normalized, deviation):
    dn, D = gamma * dy / deviation, dy.shape[1]
    dx = dn - dn.sum(1)[:, None] / D - normalized * (np.vecdot(dn, normalized) / D)[:, None]
    return dx, np.diag(dy.T @ normalized), np.add.reduce(dy)


def split_heads__reshape(x, heads):
    N, T, H = x.shape
    return x.reshape(N, T, heads, H // heads).transpose(0, 2, 1, 3)


def split_heads__split(x, heads):
    return np.stack(np.split(x, heads, axis=-1), axis=1)


def split_heads__slices(x, heads):
    width = x.shape[2] // heads
    y = np.zeros((x.shape[0], heads, x.shape[1], width), x.dtype)
    for m in range(heads):
        y[:, m] = x[:, :, m * width : m * width + width]
    return y


def merge_heads__reshape(x):
    return x.transpose(0, 2, 1, 3).reshape(x.shape[0], x.shape[2], -1)


def merge_heads__concatenate(x):
    return np.concatenate([x[:, m] for m in range(x.shape[1])], axis=-1)


def merge_heads__slices(x):
    N, heads, T, D = x.shape
    y = np.empty((N, T, heads * D))
    for t in range(T):
        y[:, t] = x[:, :, t].reshape(N, heads * D)
    return y


def _softmax(s):
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def multi_head_attention__reshape(q, k, v, heads=1):
    q, k, v = (split_heads__reshape(each, heads) for each in (q, k, v))
    a = _softmax(q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1]))
    return merge_heads__reshape(a @ v), a


def multi_head_attention__head_by_head(q, k, v, heads=1):
    y, weights = np.zeros((*q.shape[:2], v.shape[2])), np.zeros((len(q), heads, q.shape[1], k.shape[1]))
    D, V = q.shape[2] // heads, v.shape[2] // heads
    for n in range(len(q)):
        for m in range(heads):
            mine, own = slice(m * D, m * D + D), slice(m * V, m * V + V)
            weights[n, m] = _softmax((q[n, :, mine] * D**-0.5) @ k[n, :, mine].T)
            y[n, :, own] = weights[n, m] @ v[n, :, own]
    return y, weights


def multi_head_attention__einsum(q, k, v, heads=1):
    q, k, v = (each.reshape(*each.shape[:2], heads, -1) for each in (q, k, v))
    s = np.einsum("ntmd,nsmd->nmts", q, k) / math.sqrt(q.shape[-1])
    a = np.exp(s - np.logaddexp.reduce(s, axis=-1)[..., None])
    y = np.einsum("nmts,nsmv->ntmv", a, v)
    return y.reshape(*y.shape[:2], -1), a


def causal_mask__triangle(T):
    return np.tri(T, dtype=bool)


def causal_mask__compare(T):
    return np.arange(T)[:, None] >= np.arange(T)


def causal_mask__loops(T):
    mask = np.zeros((T, T), bool)
    for t in range(T):
        mask[t, : t + 1] = True
    return mask


def transformer_block__two_steps(x, attend, think):
    z = x + attend(x)
    return z + think(z)


def transformer_block__one_sum(x, attend, think):
    step = attend(x)
    return x + (step + think(x + step))


def transformer_block__copies(x, attend, think):
    y = x.copy()
    for part in (attend, think):
        y += part(y.copy())
    return y


def transformer_block_backward__two_steps(dy, attend_backward, think_backward):
    dz = dy + think_backward(dy)
    return dz + attend_backward(dz)


def transformer_block_backward__one_sum(dy, attend_backward, think_backward):
    inner = think_backward(dy)
    return attend_backward(inner + dy) + inner + dy


def transformer_block_backward__copies(dy, attend_backward, think_backward):
    dx = np.array(dy)
    for part in (think_backward, attend_backward):
        dx = np.add(dx, part(dx))
    return dx
