"""Right solutions of lesson 23: loops, shifted slices, matrices of the steps that are allowed."""

import itertools

import numpy as np


def says__groups(path):
    return np.array([k for k, _ in itertools.groupby(path.tolist()) if k], int)


def says__loop(path):
    word, last = [], 0
    for k in path:
        if k != last and k != 0:
            word.append(int(k))
        last = k
    return np.array(word, int)


def says__difference(path):
    return path[(np.diff(path, prepend=-1) != 0) & (path > 0)]


def extended_label__insert(word):
    return np.insert(word, np.arange(len(word) + 1), 0)


def extended_label__stacked(word):
    return np.append(np.stack([np.zeros_like(word), word], axis=1).ravel(), 0)


def extended_label__list(word):
    states = [0]
    for letter in word:
        states += [letter, 0]
    return np.array(states)


def _steps(states):
    """From row to column."""
    L = len(states)
    allowed = np.eye(L) + np.eye(L, k=1)
    for s in range(2, L):
        allowed[s - 2, s] = states[s] != states[s - 2]
    return allowed


def ctc_alpha__matrix(p, states):
    alpha = [p[0, states] * (np.arange(len(states)) < 2)]
    for frame in p[1:]:
        alpha.append((alpha[-1] @ _steps(states)) * frame[states])
    return np.stack(alpha)


def ctc_alpha__loops(p, states):
    T, L = len(p), len(states)
    alpha = np.zeros((T, L))
    for t in range(T):
        for s in range(L):
            if t == 0:
                total = 1.0 if s < 2 else 0.0
            else:
                total = alpha[t - 1, s]
                if s >= 1:
                    total += alpha[t - 1, s - 1]
                if s >= 2 and states[s] != 0 and states[s] != states[s - 2]:
                    total += alpha[t - 1, s - 2]
            alpha[t, s] = p[t, states[s]] * total
    return alpha


def ctc_alpha__padded(p, states):
    emitted = p[:, states]
    skip = np.r_[0, 0, states[2:] != states[:-2]]
    alpha = np.zeros((len(p), len(states) + 2))
    alpha[0, 2:4] = emitted[0, :2]
    for t in range(1, len(p)):
        before = alpha[t - 1]
        alpha[t, 2:] = emitted[t] * (before[2:] + before[1:-1] + skip * before[:-2])
    return alpha[:, 2:]


def ctc_beta__matrix(p, states):
    beta = np.zeros((len(p), len(states)))
    beta[-1, -2:] = 1
    for t in range(len(p) - 2, -1, -1):
        beta[t] = _steps(states) @ (p[t + 1, states] * beta[t + 1])
    return beta


def ctc_beta__loops(p, states):
    T, L = len(p), len(states)
    beta = np.zeros((T, L))
    beta[T - 1, L - 1] = beta[T - 1, L - 2] = 1
    for t in range(T - 2, -1, -1):
        for s in range(L):
            for on in range(s, min(s + 3, L)):
                if on < s + 2 or states[on] != states[s]:
                    beta[t, s] += p[t + 1, states[on]] * beta[t + 1, on]
    return beta


def ctc_beta__from_the_right(p, states):
    mirrored = ctc_alpha__padded(p[::-1], states[::-1])[::-1, ::-1]
    return mirrored / p[:, states]


def ctc_gradient__scatter(p, states, alpha, beta):
    gamma = alpha * beta / (alpha[-1, -1] + alpha[-1, -2])
    ds = p.copy()
    np.subtract.at(ds, (slice(None), states), gamma)
    return ds, gamma


def ctc_gradient__each_class(p, states, alpha, beta):
    gamma = alpha * beta
    gamma = gamma / gamma[0].sum()
    soft = np.stack([gamma[:, states == k].sum(axis=1) for k in range(p.shape[1])], axis=1)
    return p - soft, gamma


def ctc_gradient__through_softmax(p, states, alpha, beta):
    both = alpha * beta
    P = both.sum(axis=1, keepdims=True)
    gamma = both / P
    dp = np.zeros_like(p)
    for s, k in enumerate(states):
        dp[:, k] -= both[:, s] / (P[:, 0] * p[:, k])
    return p * (dp - (dp * p).sum(axis=1, keepdims=True)), gamma
