"""Lesson 16: modalities that are missing."""

import numpy as np

from mmdl.check.exercise import Exercise
from mmdl.check.known import mistakes_in
from mmdl.check.prediction import prediction


def present_rows(mask):
    """True where there is at least one word"""
    return mask.any(axis=1)


def replace_absent(x, present, absent):
    """x where it is present, else the learned vector"""
    return np.where(present[:, None], x, absent)


def replace_absent_backward(dy, present):
    """The present get dy, the learned vector what the absent send"""
    return dy * present[:, None], dy[~present].sum(axis=0)


def drop_modalities(present, draw, rate):
    """What is there stays if its number is at least the rate, or the largest of its row"""
    draw = np.where(present, draw, -1)
    return present & ((draw >= rate) | (draw == draw.max(axis=1, keepdims=True)))


def absentees(draws):
    """Rows of which some are absent, now and then all or none."""
    kind = draws.of(0.5, 0.0, 1.0)
    return draws.arrays(x="N D", dy="N D", absent="D") | {"present": draws.rng.random(draws.size("N")) < kind}


def seen(draws):
    """Who is there, at least one in each row, a number for each, and a rate."""
    present = draws.rng.random(draws.shape("N M")) < 0.7
    present[:, 0] |= ~present.any(axis=1)
    return {"present": present, "draw": draws.rng.random(present.shape), "rate": draws.of(0.5, 0.9, 0.0)}


def present_mean_backward(dy, x, present):
    """dx[n, m] = dy[n] / count[n] where m is present, else 0"""
    count = np.maximum(present.sum(axis=1), 1)
    return present[:, :, None] * (dy / count[:, None])[:, None]


def several(draws):
    """Vectors of several modalities, of which some are absent; now and then all."""
    drawn = draws.arrays(dy="N D", x="N M D")
    return drawn | {"present": draws.rng.random(draws.shape("N M")) < draws.of(0.6, 0.3)}


EXERCISES = (
    Exercise(
        present_rows,
        lambda draws: {"mask": draws.rng.random(draws.shape("N T")) < 0.4},
        ("present",),
        ("A row of the mask with at least one True.", "mask.any(axis=1)"),
        axes={"present": "N"},
    ),
    Exercise(
        replace_absent,
        absentees,
        ("y",),
        (
            "present is one value for a whole row: present[:, None] fits to x.",
            "np.where(condition, where it is True, where it is False)",
        ),
        axes={"y": "N D"},
    ),
    Exercise(
        replace_absent_backward,
        absentees,
        ("dx", "dabsent"),
        (
            "x of an absent row was not used: it gets zeros.",
            "The learned vector was used once for every absent row: it gets the sum of those rows of dy.",
            "dy * present[:, None], dy[~present].sum(axis=0)",
        ),
        axes={"dx": "N D", "dabsent": "D"},
    ),
    Exercise(
        drop_modalities,
        seen,
        ("present",),
        (
            "Only what is there can stay: begin with draw = np.where(present, draw, -1).",
            "Two reasons to stay: the number is at least the rate, or it is the row's largest.",
            "present & ((draw >= rate) | (draw == draw.max(axis=1, keepdims=True)))",
        ),
        axes={"present": "N M"},
    ),
    Exercise(
        present_mean_backward,
        several,
        ("dx",),
        (
            "Each modality that is there moved the mean by 1 / count; the others moved nothing.",
            "Where nothing is there the count is 0: divide by np.maximum(count, 1).",
            "present[:, :, None] * (dy / count[:, None])[:, None]",
        ),
        axes={"dx": "N M D"},
    ),
)

MISTAKES = []
in_absent_backward = mistakes_in(MISTAKES, "replace_absent_backward")


@in_absent_backward("An absent row's x was not used: its gradient is zero.")
def absent_rows_send_a_gradient(dy, present):
    """In dx absent rows get dy, too."""
    return dy.copy(), replace_absent_backward(dy, present)[1]


@in_absent_backward("Only the absent rows used the learned vector: dy[~present].")
def all_rows_counted(dy, present):
    """dabsent adds up all rows instead of the absent ones."""
    return replace_absent_backward(dy, present)[0], dy.sum(axis=0)


@mistakes_in(MISTAKES, "present_mean_backward")("Divide by how many are present, as forward, and not by M.")
def divided_by_all_modalities(dy, x, present):
    """dx is divided by M instead of by the number of modalities that are present."""
    return present[:, :, None] * dy[:, None] / x.shape[1]


@mistakes_in(MISTAKES, "present_mean_backward")("Who is absent was not in the mean: multiply by present.")
def absent_modalities_get_a_share(dy, x, present):
    """Absent modalities get a gradient, too, as if they had been in the mean."""
    share = dy / np.maximum(present.sum(axis=1), 1)[:, None]
    return np.broadcast_to(share[:, None], x.shape).copy()


@mistakes_in(MISTAKES, "present_mean_backward")(
    "Where nobody is present the count is 0: divide by np.maximum(count, 1)."
)
def mean_of_nobody(dy, x, present):
    """It is right but where nobody is present: there it divides by 0."""
    return present[:, :, None] * dy[:, None] / present.sum(axis=1)[:, None, None]


@mistakes_in(MISTAKES, "drop_modalities")("Only what is there can be the largest: set the others to −1 first.")
def absent_one_comes_back(present, draw, rate):
    """The largest number is looked for among all: a modality that was never there may come back."""
    return (present & (draw >= rate)) | (draw == draw.max(axis=1, keepdims=True))


@prediction("A modality stays if its number is at least 0.5, or the row's largest.")
def both_stay():
    """0.25: both numbers have to reach the rate. In all other rows exactly one stays, never none."""
    one, other = (np.arange(100) + 0.25) / 100, (np.arange(100) + 0.75) / 100  # no two equal
    draw = np.stack(np.meshgrid(one, other), axis=-1).reshape(-1, 2)
    return float(drop_modalities(np.ones(draw.shape, bool), draw, 0.5).all(axis=1).mean())


@prediction("How many rows used the learned vector?")
def nobody_is_absent():
    """0: nobody used it. It learns from absent rows only, so it needs some."""
    return float(replace_absent_backward(np.ones((3, 2)), np.ones(3, bool))[1].max())


PREDICTIONS = (both_stay, nobody_is_absent)
