"""A picture that many rows show is kept once, and stands wherever an array of all rows would."""

import csv

import numpy as np
from PIL import Image

from mmdl import data
from mmdl.data.batches import batches
from mmdl.data.distinct import identities, pairs
from mmdl.data.repeated import Repeated


def captions(folder, pictures=12, each=5):
    """Pictures, dark or light, each in several rows with another caption.  -> the table's path"""
    rng = np.random.default_rng(0)
    with (folder / "captions.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["photo", "caption", "kind"])
        for n in range(pictures):
            levels = rng.integers(0, 100, (16, 16, 3)) + 150 * (n % 2)
            Image.fromarray(levels.astype(np.uint8)).save(folder / f"{n}.png")
            writer.writerows([f"{n}.png", f"words {n} {k}", ("dark", "light")[n % 2]] for k in range(each))
        writer.writerow(["", "no picture", "dark"])
    return folder / "captions.csv"


def test_rows_are_those_of_the_whole_array():
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 255, (2, 3, 1)).astype(np.uint8) for _ in range(3)]
    rows = [frames[k] for k in (0, 1, 0, 2, 1)]
    x, whole = Repeated.of(rows), np.stack(rows)
    assert len(x.values) == 3 and len(x) == 5 and x.shape == whole.shape and x.dtype == whole.dtype and x.ndim == 4
    np.testing.assert_array_equal(np.asarray(x), whole)
    assert np.asarray(x).dtype == np.uint8 and np.asarray(x, float).dtype == float
    np.testing.assert_array_equal(x[3], whole[3])
    for chosen in (slice(1, 4), np.array([4, 0]), np.array([True, False, True, False, True])):
        np.testing.assert_array_equal(np.asarray(x[chosen]), whole[chosen])
        assert x[chosen].values is x.values  # nothing is copied
    np.testing.assert_array_equal(x.take([2, 2], axis=0), whole[[2, 2]])
    np.testing.assert_array_equal(x.take([1, 0], axis=1), whole[:, [1, 0]])
    np.testing.assert_array_equal(x.take([0], axis=-1), whole)
    np.testing.assert_array_equal(x[:, 0, ..., 0], whole[:, 0, ..., 0])
    assert type(Repeated.of(frames)) is np.ndarray
    values, places = Repeated(x.values, np.array([2, 0, 2])).distinct()
    np.testing.assert_array_equal(values, np.stack([frames[0], frames[2]]))
    assert places.tolist() == [1, 0, 1]


def test_a_batch_by_picture_has_each_picture_once():
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 256, (2, 3, 1)).astype(np.uint8) for _ in range(9)]
    shown = rng.permutation(np.repeat(np.arange(9), 3))
    examples = data.Examples({"image": Repeated.of([frames[k] for k in shown])}, np.arange(27))
    for draw in (None, np.random.default_rng(0)):
        found = list(batches(examples, 6, draw, by_picture=True))
        labels = np.concatenate([batch.labels for batch in found])
        assert sorted(labels) == list(range(27)) and (draw is None) == (labels.tolist() == list(range(27)))
        if draw is not None:
            assert [len(set(three)) for three in shown[labels].reshape(9, 3).tolist()] == [1] * 9
            assert shown[labels].tolist() != sorted(shown)
        for batch in found:
            np.testing.assert_array_equal(
                np.asarray(batch["image"]), np.stack(frames)[shown[batch.labels]] / np.float32(255)
            )
            assert len(batch["image"].values) == len(set(shown[batch.labels])) and batch["image"].dtype == np.float32
    again = [next(batches(examples, 6, np.random.default_rng(1), by_picture=True)).labels for _ in range(2)]
    assert again[0].tolist() == again[1].tolist()
    whole = data.Examples({"image": np.stack(frames)[shown]}, np.arange(27))
    for how in ({"flip": True}, {"picture_shift": 1}, {"mixup": 0.3}):  # of each example another picture
        [found] = batches(examples, 27, np.random.default_rng(0), by_picture=True, **how)
        [plain] = batches(whole, 27, np.random.default_rng(0), **how)
        assert type(found["image"]) is np.ndarray and found["image"].shape == plain["image"].shape
    [found] = batches(examples, 27, np.random.default_rng(0), by_picture=True, flip=True)
    seen = np.stack(frames)[shown[found.labels]] / np.float32(255)
    mirrored = (found["image"] != seen).any(axis=(1, 2, 3))
    np.testing.assert_array_equal(found["image"][mirrored], seen[mirrored][:, :, ::-1])
    ways = {(place, bool(way)) for place, way in zip(shown[found.labels], mirrored, strict=True)}
    assert len(ways) > 9  # examples of one picture are drawn one by one
    plain = data.Examples({"image": np.stack(frames)}, np.arange(9))
    assert type(next(batches(plain, 6, by_picture=True))["image"]) is np.ndarray
    drawn = [
        next(batches(plain, 6, np.random.default_rng(1), by_picture=each)).labels.tolist() for each in (True, False)
    ]
    assert drawn[0] == drawn[1]  # no two share one


