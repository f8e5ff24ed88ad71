"""Questions about shapes: every answer is what the picture shows, and no picture is in two splits."""

from collections import Counter
from itertools import combinations, product

import numpy as np
import pytest

from mmdl import data
from mmdl.data.sources import scenes
from mmdl.data.sources.scenes import ANSWERS, COLOURS, KINDS, Shape, composed, covered, painted, questions
from mmdl.training.pointing import boxes_of

SPLITS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def dataset():
    return data.load("scenes", pictures=400)


def rng():
    return np.random.default_rng(0)


def fits(shape, name):
    """Whether a shape is what words like "red circle", "circle" or "red shape" say."""
    return {*name} <= {shape.colour, shape.kind, "shape"}


def test_every_answer_follows_from_the_shapes():
    """Answered again from the words alone, by another road."""
    draw = rng()
    for _ in range(300):
        shapes = composed(draw)
        for asked in questions(shapes, draw):
            words = asked.words.rstrip("?").split()
            match words:
                case ["what", "colour", "is", "the", *name]:
                    right = [shape.colour for shape in shapes if fits(shape, name)]
                case ["which", "shape", "is", colour]:
                    right = [shape.kind for shape in shapes if shape.colour == colour]
                case ["is", "there", "a", *name]:
                    right = ["yes" if any(fits(shape, name) for shape in shapes) else "no"]
                case ["how", "many", "shapes", "are", "there"]:
                    right = [{1: "one", 2: "two", 3: "three"}[len(shapes)]]
                case _:
                    middle = words.index("left")
                    [a], other = [s for s in shapes if fits(s, words[2:middle])], words[middle + 3 :]
                    columns = [32] if other == ["middle"] else [s.column for s in shapes if fits(s, other)]
                    right = ["yes" if a.column < column else "no" for column in columns]
                    assert abs(a.column - columns[0]) >= 6
            assert right == [asked.answer], asked


def test_the_last_word_of_each_name_has_the_boxes_of_what_it_names():
    draw = rng()
    for _ in range(300):
        shapes = composed(draw)
        for asked in questions(shapes, draw):
            words, named = asked.words.rstrip("?").split(), boxes_of(asked.named)
            if asked.form == "number" or (asked.form == "existence" and asked.answer == "no"):
                assert not named
            elif asked.form == "place":
                assert len(named) == (1 if words[-1] == "middle" else 2)
            else:
                assert [word for word, _ in named] == [len(words) - 1]
            for word, boxes in named:
                name = words[word - 1 : word + 1] if words[word - 1] in COLOURS else [words[word]]
                meant = sorted([*map(int, shape.box.split(","))] for shape in shapes if fits(shape, name))
                assert sorted(boxes.tolist()) == meant


def test_pictures_show_the_shapes_where_they_are_said_to_be(dataset):
    """In the middle of a box is the colour of its shape; outside of all boxes there is only the ground."""
    about, images = dataset.test.about, dataset.test.inputs["image"]
    for place in np.flatnonzero(about["form"] == "colour"):
        top, left, bottom, right = map(int, about["boxes"][place].split(","))
        middle = images[
            place, (top + bottom) // 2 - 1 : (top + bottom) // 2 + 2, (left + right) // 2 - 1 : (left + right) // 2 + 2
        ]
        difference = np.abs(middle.mean(axis=(0, 1)) - COLOURS[about["answer"][place]])
        assert difference.max() < 15
    for place in np.flatnonzero(about["form"] == "number"):
        picture = images[place].astype(float)
        boxes = about["boxes"][place].split()
        assert len(boxes) == ("one", "two", "three").index(about["answer"][place]) + 1
        for box in boxes:
            top, left, bottom, right = map(int, box.split(","))
            picture[top:bottom, left:right] = np.nan
        assert np.nanstd(picture) < 8  # noise


def test_shapes_stand_anywhere_but_touch_neither_each_other_nor_the_edge():
    """One pixel at least is between two boxes, and between a box and the edge; sometimes there is no more."""
    draw, edges, gaps, counts, things = rng(), [], [], Counter(), Counter()
    for _ in range(1500):
        shapes = composed(draw)
        boxes = np.array([shape.box.split(",") for shape in shapes], int).reshape(-1, 2, 2)  # (ends, axes)
        edges += [boxes[:, 0].min(), 64 - boxes[:, 1].max()]
        for one, other in combinations(boxes, 2):
            gaps.append(max(*(one[0] - other[1]), *(other[0] - one[1])))
        counts[len(shapes)] += 1
        things.update((shape.kind, shape.colour, shape.radius) for shape in shapes)
    assert min(edges[::2]) == min(edges[1::2]) == min(gaps) == 1
    assert sorted(counts) == [1, 2, 3] and min(counts.values()) > 400
    assert {*things} == {*product(KINDS, COLOURS, range(7, 12))}


