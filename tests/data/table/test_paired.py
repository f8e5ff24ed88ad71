"""A table without classes: what stands in a row belongs together."""

import pytest
from PIL import Image

from mmdl import data
from mmdl.errors import DataError


def table(folder, rows, names="photo,caption"):
    path = folder / "pairs.csv"
    path.write_text("\n".join([names, *rows]) + "\n", encoding="utf-8")
    return str(path)


def load(path, **columns):
    return data.load(path, task="pairs", **columns)


def test_rows_that_share_a_picture_have_one_label_and_one_split(tmp_path):
    for n in range(10):
        Image.new("L", (8, 8), 20 * n).save(tmp_path / f"{n}.png")
    rows = [f"{n}.png,{word} {n}" for word in ("one", "two") for n in range(10)]
    dataset = load(table(tmp_path, rows), image="photo", text="caption")
    assert dataset.classes == () and dataset.in_order and dataset.augment == {"word_dropout": 0.1}
    seen = {}
    for split in (dataset.train, dataset.validation, dataset.test):
        for label, photo in zip(split.labels.tolist(), split.about["image"], strict=True):
            seen.setdefault(label, set()).add(photo)
        assert all((split.labels == label).sum() == 2 for label in split.labels)
    assert len(seen) == 10 and all(len(photos) == 1 for photos in seen.values())
    assert [len(each) for each in (dataset.train, dataset.validation, dataset.test)] == [14, 2, 4]


def test_a_column_deals_out_and_a_group_keeps_together(tmp_path):
    rows = [f"{n % 5},caption {n},{('train', 'val', 'test')[n % 3]}" for n in range(12)]
    told = load(table(tmp_path, rows, "size,caption,part"), numbers=("size",), text="caption", split="part")
    assert told.train.about["line"].tolist() == ["2", "5", "8", "11"]
    together = load(table(tmp_path, rows, "size,caption,part"), text="caption", group="size")
    groups = [{*each.labels.tolist()} for each in (together.train, together.validation, together.test)]
    assert sum(map(len, groups)) == len(set.union(*groups)) == 5


def test_a_column_that_leaves_nothing_to_learn_from(tmp_path):
    path = table(tmp_path, ["one,test", "two,val"], "caption,part")
    with pytest.raises(DataError, match="is for train; line 2, part: no row is for training"):
        load(path, text="caption", split="part")


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([], "has names of columns, but no rows"),
        (["a.png,one"], "no row that can be used is for train; line 2, rows: there are fewer than 3 rows"),
        ([","] * 3 + ["x.png,"], "no row that can be used is for train; line 5, photo: "),
    ],
)
def test_too_few_are_one_sentence(tmp_path, rows, sentence):
    with pytest.raises(DataError) as error:
        load(table(tmp_path, rows), image="photo", text="caption")
    assert sentence in str(error.value)
