"""Mistakes that students make in the exercises of lesson 23."""

import numpy as np

FITTING = {
    "says__blanks_first": ("blank", "repeat"),
    "says__only_without_blanks": ("repeat", "several"),
    "ctc_alpha__jumps_over_everything": ("jump", "blank"),
    "ctc_alpha__blanks_are_said": ("jump", "blank"),
    "ctc_alpha__begins_silent": ("begin",),
    "ctc_beta__with_its_frame": ("frame", "twice"),
    "ctc_beta__ends_silent": ("end",),
    "ctc_gradient__set": ("several", "last", "add"),
    "ctc_gradient__before_softmax": ("softmax", "probabilities"),
    "ctc_gradient__uphill": ("sign",),
}


def _unroll(emitted, skip, first):
    alpha = [first]
    for frame in emitted[1:]:
        before = np.concatenate([[0, 0], alpha[-1]])
        alpha.append(frame * (before[2:] + before[1:-1] + skip * before[:-2]))
    return np.array(alpha)


def _skip(states):
    return np.r_[0, 0, states[2:] != states[:-2]][: len(states)]


def says__blanks_first(path):
    word = path[path != 0]
    return word[np.diff(word, prepend=0) != 0]


def says__only_without_blanks(path):
    return np.array([k for k in path if k > 0], int)


def ctc_alpha__jumps_over_everything(p, states):
    emitted = p[:, states]
    return _unroll(emitted, 1, emitted[0] * (np.arange(len(states)) < 2))


def ctc_alpha__blanks_are_said(p, states):
    emitted = p[:, states]
    return _unroll(emitted, 0, emitted[0] * (np.arange(len(states)) < 2))


def ctc_alpha__begins_silent(p, states):
    emitted = p[:, states]
    return _unroll(emitted, _skip(states), emitted[0] * (np.arange(len(states)) < 1))


def ctc_beta__with_its_frame(p, states):
    emitted = p[::-1, states[::-1]]
    return _unroll(emitted, _skip(states[::-1]), emitted[0] * (np.arange(len(states)) < 2))[::-1, ::-1]


def ctc_beta__ends_silent(p, states):
    emitted = p[::-1, states[::-1]]
    whole = _unroll(emitted, _skip(states[::-1]), emitted[0] * (np.arange(len(states)) < 1))
    return whole[::-1, ::-1] / p[:, states]


def ctc_gradient__set(p, states, alpha, beta):
    gamma = alpha * beta / (alpha[-1, -1] + alpha[-1, -2])
    soft = np.zeros_like(p)
    for s, k in enumerate(states):
        soft[:, k] = gamma[:, s]
    return p - soft, gamma


def ctc_gradient__before_softmax(p, states, alpha, beta):
    gamma = alpha * beta / (alpha[-1, -1] + alpha[-1, -2])
    soft = gamma @ np.eye(p.shape[1])[states]
    return -soft / p, gamma


def ctc_gradient__uphill(p, states, alpha, beta):
    gamma = alpha * beta / (alpha[-1, -1] + alpha[-1, -2])
    return gamma @ np.eye(p.shape[1])[states] - p, gamma