@pytest.mark.parametrize("radius", [7, 9])
def test_shapes_are_told_apart_by_their_form(radius):
    """Areas in units of the radius, and the symmetries; and edges are smooth."""
    areas = {"circle": np.pi, "square": 1.72**2, "triangle": 1.9**2 / 2, "cross": 2 * 2 * 0.64 - 0.64**2}
    for kind, area in areas.items():
        cover = covered(kind, radius)
        assert cover.sum() / radius**2 == pytest.approx(area, rel=0.04)
        assert cover.shape == (2 * radius + 1, 2 * radius + 1) and cover.min() >= 0 and cover.max() <= 1
        assert (cover % 1).any() and np.array_equal(cover, cover[:, ::-1])
        assert np.array_equal(cover, cover[::-1]) == np.array_equal(cover, cover.T) == (kind != "triangle")
    widths = covered("triangle", radius).sum(axis=1)
    assert widths[0] == pytest.approx(0.125) and (np.diff(widths[:-2]) > 0).all()  # it stands on its base
    filled = covered("square", radius)
    assert np.abs(filled - np.outer(filled[radius], filled[radius])).max() < 1e-12


def test_noise_is_cut_at_black_and_white_and_makes_nothing_brighter():
    class Loud:
        def integers(self, low, high):
            return (low + high) // 2

        def normal(self, mean, deviation, shape):
            return mean + 50 * deviation * (-1) ** np.indices(shape).sum(axis=0)

    assert {*painted([], Loud()).ravel().tolist()} == {0, 255}
    draw = rng()
    off = [
        painted([Shape("square", "blue", 30, 30, 11)], draw)[23:38, 23:38] - 1.0 * np.array(COLOURS["blue"])
        for _ in range(20)
    ]
    assert abs(np.mean(off)) < 0.3 and np.std(off) < 10


def test_neither_words_nor_chance_give_it_away(dataset):
    """Yes and no are about equally frequent in each form, and all other answers, too."""
    about = dataset.train.about
    for form in ("existence", "place"):
        answers = Counter(about["answer"][about["form"] == form].tolist())
        assert {*answers} == {"yes", "no"} and 0.4 < answers["yes"] / answers.total() < 0.6
    for form in ("colour", "kind", "number"):
        answers = Counter(about["answer"][about["form"] == form].tolist())
        assert max(answers.values()) < 2 * min(answers.values())


def test_half_of_the_places_are_left_of_the_middle():
    """Of a single shape all; and nothing is left of another by less than six pixels, but by six some are."""
    draw, middle, distances = rng(), {1: [], 2: [], 3: []}, []
    for _ in range(1500):
        shapes = composed(draw)
        asked = scenes.place(shapes, draw)
        assert asked or len(shapes) > 1 or abs(shapes[0].column - 32) < 6
        if asked:
            middle[len(shapes)].append(asked.words.endswith("the middle?"))
            columns = [*(shape.column for shape in asked.about), 32][:2]
            distances.append(abs(columns[0] - columns[1]))
    assert all(middle[1]) and abs(np.mean(middle[2] + middle[3]) - 0.5) < 0.05 and min(distances) == 6


def test_half_of_what_is_asked_for_is_there():
    draw = rng()
    asked = [scenes.existence(composed(draw), draw) for _ in range(1000)]
    assert abs(np.mean([each.answer == "yes" for each in asked]) - 0.5) < 0.06
    names = Counter(each.words.removeprefix("is there a ").rstrip("?") for each in asked)
    both = {f"{colour} {kind}" for colour in COLOURS for kind in (*KINDS, "shape")}
    assert {*names} == both | {*KINDS}
    assert abs(sum(names[kind] for kind in KINDS) / 1000 - 1 / 3) < 0.06  # as often as colours, and both


def test_the_data_set(dataset):
    assert dataset.classes == ANSWERS and dataset.modalities == ("image", "text") and dataset.in_order
    assert dataset.best == {("image", "text"): {"loss": 0.0, "accuracy": 1.0}}
    for split in SPLITS:
        examples = getattr(dataset, split)
        assert [ANSWERS[label] for label in examples.labels] == examples.about["answer"].tolist()
        assert (examples.inputs["text"].values[examples.inputs["text"].mask] > 1).all()  # no word is unknown
    pictures = [{each.tobytes() for each in getattr(dataset, split).inputs["image"]} for split in SPLITS]
    assert not (pictures[0] & pictures[1] or pictures[0] & pictures[2] or pictures[1] & pictures[2])
    assert len(pictures[0]) == 400 and len(pictures[2]) == scenes.PICTURES["test"]
    again = data.load("scenes", pictures=400)
    assert np.array_equal(again.test.inputs["image"], dataset.test.inputs["image"])
    assert not np.array_equal(data.load("scenes", pictures=400, seed=1).train.labels, dataset.train.labels)


def test_a_shape_is_painted_in_its_box():
    shape = Shape("square", "red", 20, 30, 8)
    assert shape.box == "12,22,29,39"
    picture = painted([shape], rng())
    assert np.abs(picture[16:25, 26:35].mean(axis=(0, 1)) - COLOURS["red"]).max() < 5
