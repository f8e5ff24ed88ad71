"""A CSV file of one's own: what is read, how it is split, and what is said of rows that cannot be used."""

import csv
import re

import numpy as np
import pytest
from PIL import Image
from scipy.io import wavfile

from mmdl import data
from mmdl.data import AudioPreprocessor, load_table
from mmdl.data.table.load import is_table, recipe_for
from mmdl.errors import DataError, FormatError
from mmdl.models import multimodal_classifier

KINDS = ("circle", "square", "star")
NUMBER = 24  # rows, eight of each kind


@pytest.fixture
def folder(tmp_path):
    """Pictures, sounds, and what `rows` makes of them."""
    rng = np.random.default_rng(0)
    (tmp_path / "photos").mkdir()
    for n in range(NUMBER):
        Image.fromarray(rng.integers(0, 256, (30, 40, 3), np.uint8)).save(tmp_path / "photos" / f"{n}.png")
        wavfile.write(tmp_path / f"{n}.wav", 8000, rng.uniform(-0.5, 0.5, 1500 + 100 * n).astype(np.float32))
    return tmp_path


def rows():
    """A whole table as a list of dictionaries."""
    return [
        {
            "photo": f"photos/{n}.png",
            "title": f"a {KINDS[n % 3]} number {n}",
            "clip": f"{n}.wav",
            "width": str(10 + n**1.5),
            "height": str(n * n),
            "kind": KINDS[n % 3],
        }
        for n in range(NUMBER)
    ]


def write(path, table, delimiter=",", encoding="utf-8"):
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.DictWriter(file, table[0], delimiter=delimiter)
        writer.writeheader()
        writer.writerows(table)
    return path


def used(dataset):
    return sorted(line for found in lines(dataset).values() for line in found)


ALL = {"image": "photo", "text": "title", "audio": "clip", "numbers": ("width", "height"), "label": "kind"}
WORDS = {"text": "title", "label": "kind"}


def splits(dataset):
    return {split: getattr(dataset, split) for split in ("train", "validation", "test")}


def lines(dataset):
    return {split: [int(line) for line in examples.about["line"]] for split, examples in splits(dataset).items()}