def test_a_table_keeps_each_picture_once_and_shows_it_in_every_row(tmp_path, monkeypatch):
    from mmdl.data.preprocessors.picture import PicturePreprocessor

    path, read = captions(tmp_path), []
    frame = PicturePreprocessor.frame
    monkeypatch.setattr(PicturePreprocessor, "frame", lambda self, file: read.append(file) or frame(self, file))
    dataset = data.load(str(path), image="photo", text="caption", label="kind")
    assert len(read) == 12
    splits = dataset.train, dataset.validation, dataset.test
    assert all(split.inputs["image"].values is dataset.train.inputs["image"].values for split in splits)
    assert sum(map(len, splits)) == 61 and len(dataset.train.inputs["image"].values) == 13  # and one for those without
    assert "image, from photo: 12 pictures for 60 rows, made 16 x 16 pixels, in colour" in dataset.notes
    for split in splits:
        for batch in batches(split, 7):
            assert batch["image"].dtype == np.float32
            shown = batch["image"].mean(axis=(1, 2, 3))
            there = batch.present["image"]
            assert ((shown > 0.4) == (batch.labels == dataset.classes.index("light")))[there].all()
            assert not batch["image"][~there].any()


def test_two_captions_of_one_picture_are_never_opponents(tmp_path):
    dataset = data.load(str(captions(tmp_path)), image="photo", text="caption", label="kind")
    train = dataset.train
    pictures = [cell for cell in train.about["image"] if cell]
    assert len(set(identities(train).tolist())) == len(set(pictures)) + (len(pictures) < len(train))
    seen = 0
    for batch in pairs(train, 4, np.random.default_rng(0)):
        assert len(np.unique(batch["image"], axis=0)) == len(batch) > 0
        seen += len(batch)
    assert seen >= 4 * len(set(pictures)) * 0.5


def test_new_rows_read_each_picture_once(tmp_path, monkeypatch):
    from mmdl.data.preprocessors.picture import PicturePreprocessor
    from mmdl.data.table.new_rows import read_new_rows

    path, read = captions(tmp_path), []
    frame = PicturePreprocessor.frame
    monkeypatch.setattr(PicturePreprocessor, "frame", lambda self, file: read.append(file) or frame(self, file))
    [examples, *_] = read_new_rows(path, {"image": PicturePreprocessor(16, 16)}, {"image": "photo"})
    assert len(read) == 12 and len(examples) == 60 and len(examples.inputs["image"].values) == 12
    whole = PicturePreprocessor(16, 16).encode([tmp_path / "3.png"])
    [batch] = batches(examples.select(slice(15, 16)), 1)
    np.testing.assert_array_equal(batch["image"], whole)
