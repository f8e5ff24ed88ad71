"""Noise on one modality: as strong as was asked for, and nowhere else."""

import numpy as np
import pytest

from mmdl.data import AudioPreprocessor, ImagePreprocessor, Standardizer, Tokenizer
from mmdl.data.noise import deviation_of, disturbed, levels_of
from mmdl.errors import DataError
from mmdl.tokens import Tokens

NUMBERS = Standardizer((0.0,) * 5, (1.0,) * 5)


def rng():
    return np.random.default_rng(3)


def texts(unit):
    tokenizer = Tokenizer.fit(["ABCDEFGHIJ", "XYZ"] if unit == "letter" else ["one two three"], unit=unit)
    return tokenizer, tokenizer.encode(
        ["ABCDEFGHIJ", "XYZ"] * 300 if unit == "letter" else ["one two three", "two"] * 300
    )


def test_numbers_get_normal_noise_of_that_deviation():
    x = rng().normal(size=(4000, 5)).astype(np.float32)
    noise = disturbed(x, 0.5, rng(), NUMBERS) - x
    assert noise.dtype == np.float32
    assert noise.std() == pytest.approx(0.5, rel=0.02) and abs(noise.mean()) < 0.02


def test_pictures_in_units_of_their_own_deviation():
    pictures = rng().integers(0, 256, (200, 8, 8, 1)).astype(np.uint8)
    deviation = deviation_of(pictures)
    assert deviation == pytest.approx((pictures / 255).std(), rel=1e-5)
    noise = disturbed(pictures, 2.0, rng(), ImagePreprocessor(8, 8, 6), deviation) - pictures / 255
    assert noise.std() == pytest.approx(2 * deviation, rel=0.02)
    assert deviation_of((pictures / 255).astype(np.float32)) == pytest.approx(deviation, rel=1e-5)


def test_sounds_and_not_what_is_behind_their_end():
    values, mask = rng().normal(size=(50, 20, 8)).astype(np.float32), np.arange(20) < rng().integers(5, 20, (50, 1))
    sounds = Tokens(values * mask[..., None], mask)
    assert deviation_of(sounds) == 1
    noisy = disturbed(sounds, 1.0, rng(), AudioPreprocessor(8000, bands=8))
    assert noisy.mask is mask and not noisy.values[~mask].any()
    assert (noisy.values - values)[mask].std() == pytest.approx(1, rel=0.03)
    louder = disturbed(sounds, 0.5, rng(), AudioPreprocessor(8000, bands=8), 4.0)
    assert (louder.values - values)[mask].std() == pytest.approx(2, rel=0.03)


def test_words_become_unknown():
    tokenizer, given = texts("word")
    noisy = disturbed(given, 0.25, rng(), tokenizer)
    changed = noisy.values != given.values
    assert changed.sum() == pytest.approx(0.25 * given.mask.sum(), rel=0.1)
    assert set(noisy.values[changed].tolist()) == {1} and not changed[~given.mask].any()
    assert (disturbed(given, 1, rng(), tokenizer).values[given.mask] == 1).all()


def test_letters_become_others():
    tokenizer, given = texts("letter")
    noisy = disturbed(given, 0.75, rng(), tokenizer)
    letters = len(tokenizer.words)
    changed = noisy.values != given.values
    assert changed.sum() == pytest.approx(0.75 * (1 - 1 / letters) * given.mask.sum(), rel=0.05)  # some stay by chance
    assert set(noisy.values[changed].tolist()) == set(range(2, 2 + letters)) and not changed[~given.mask].any()


@pytest.mark.parametrize("unit", ["word", "letter"])
def test_no_noise_changes_nothing(unit):
    tokenizer, given = texts(unit)
    assert np.array_equal(disturbed(given, 0, rng(), tokenizer).values, given.values)


def test_levels_are_shares_of_texts_and_deviations_else():
    assert max(levels_of(texts("word")[0])) < 1 < max(levels_of(NUMBERS))
    for levels in (levels_of(texts("letter")[0]), levels_of(NUMBERS)):
        assert min(levels) > 0 and [*levels] == sorted({*levels})  # from faint to strong


def test_strengths_that_make_no_sense():
    tokenizer, given = texts("word")
    with pytest.raises(DataError, match=r"1\.5"):
        disturbed(given, 1.5, rng(), tokenizer)
    with pytest.raises(DataError, match="-1"):
        disturbed(np.zeros((2, 5), np.float32), -1, rng(), NUMBERS)