class TestAWholeTable:
    def test_every_row_is_there_once_with_its_class(self, folder):
        table = rows()
        dataset = load_table(write(folder / "my.csv", table), **ALL)
        assert dataset.name == "my.csv" and dataset.classes == KINDS
        assert dataset.modalities == ("image", "text", "audio", "numbers")
        found = lines(dataset)
        assert used(dataset) == list(range(2, NUMBER + 2))
        for split, examples in splits(dataset).items():
            assert [KINDS[label] for label in examples.labels] == [table[line - 2]["kind"] for line in found[split]]
            assert all(present.all() for present in examples.present.values())

    def test_what_a_row_says_is_what_its_example_holds(self, folder):
        """As the preprocessors make it of the files themselves: what is asked later is treated alike."""
        table = rows()
        dataset = load_table(write(folder / "my.csv", table), **ALL)
        for split, examples in splits(dataset).items():
            chosen = [table[line - 2] for line in lines(dataset)[split]]
            encode = {name: each.encode for name, each in dataset.preprocessors.items()}
            images = encode["image"]([folder / row["photo"] for row in chosen])
            assert examples.inputs["image"].dtype == np.uint8
            np.testing.assert_allclose(examples.inputs["image"] / 255, images, atol=1e-6)
            numbers = encode["numbers"]([[float(row["width"]), float(row["height"])] for row in chosen])
            assert np.array_equal(examples.inputs["numbers"], numbers)
            sounds = encode["audio"]([folder / row["clip"] for row in chosen])
            length = sounds.mask.shape[1]
            assert np.array_equal(examples.inputs["audio"].mask[:, :length], sounds.mask)
            np.testing.assert_allclose(examples.inputs["audio"].values[:, :length], sounds.values, atol=1e-5)
            texts = encode["text"]([row["title"] for row in chosen])
            assert np.array_equal(examples.inputs["text"].values[:, : texts.mask.shape[1]], texts.values)

    def test_what_is_measured_is_measured_in_training_rows(self, folder):
        table = rows()
        dataset = load_table(write(folder / "my.csv", table), **ALL)
        learned = [table[line - 2] for line in lines(dataset)["train"]]
        widths = np.array([float(row["width"]) for row in learned])
        assert dataset.preprocessors["numbers"].mean[0] == pytest.approx(widths.mean())
        assert dataset.preprocessors["numbers"].deviation[0] == pytest.approx(widths.std())
        assert set(dataset.preprocessors["text"].words) == {
            word for row in learned for word in row["title"].upper().split()
        }
        heard = AudioPreprocessor.fit([folder / row["clip"] for row in learned])
        assert dataset.preprocessors["audio"].mean == pytest.approx(heard.mean, rel=1e-4)

    def test_each_class_is_in_each_split_and_the_seed_decides(self, folder):
        path = write(folder / "my.csv", rows())
        dataset = load_table(path, **WORDS)
        counts = {split: np.bincount(examples.labels).tolist() for split, examples in splits(dataset).items()}
        assert counts == {"train": [5] * 3, "validation": [1] * 3, "test": [2] * 3}
        assert lines(load_table(path, **WORDS)) == lines(dataset)
        assert lines(load_table(path, **WORDS, seed=1)) != lines(dataset)

    def test_any_subset_of_modalities(self, folder):
        path = write(folder / "my.csv", rows())
        for name in ("image", "text", "audio", "numbers"):
            dataset = load_table(path, **{name: ALL[name]}, label="kind")
            assert dataset.modalities == tuple(dataset.preprocessors) == (name,)

    def test_data_load_takes_it_for_a_dataset(self, folder):
        path = write(folder / "my.csv", rows())
        assert lines(data.load(str(path), **WORDS)) == lines(load_table(path, **WORDS))

    def test_the_report(self, folder):
        notes = load_table(write(folder / "my.csv", rows()), **ALL).notes
        assert notes[0] == "my.csv: 24 rows, 24 of which can be used"
        assert notes[1] == "image, from photo: 24 pictures, made 32 x 40 pixels, in colour"
        assert notes[2].startswith("text, from title: 24 texts, ")
        assert notes[3].startswith("audio, from clip: 24 sounds, at most ")
        assert notes[4] == "numbers, from width, height: 24 rows of numbers, 2 each"
        assert "star: 8 examples, 5 for training, 1 for validation, 2 for the test" in notes
        assert len(notes) == 8

    def test_few_examples_are_learned_for_many_epochs(self, folder):
        path = write(folder / "my.csv", rows())
        recipe = load_table(path, **WORDS).recipe
        assert recipe["epochs"] > 20 and recipe["batch_size"] < 64 and recipe["modality_dropout"] == 0
        assert load_table(path, **ALL).recipe["modality_dropout"] == pytest.approx(0.45)


