"""Examples made of others: each formula against its loops, and what must not be mixed."""

import numpy as np
import pytest

from mmdl.data import Examples, batches
from mmdl.data.augment import flipped, mixed, moved
from mmdl.errors import DataError
from mmdl.tokens import Tokens

N = 40


def rng(seed=0):
    return np.random.default_rng(seed)


def examples():
    """Pictures, sounds of several lengths, and numbers; some examples lack one of them."""
    draw = rng(1)
    frames = draw.standard_normal((N, 5, 3)).astype(np.float32)
    sounds = Tokens(frames, np.arange(5) < draw.integers(0, 6, N)[:, None])
    pictures = draw.integers(0, 256, (N, 4, 6, 2)).astype(np.uint8)
    inputs = {"image": pictures, "sound": sounds, "numbers": draw.standard_normal((N, 3)).astype(np.float32)}
    return Examples(inputs, np.arange(N) % 3, {"image": draw.random(N) < 0.7})


def test_half_of_the_pictures_are_mirrored():
    x = rng().random((400, 3, 5, 2), np.float32)
    y = flipped(x, rng(1))
    mirrored = np.zeros_like(x)
    for n, r, c in np.ndindex(400, 3, 5):
        mirrored[n, r, c] = x[n, r, 5 - 1 - c]
    turned = (y == mirrored).all(axis=(1, 2, 3))
    assert ((y == x).all(axis=(1, 2, 3)) ^ turned).all() and y.dtype == np.float32
    assert turned.mean() == pytest.approx(0.5, abs=0.1)


def test_every_picture_is_one_of_its_shifts():
    x = rng().random((50, 5, 4, 2))
    y, seen = moved(x, 1, rng(1)), set()
    for before, after in zip(x, y, strict=True):
        wide = np.pad(before, ((1, 1), (1, 1), (0, 0)))
        shifts = {(r, c): wide[r : r + 5, c : c + 4] for r in range(3) for c in range(3)}
        found = [shift for shift, picture in shifts.items() if (picture == after).all()]
        assert len(found) == 1
        seen |= {*found}
    assert len(seen) == 9


@pytest.fixture(scope="module")
def mixture():
    """A whole batch before and after, with the place of each partner."""
    [plain] = batches(examples(), N)
    places = np.arange(N)
    inputs, present, (partner, shares) = mixed(plain.inputs, plain.present, places, 0.5, rng())
    return plain, inputs, present, partner, shares


def test_mixup_is_its_formula(mixture):
    plain, inputs, present, partner, shares = mixture
    assert sorted(partner) == list(range(N)) and (partner != np.arange(N)).any()
    for n in range(N):
        m, share = partner[n], shares[n]
        both = {name: (plain.present[name][n], plain.present[name][m]) for name in plain.inputs}
        for name in ("image", "numbers"):
            x, mine, other = plain[name], *both[name]
            expected = share * x[n] + (1 - share) * x[m] if mine and other else x[n] if mine or not other else x[m]
            np.testing.assert_allclose(inputs[name][n], expected, atol=1e-6)
            assert present[name][n] == (mine or other)
        values, mask = inputs["sound"]
        for t in range(5):
            here, there = plain["sound"].mask[n, t], plain["sound"].mask[m, t]
            frame = np.zeros(3)
            if here:
                frame += (share if both["sound"][1] else 1) * plain["sound"].values[n, t]
            if there:
                frame += (1 - share if both["sound"][0] else 1) * plain["sound"].values[m, t]
            assert mask[n, t] == (here or there)
            np.testing.assert_allclose(values[n, t][mask[n, t]], frame[mask[n, t]][()], atol=1e-6)
    assert {array.dtype for array in (inputs["image"], inputs["numbers"], inputs["sound"].values)} == {np.dtype("f4")}


def test_shares_are_drawn_for_each_example_and_often_near_zero_or_one():
    x = {"numbers": np.zeros((5000, 1), np.float32)}
    shares = mixed(x, {"numbers": np.ones(5000, bool)}, np.zeros(5000, int), 0.2, rng())[2].shares
    assert shares.mean() == pytest.approx(0.5, abs=0.02)
    assert shares.var() == pytest.approx(0.25 / 1.4, abs=0.01)  # of Beta(α, α): 1 / (4 (2 α + 1))


def test_batches_bring_the_mixture_along():
    given = examples()
    for batch in batches(given, 16, rng(), mixup=0.3, flip=True, picture_shift=1):
        part = batch.select(slice(2, 5))
        assert np.array_equal(part.mixture.labels, batch.mixture.labels[2:5])
        assert np.array_equal(part.mixture.shares, batch.mixture.shares[2:5])
        assert sorted(batch.mixture.labels) == sorted(batch.labels)  # partners are of the same batch
    assert all(batch.mixture is None for batch in batches(given, 16, rng()))


def test_the_same_generator_gives_the_same():
    one, two = ([*batches(examples(), 16, rng(3), mixup=0.3, flip=True, picture_shift=1)] for _ in range(2))
    for a, b in zip(one, two, strict=True):
        assert np.array_equal(a["image"], b["image"]) and np.array_equal(a.mixture.shares, b.mixture.shares)


@pytest.mark.parametrize("how", [{"picture_shift": 1}, {"flip": True}, {"mixup": 0.2}])
def test_chance_needs_a_generator(how):
    with pytest.raises(DataError, match="need a generator"):
        batches(examples(), 4, **how)


@pytest.mark.parametrize(("how", "sentence"), [({"picture_shift": -1}, "not by -1"), ({"mixup": -0.1}, "not -0.1")])
def test_ranges(how, sentence):
    with pytest.raises(DataError, match=sentence):
        batches(examples(), 4, rng(), **how)


def test_words_cannot_be_mixed():
    words = Examples({"title": Tokens(np.ones((4, 2), int), np.ones((4, 2), bool))}, np.arange(4))
    with pytest.raises(DataError, match="words cannot be mixed"):
        batches(words, 2, rng(), mixup=0.2)


def test_only_pictures_move():
    given = Examples({"image": np.eye(4, dtype=np.uint8)[None, :, :, None] * 255}, np.array([0]))
    [batch] = batches(given, 1, rng(), picture_shift=1, flip=True)
    assert batch["image"].dtype == np.float32 and batch["image"].max() == 1
    numbers = Examples({"numbers": np.arange(4.0)[:, None]}, np.arange(4))
    [batch] = batches(numbers, 4, rng(), picture_shift=1, flip=True)
    assert np.array_equal(batch["numbers"][:, 0], batch.labels)


def test_a_sound_that_is_not_present_lengthens_no_other():
    """Whatever its mask says: the mixture gets the other one whole."""
    masks = np.arange(4) < np.array([[2], [4]])
    sounds, present = {"sound": Tokens(np.ones((2, 4, 1), np.float32), masks)}, {"sound": np.array([True, False])}
    partners = []
    for seed in range(9):
        found, seen, mixture = mixed(sounds, present, np.arange(2), 0.5, rng(seed))
        partners += mixture.labels[:1].tolist()
        assert found["sound"].mask[0].tolist() == masks[0].tolist() and seen["sound"][0]
        if mixture.labels[1] == 0:
            assert found["sound"].mask[1].tolist() == masks[0].tolist() and seen["sound"][1]
        assert np.array_equal(found["sound"].values[0, :2], np.ones((2, 1)))
    assert {*partners} == {0, 1}
