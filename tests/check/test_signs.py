"""Each general sign is found where it is, and nowhere else."""

import numpy as np
import pytest

from mmdl.check.signs import Pair, signs, vague_signs
from mmdl.check.signs.alike import alike

RNG = np.random.default_rng(5)
LENGTHS = ({"N": 3, "K": 4}, {"N": 5, "K": 2}, {"N": 2, "K": 6})


def blocks(x):
    """The second half of the columns first."""
    return np.concatenate(np.split(x, 2, axis=1)[::-1], axis=1)


def some(x, keep):
    """Wrong but for one row."""
    other = x + 1
    other[keep] = x[keep]
    return other


def pairs(change):
    found = []
    for lengths in LENGTHS:
        truth, a, other = (RNG.standard_normal(tuple(lengths.values())) for _ in range(3))
        given = np.asarray(change(truth, a, other, lengths))
        found.append(Pair("dW", truth, given, tuple(lengths), lengths, {"a": a}, {"dx": other}))
    return found


def first(change):
    tried = pairs(change)
    for kind in (signs, vague_signs):
        for sign in kind(tried[0]):
            if all(map(sign.fits, tried)):
                return sign
    return None


@pytest.mark.parametrize(
    ("name", "words", "change"),
    [
        ("all_zero", "zero everywhere", lambda x, a, o, n: 0 * x),
        ("sign", "wrong sign", lambda x, a, o, n: -x),
        ("constant", "twice", lambda x, a, o, n: 2 * x),
        ("constant", "0.123 times", lambda x, a, o, n: 0.123 * x),
        ("ratio", "dW is N times", lambda x, a, o, n: n["N"] * x),
        ("ratio", "dW is 1 / N times", lambda x, a, o, n: x / n["N"]),
        ("ratio", "√K times", lambda x, a, o, n: x * n["K"] ** 0.5),
        ("ratio", "1 / √K times", lambda x, a, o, n: x / n["K"] ** 0.5),
        ("ratio", "N · K times", lambda x, a, o, n: x * n["K"] * n["N"]),
        ("ratio", "K / (K − 1) times", lambda x, a, o, n: x * n["K"] / (n["K"] - 1)),
        ("multiple", "another number in each case", lambda x, a, o, n: x * RNG.random()),
        ("transposed", "transpose", lambda x, a, o, n: x.T),
        ("another_result", "is dx", lambda x, a, o, n: o),
        ("not_summed", "axis too many", lambda x, a, o, n: np.stack([x - a, a])),
        ("summed_too_far", "added up along axis 0", lambda x, a, o, n: x.sum(axis=0)),
        ("other_shape", "only the shape", lambda x, a, o, n: x[:, None]),
        ("too_short", "one example short: the last is missing", lambda x, a, o, n: x[:-1]),
        ("too_short", "one example and one column short: the first is", lambda x, a, o, n: x[1:, 1:]),
        ("too_long", "one column too long: without the last", lambda x, a, o, n: np.hstack([x, a[:, :1]])),
        ("mirrored", "along axis 1", lambda x, a, o, n: x[:, ::-1]),
        ("blocks_exchanged", "2 blocks", lambda x, a, o, n: blocks(x)),
        ("elsewhere", "wrong places", lambda x, a, o, n: np.sort(x, axis=None).reshape(x.shape)),
        ("term", "term a is missing", lambda x, a, o, n: x - a),
        ("term", "term a stands once too often", lambda x, a, o, n: x + a),
        ("factor", "lacks the factor a", lambda x, a, o, n: x / a),
        ("factor", "has a factor (1 − a²) too many", lambda x, a, o, n: x * (1 - a * a)),
        ("off_by", "dW is 0.3 too large, wherever", lambda x, a, o, n: x + 0.3),
        ("off_by", "dW is 1 too small", lambda x, a, o, n: x - 1),
        ("offset", "same number everywhere", lambda x, a, o, n: x + n["N"]),
        ("copy", "What you return as dW is a", lambda x, a, o, n: a),
        ("one_row", "dW is the last row of a alone", lambda x, a, o, n: a[-1]),
        ("other_way", "moves from a the wrong way", lambda x, a, o, n: 2 * a - x),
        ("signs_only", "sizes of dW are right", lambda x, a, o, n: np.abs(x)),
        ("row_offset", "In each row", lambda x, a, o, n: x + RNG.random((n["N"], 1))),
        ("column_factor", "Each column", lambda x, a, o, n: x * RNG.random(n["K"])),
        ("one_right", "only the first example", lambda x, a, o, n: some(x, 0)),
        ("one_right", "only the last example", lambda x, a, o, n: some(x, -1)),
        ("cut_off", "decimals", lambda x, a, o, n: x.astype(int)),
        ("rounded", "six digits", lambda x, a, o, n: x.astype(np.float32)),
        ("nearly", "nearly right", lambda x, a, o, n: x * (1 + 1e-3 * a)),
        ("not_finite", "nan", lambda x, a, o, n: x + np.nan),
        ("partly_zero", "should not be", lambda x, a, o, n: x * (a > -0.5)),
    ],
)
def test_it_is_found(name, words, change):
    sign = first(change)
    assert sign.name == name
    assert words in sign.shows
    assert sign.hint


def test_a_shift_in_time():
    tried = []
    for T in (3, 5):
        truth = RNG.standard_normal((2, T, 2))
        tried.append(Pair("h", truth, np.roll(truth, 1, 1), ("N", "T", "H"), {"N": 2, "T": T}, {}, {}))
    found = [sign for sign in signs(tried[0]) if all(map(sign.fits, tried))]
    assert [sign.shows for sign in found] == ["h stands one step later than it should."]


def test_nothing_is_said_of_noise():
    assert first(lambda x, a, o, n: RNG.standard_normal(x.shape)) is None


def test_alike():
    x = np.array([1.0, np.nan, np.inf])
    assert alike(x, x + 1e-12)
    assert not alike(x, x + 1e-6)
    assert not alike(x, np.array([1.0, np.inf, np.nan]))
    assert not alike(x, x[:2]) and not alike(None, x)
    assert alike(np.array([True]), np.array([1]))