class TestChoices:
    def test_pictures(self, folder):
        table = rows()
        path = write(folder / "my.csv", table)
        own = {"image": "photo", "label": "kind"}
        assert load_table(path, **own).preprocessors["image"].shape == (32, 40, 3)
        assert load_table(path, **own, image_size=(16, 8)).preprocessors["image"].shape == (16, 8, 3)
        for n in range(NUMBER):
            Image.new("RGB", (300, 600), (n, n, n)).save(folder / "photos" / f"{n}.png")
        dataset = load_table(path, **own)
        assert dataset.preprocessors["image"].shape == (64, 32, 1)
        assert dataset.train.inputs["image"].shape[1:] == (64, 32, 1)
        for n in range(NUMBER):
            Image.new("RGB", (4, 4), (n, 0, 0)).save(folder / "photos" / f"{n}.png")
        assert load_table(path, **own).preprocessors["image"].shape == (16, 16, 3)

    def test_pictures_are_standardised_by_what_training_rows_show(self, folder):
        """Channel by channel; test rows say nothing of it, and a model's first layer has the numbers."""
        table = rows()
        path = write(folder / "my.csv", table)
        dataset = load_table(path, image="photo", label="kind")
        learned = dataset.train.inputs["image"] / 255
        image = dataset.preprocessors["image"]
        assert image.mean == pytest.approx(learned.mean(axis=(0, 1, 2)), abs=1e-4)
        assert image.deviation == pytest.approx(learned.std(axis=(0, 1, 2)), abs=1e-4)
        encoder = multimodal_classifier(np.random.default_rng(0), dataset, "sum").modalities["image"].encoder
        x = encoder.layers[0](learned)
        assert x.mean(axis=(0, 1, 2)) == pytest.approx([0, 0, 0], abs=1e-3)
        assert x.std(axis=(0, 1, 2)) == pytest.approx([1, 1, 1], abs=1e-3)

    def test_texts(self, folder):
        table = rows()
        for row in table:
            row["title"] = "word " * 5
        path = write(folder / "my.csv", table)
        assert load_table(path, **WORDS).preprocessors["text"].length == 5
        assert load_table(path, **WORDS, text_length=3).preprocessors["text"].length == 3
        for row in table:
            row["title"] = "word " * 500
        assert load_table(write(path, table), **WORDS).preprocessors["text"].length == 64

    def test_texts_without_spaces_are_read_character_by_character(self, folder):
        table = rows()
        for n, row in enumerate(table):
            row["title"] = "这是一个关于多模态深度学习的很长的句子" + "图形"[n % 2]
        tokenizer = load_table(write(folder / "my.csv", table), **WORDS).preprocessors["text"]
        assert "图" in tokenizer.words and tokenizer.length == 20
        path = folder / "my.csv"
        assert load_table(path, **WORDS, text_unit="word").preprocessors["text"].length == 1
        assert load_table(path, **WORDS, text_unit="character").preprocessors["text"].of_letters
        with pytest.raises(DataError, match="read by auto, word, character, not by 'line'"):
            load_table(path, **WORDS, text_unit="line")

    def test_a_class_is_one_however_its_accents_were_typed(self, folder):
        table = rows()
        for n, row in enumerate(table):
            row["kind"] = {"circle": ("caf\u00e9", "cafe\u0301")[n % 2]}.get(row["kind"], row["kind"])
        assert load_table(write(folder / "my.csv", table), **WORDS).classes == ("caf\u00e9", "square", "star")

    def test_sounds(self, folder):
        path = write(folder / "my.csv", rows())
        own = {"audio": "clip", "label": "kind"}
        whole = load_table(path, **own)
        longest = max(each.inputs["audio"].mask.sum(axis=1).max() for each in splits(whole).values())
        assert whole.preprocessors["audio"].length == longest
        short = load_table(path, **own, sound_seconds=0.1).preprocessors["audio"]
        assert short.length == 1 + (800 - short.window) // short.hop
        for n in range(NUMBER):
            wavfile.write(folder / f"{n}.wav", 1000, np.ones(9000, np.float32))
        assert load_table(path, **own).preprocessors["audio"].length == 1 + (32000 - short.window) // short.hop


class TestWhatIsAbsent:
    def test_empty_cells_are_absent_modalities(self, folder):
        table = rows()
        for n, row in enumerate(table):
            row[("photo", "title", "clip")[n % 3]] = ""
            if n % 4 == 0:
                row["width"] = row["height"] = " "
        dataset = load_table(write(folder / "my.csv", table), **ALL)
        for split, examples in splits(dataset).items():
            chosen = [table[line - 2] for line in lines(dataset)[split]]
            for name, column in {"image": "photo", "text": "title", "audio": "clip", "numbers": "width"}.items():
                assert examples.present[name].tolist() == [bool(row[column].strip()) for row in chosen]
        assert dataset.notes[0] == "my.csv: 24 rows, 24 of which can be used"
        assert dataset.notes[1].startswith("image, from photo: 16 pictures")

    @pytest.mark.parametrize("empty", ["", "NA", "n/a", "nan", "?"])
    def test_a_single_number_that_is_not_known_is_the_mean(self, folder, empty):
        table = rows()
        for row in table[::5]:
            row["width"] = empty
        dataset = load_table(write(folder / "my.csv", table), numbers=("width", "height"), label="kind")
        for split, examples in splits(dataset).items():
            assert examples.present["numbers"].all()
            for line, z in zip(lines(dataset)[split], examples.inputs["numbers"], strict=True):
                assert (z[0] == 0) == (table[line - 2]["width"] == empty)
        assert dataset.notes[1].endswith("; empty cells, taken as the mean: 5")

    def test_rows_without_anything_or_without_class_are_named(self, folder):
        table = rows()
        table[3]["title"] = " "
        table[5]["kind"] = ""
        table[8]["title"] = "-"  # has no words
        dataset = load_table(write(folder / "my.csv", table), **WORDS)
        assert dataset.notes[-3:] == (
            "not used: line 5, title: there is nothing",
            "not used: line 7, kind: the class is missing",
            "not used: line 10, title: there is nothing",
        )
        assert not {5, 7, 10} & {*used(dataset)}

    def test_a_column_in_which_there_is_nothing(self, folder):
        table = rows()
        for row in table:
            row["clip"] = ""
        with pytest.raises(DataError, match=r"my\.csv: in no row for training there is anything in clip$"):
            load_table(write(folder / "my.csv", table), **ALL)


