"""Right solutions of lesson 17: one-hot rows in three ways, covers in three ways, three decompositions."""

import numpy as np


def saliency__identity(backward, logits, labels):
    return np.abs(backward(np.eye(logits.shape[1])[labels]))


def saliency__index(backward, logits, labels):
    dlogits = np.zeros(logits.shape)
    dlogits[np.arange(len(labels)), labels] = 1
    dx = backward(dlogits)
    return np.where(dx < 0, -dx, dx)


def saliency__compare(backward, logits, labels):
    dlogits = (np.arange(logits.shape[1]) == labels[:, None]).astype(float)
    return np.sqrt(backward(dlogits) ** 2)


def occlusion__copies(f, x, size=2, fill=0.0):
    drop = np.zeros((x.shape[0] // size, x.shape[1] // size))
    for r, c in np.ndindex(*drop.shape):
        covered = x.copy()
        covered[r * size : (r + 1) * size, c * size : (c + 1) * size] = fill
        drop[r, c] = f(x) - f(covered)
    return drop


def occlusion__masks(f, x, size=2, fill=0.0):
    R, C = x.shape[0] // size, x.shape[1] // size
    squares = np.eye(R * C).reshape(R * C, R, C)
    covers = np.kron(squares, np.ones((1, size, size))) > 0
    before = f(x)
    return np.array([before - f(np.where(cover, fill, x)) for cover in covers]).reshape(R, C)


def occlusion__there_and_back(f, x, size=2, fill=0.0):
    picture, before, rows = np.array(x), float(f(x)), []
    for r in range(0, len(x), size):
        rows.append([])
        for c in range(0, x.shape[1], size):
            kept = picture[r : r + size, c : c + size].copy()
            picture[r : r + size, c : c + size] = fill
            rows[-1].append(before - float(f(picture)))
            picture[r : r + size, c : c + size] = kept
    return np.array(rows)


def principal_components__svd(x, components=2):
    centred = x - x.mean(axis=0)
    return centred @ np.linalg.svd(centred, full_matrices=False)[2][:components].T


def principal_components__covariance(x, components=2):
    centred = x - x.mean(axis=0)
    vectors = np.linalg.eigh(np.cov(centred.T).reshape(x.shape[1], -1))[1]
    return centred @ vectors[:, ::-1][:, :components]


def principal_components__scaled_left_vectors(x, components=2):
    u, s, _ = np.linalg.svd(x - np.add.reduce(x) / len(x))
    return -u[:, :components] * s[:components]


def principal_components__inner_products(x, components=2):
    centred = x - x.mean(axis=0, keepdims=True)
    values, vectors = np.linalg.eigh(centred @ centred.T)
    return vectors[:, ::-1][:, :components] * np.sqrt(np.maximum(values[::-1][:components], 0))


def pooled_logits_backward__place_by_place(dlogits, r, W):
    P, Q = r.shape[1:3]
    dr, dW = np.zeros(r.shape), np.zeros(W.shape)
    for p, q in np.ndindex(P, Q):
        dr[:, p, q] = dlogits @ W.T / (P * Q)
        dW += r[:, p, q].T @ dlogits / (P * Q)
    return dr, dW


def pooled_logits_backward__summed(dlogits, r, W):
    places = np.prod(r.shape[1:3])
    back = np.einsum("nk,dk->nd", dlogits, W) / places
    return np.ones(r.shape) * back[:, None, None], np.einsum("npqd,nk->dk", r, dlogits) / places


def pooled_logits_backward__in_two_steps(dlogits, r, W):
    z = r.mean(axis=1).mean(axis=1)
    dz = np.dot(dlogits, W.T)
    rows = np.repeat(dz[:, None] / r.shape[1], r.shape[1], axis=1)
    return np.repeat(rows[:, :, None] / r.shape[2], r.shape[2], axis=2), np.dot(z.T, dlogits)


def squared_distances_backward__differences(dd, x, c):
    apart = 2 * (x[:, None] - c[None]) * dd[:, :, None]
    return apart.sum(axis=1), -apart.sum(axis=0)


def squared_distances_backward__pair_by_pair(dd, x, c):
    dx, dc = np.zeros(x.shape), np.zeros(c.shape)
    for n, m in np.ndindex(dd.shape):
        push = 2 * dd[n, m] * (x[n] - c[m])
        dx[n] += push
        dc[m] -= push
    return dx, dc


def squared_distances_backward__multiplied_out(dd, x, c):
    dx = 2 * np.einsum("nm,nd->nd", dd, x) - 2 * np.einsum("nm,md->nd", dd, c)
    dc = 2 * np.einsum("nm,md->md", dd, c) - 2 * np.einsum("nm,nd->md", dd, x)
    return dx, dc