class TestWhatIsWrong:
    def test_files_that_cannot_be_read_are_named_with_their_row(self, folder):
        table = rows()
        (folder / "photos" / "0.png").unlink()
        (folder / "photos" / "1.png").write_text("no picture")
        (folder / "2.wav").write_bytes((folder / "2.wav").read_bytes()[:1000])
        (folder / "3.wav").write_bytes(b"")
        table[4]["width"] = "wide"
        table[5]["height"] = "inf"
        dataset = load_table(write(folder / "my.csv", table), **ALL)
        said = [note for note in dataset.notes if "not used" in note]
        for note, start in zip(
            said,
            (
                f"line 2, photo: there is no picture {folder}/photos/0.png",
                f"line 3, photo: {folder}/photos/1.png cannot be read as a picture",
                f"line 4, clip: {folder}/2.wav is cut short",
                f"line 5, clip: {folder}/3.wav is empty",
                "line 6, width: 'wide' is no number",
                "line 7, height: 'inf' is no number",
            ),
            strict=True,
        ):
            assert note.startswith(f"cell not used: {start}") and "\n" not in note
        assert dataset.notes[0] == "my.csv: 24 rows, 24 of which can be used"
        assert dataset.notes[1].startswith("image, from photo: 22 pictures")
        assert dataset.notes[4].startswith(
            "numbers, from width, height: 24 rows of numbers, 2 each; empty cells, taken as"
        )

    def test_cells_that_are_too_long_for_a_path_or_a_number(self, folder):
        """All was refused for one of them, with the whole cell"""
        table = rows()
        table[0]["photo"], table[1]["width"] = "x" * 5000, "9" * 5000
        dataset = load_table(write(folder / "my.csv", table), **ALL)
        said = [note for note in dataset.notes if "not used" in note]
        assert [note[:28] for note in said] == ["cell not used: line 2, photo", "cell not used: line 3, width"]
        assert all(len(note) < 500 for note in said)

    def test_a_row_is_lost_only_if_nothing_else_is_in_it(self, folder):
        table = rows()
        (folder / "photos" / "0.png").unlink()
        notes = load_table(write(folder / "my.csv", table), image="photo", label="kind").notes
        assert notes[-1].startswith("not used: line 2, photo: there is no picture") and "23 of which" in notes[0]

    def test_very_many_are_summed_up(self, folder):
        table = rows() + rows() + rows()
        for row in table[24:]:
            row["photo"] = "nowhere.png"
        for row in table[60:]:
            row["kind"] = ""
        notes = load_table(write(folder / "my.csv", table), image="photo", label="kind").notes
        said = [note for note in notes if note.startswith("not used")]
        assert len(said) == 11
        assert said[-1] == "not used: 38 more rows up to line 73: 26 for photo, 12 for kind"

    def test_nothing_can_be_used(self, folder):
        table = rows()
        for row in table:
            row["photo"] = "nowhere.png"
        with pytest.raises(DataError) as error:
            load_table(write(folder / "my.csv", table), image="photo", label="kind")
        reason = f"line 2, photo: there is no picture {folder}/nowhere.png"
        assert str(error.value) == f"none of the 24 rows of {folder}/my.csv can be used; {reason}"

    def test_two_rows(self, folder):
        with pytest.raises(DataError) as error:
            load_table(write(folder / "my.csv", rows()[:2]), **WORDS)
        assert str(error.value).endswith(
            "none of the 2 rows of " + f"{folder}/my.csv can be used; line 2, kind: 'circle' has fewer than 3 rows"
        )

    def test_one_class(self, folder):
        with pytest.raises(DataError, match=r"used is of the class 'circle', and a choice needs two$"):
            load_table(write(folder / "my.csv", rows()[::3]), **WORDS)

    def test_a_class_with_too_few_rows_is_left_out(self, folder):
        table = rows()
        table[0]["kind"] = table[4]["kind"] = "rare"
        dataset = load_table(write(folder / "my.csv", table), **WORDS)
        assert dataset.classes == KINDS
        assert dataset.notes[-2:] == (
            "not used: line 2, kind: 'rare' has fewer than 3 rows",
            "not used: line 6, kind: 'rare' has fewer than 3 rows",
        )

    def test_columns_that_are_asked_for_twice_or_not_at_all(self, folder):
        path = write(folder / "my.csv", rows())
        with pytest.raises(DataError, match="the column 'kind' is asked for 2 times"):
            load_table(path, numbers=("width", "kind"), label="kind")
        with pytest.raises(DataError, match="Name one of image, text, audio and numbers"):
            load_table(path, label="kind")


class TestSplitColumn:
    def table(self):
        table = rows()
        for n, row in enumerate(table):
            row["part"] = ("train", "Train", "validation", "TEST")[n // 3 % 4]
        return table

    def test_it_decides(self, folder):
        table = self.table()
        dataset = load_table(write(folder / "my.csv", table), **WORDS, split="part")
        for split, found in lines(dataset).items():
            assert found == [n + 2 for n, row in enumerate(table) if row["part"].lower() == split]

    def test_validation_is_dealt_out_from_training_if_there_is_none(self, folder):
        table = self.table()
        for row in table:
            row["part"] = row["part"].replace("validation", "train")
        found = lines(load_table(write(folder / "my.csv", table), **WORDS, split="part"))
        assert found["test"] == [n + 2 for n, row in enumerate(table) if row["part"] == "TEST"]
        assert len(found["validation"]) == 3 and len(found["train"]) == 15

    def test_other_words_and_classes_that_are_not_learned(self, folder):
        table = self.table()
        table[0]["part"] = "maybe"
        table[11]["kind"] = "new"
        notes = load_table(write(folder / "my.csv", table), **WORDS, split="part").notes
        assert notes[-2:] == (
            "not used: line 2, part: 'maybe' is none of train, validation, test",
            "not used: line 13, kind: no row of 'new' is for training",
        )

    @pytest.mark.parametrize("missing", ["train", "test"])
    def test_a_split_without_rows(self, folder, missing):
        table = self.table()
        for row in table:
            row["part"] = "validation" if row["part"].lower() == missing else row["part"]
        with pytest.raises(DataError, match=r"my\.csv"):
            load_table(write(folder / "my.csv", table), **WORDS, split="part")


class TestForms:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_delimiters(self, folder, delimiter):
        table = rows()
        table[0]["title"] = 'one, two; three\t"four"\nfive'
        dataset = load_table(write(folder / "my.csv", table, delimiter), **ALL)
        assert used(dataset) == [2, *range(4, NUMBER + 3)]  # the first row has two lines

    def test_decimal_commas_where_semicolons_part_the_cells(self, folder):
        table = rows()
        for row in table:
            row["width"] = "1,5"
        own = {"numbers": ("width", "height"), "label": "kind"}
        dataset = load_table(write(folder / "my.csv", table, ";"), **own)
        assert dataset.preprocessors["numbers"].mean[0] == 1.5
        assert load_table(write(folder / "my.csv", table), **own).preprocessors["numbers"].mean[0] == 1.5

    def test_thousands_are_seen_by_looking_at_the_whole_column(self, folder):
        table = rows()
        for n, row in enumerate(table):
            row["width"] = "999,50" if n == 3 else "1.200"
        own = {"numbers": ("width", "height"), "label": "kind"}
        path = write(folder / "my.csv", table, ";")
        assert {*np.round(load_table(path, **own).train.inputs["numbers"][:, 0], 3).tolist()} <= {0.0, 1.0, -1.0} or (
            load_table(path, **own).preprocessors["numbers"].mean[0] > 1100
        )
        assert load_table(path, **own, decimal=".").preprocessors["numbers"].mean[0] < 1.3
        table[3]["width"] = "1.300"
        with pytest.raises(DataError, match=r"column 'width' can be read in two ways: '1.200' is 1.2 .* or 1,200"):
            load_table(write(folder / "my.csv", table, ";"), **own)

    def test_what_spreadsheets_write(self, folder):
        """A first line that names the separator, UTF-16 with and without a mark, and a very long cell."""
        table = [{"kind": row["kind"], "title": row["title"]} for row in rows()]
        path = write(folder / "my.csv", table, ";")
        text = path.read_text()
        plain = load_table(path, **WORDS)
        for written in ("sep=;\n" + text, text):
            for encoding in ("utf-8", "utf-16", "utf-16-le", "utf-16-be"):
                path.write_bytes(written.encode(encoding))
                found = load_table(path, **WORDS)
                assert found.classes == KINDS and found.preprocessors == plain.preprocessors
        lines_found = lines(load_table(path, **WORDS))
        path.write_text("sep=;\n" + text)
        assert lines(load_table(path, **WORDS)) == {k: [n + 1 for n in v] for k, v in lines_found.items()}
        table[0]["title"] = "word " * 100_000
        assert used(load_table(write(path, table), **WORDS)) == list(range(2, NUMBER + 2))
        assert csv.field_size_limit() == 131_072

    def test_what_says_that_it_is_missing(self, folder):
        table = rows()
        for row, cell in zip(table, ("NULL", "nan", "NA", "None", "N/A"), strict=False):
            row["title"] = cell
        table[6]["kind"] = "NA"
        dataset = load_table(write(folder / "my.csv", table), image="photo", **WORDS)
        assert dataset.notes[1].startswith("image") and dataset.notes[2].startswith("text, from title: 18 texts")
        assert dataset.notes[3].startswith("taken as missing, unless --keep-na is given: NA (2), ")
        assert dataset.notes[-1] == "not used: line 8, kind: the class is missing"
        kept = load_table(write(folder / "my.csv", table), image="photo", **WORDS, keep_na=True)
        assert kept.notes[2].startswith("text, from title: 23 texts") and "missing" not in kept.notes[3]

    def test_spreadsheets_put_a_mark_first(self, folder):
        table = [{"kind": row["kind"], "title": row["title"]} for row in rows()]
        assert load_table(write(folder / "my.csv", table, encoding="utf-8-sig"), **WORDS).classes == KINDS

    def test_paths_as_windows_writes_them(self, folder):
        table = rows()
        for row in table:
            row["photo"] = row["photo"].replace("/", "\\")
        assert load_table(write(folder / "my.csv", table), image="photo", label="kind").classes == KINDS

    def test_classes_that_are_numbers_are_in_their_order(self, folder):
        table = rows()
        for row in table:
            row["kind"] = {"circle": "10", "square": "9", "star": "-1"}[row["kind"]]
        assert load_table(write(folder / "my.csv", table), **WORDS).classes == ("-1", "9", "10")

    def test_another_encoding(self, folder, encoding="latin-1"):
        table = rows()
        table[2]["title"] = "Käse"
        with pytest.raises(FormatError, match=r"my\.csv, line 4: this is no UTF-8"):
            load_table(write(folder / "my.csv", table, encoding=encoding), **WORDS)


class TestGroups:
    def test_rows_that_share_a_picture_are_in_one_split(self, folder):
        table = [row | {"photo": f"photos/{n // 4}.png"} for n, row in enumerate(rows())]
        dataset = load_table(write(folder / "my.csv", table), image="photo", label="kind")
        photos = [{*each.about["image"]} for each in splits(dataset).values()]
        assert not (photos[0] & photos[1] or photos[0] & photos[2] or photos[1] & photos[2])
        assert (
            len(used(dataset)) == NUMBER
            and "rows that share a file or a group stay in one split: 6 groups" in dataset.notes
        )

    def test_one_group_that_is_torn_apart(self, folder):
        table = [row | {"author": str(n), "part": ("train", "dev", "test")[n // 3 % 3]} for n, row in enumerate(rows())]
        table[7]["author"] = table[20]["author"] = table[11]["author"]
        notes = load_table(write(folder / "my.csv", table), **WORDS, split="part", group="author").notes
        [warning] = [note for note in notes if note.startswith("warning")]
        assert "1 group of rows that share a file is in more than one split, such as that of line 9:" in warning

    def test_a_column_of_groups(self, folder):
        table = [row | {"author": f"{n // 3}"} for n, row in enumerate(rows())]
        dataset = load_table(write(folder / "my.csv", table), **WORDS, group="author")
        authors = [{(line - 2) // 3 for line in found} for found in lines(dataset).values()]
        assert all(authors) and not (authors[0] & authors[1] or authors[0] & authors[2] or authors[1] & authors[2])

    def test_a_split_column_that_tears_a_group_apart_is_a_warning(self, folder):
        table = [
            row | {"photo": f"photos/{n // 4}.png", "part": ("train", "dev", "test")[n % 4 % 3]}
            for n, row in enumerate(rows())
        ]
        notes = load_table(write(folder / "my.csv", table), image="photo", label="kind", split="part").notes
        [warning] = [note for note in notes if note.startswith("warning")]
        assert "6 groups of rows that share a file are in more than one split, such as that of line 2:" in warning

    def test_splits_have_many_names(self, folder):
        names = ("Training", "valid", "TEST", "train", "val", "testing", "dev", "validation")
        table = [row | {"part": names[n // 3]} for n, row in enumerate(rows())]
        dataset = load_table(write(folder / "my.csv", table), **WORDS, split="part")
        assert {split: len(found) for split, found in lines(dataset).items()} == {
            "train": 6,
            "validation": 12,
            "test": 6,
        }


def test_it_is_said_how_many_texts_are_cut(tmp_path):
    def said(table, **how):
        return data.load(write(tmp_path / "long.csv", table), text="title", label="kind", **how).notes[1]

    table = [{"title": "word " * (100 if n < 12 else 5), "kind": KINDS[n % 2]} for n in range(40)]
    cut = r"at most 64 of a text are read; \d+ of 28 texts for training have more, up to 100: --text-length reads more"
    assert re.search(cut, said(table))
    assert said(table, text_length=80).endswith("at most 80 of a text are read")
    assert said(table[12:]).endswith("at most 5 of a text are read")


@pytest.mark.parametrize("examples", [1, 160, 161, 499, 500, 1000, 3199, 3200, 3201, 100_000])
def test_few_examples_are_learned_often_enough_for_some_hundreds_of_steps(examples):
    """The fewest epochs that make 600 steps, from 6 to 60; and small batches of fewer than 500."""
    recipe = recipe_for(examples, 1)
    size, epochs = recipe["batch_size"], recipe["epochs"]
    assert size == (16 if examples < 500 else 32) and 6 <= epochs <= 60
    assert epochs == 60 or epochs * examples >= 600 * size
    assert epochs == 6 or (epochs - 1) * examples < 600 * size


def test_more_modalities_are_hidden_more_often():
    assert [recipe_for(9, count)["modality_dropout"] for count in (1, 2, 4)] == pytest.approx([0, 0.15, 0.45])


def test_a_table_is_known_by_its_name():
    assert all(map(is_table, ("a.csv", "b/c.TSV", "d.txt"))) and not any(map(is_table, ("glyphs", "a.csv.gz", "csv")))


def test_what_was_in_the_cells_is_kept(tmp_path):
    table = [{"a": f"{n}.50", "b": str(n) if n % 2 else "", "kind": KINDS[n % 2]} for n in range(12)]
    dataset = load_table(write(tmp_path / "my.csv", table), numbers=("a", "b"), label="kind")
    for examples in splits(dataset).values():
        for line, cell in zip(examples.about["line"].astype(int), examples.about["numbers"], strict=True):
            n = line - 2
            assert cell == (f"{n}.5,{n}" if n % 2 else f"{n}.5,")


def test_the_recipe_is_for_as_many_rows_as_there_are_for_training(tmp_path):
    table = [{"title": f"word {n % 7}", "kind": KINDS[n % 2]} for n in range(400)]
    assert load_table(write(tmp_path / "my.csv", table), **WORDS).recipe == recipe_for(280, 1)


def test_as_many_rows_may_be_refused_as_are_used(tmp_path):
    rows = "".join(f"a title,{KINDS[n % 2]}\na title,{KINDS[n % 2]},more\n" for n in range(6))
    (tmp_path / "my.csv").write_text(f"title,kind\n{rows}")
    dataset = load_table(tmp_path / "my.csv", **WORDS)
    assert dataset.notes[0] == "my.csv: 12 rows, 6 of which can be used"


def test_of_a_row_that_says_nothing_the_first_mistake_is_told(folder):
    table = rows()
    table[4] |= {"photo": "gone.png", "clip": "gone.wav"}
    own = {"image": "photo", "audio": "clip", "label": "kind"}
    notes = load_table(write(folder / "my.csv", table), **own).notes
    [said] = [note for note in notes if note.startswith("not used")]
    assert said.startswith("not used: line 6, photo: there is no picture")
