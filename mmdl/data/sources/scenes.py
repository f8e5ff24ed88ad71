"""Scenes: small pictures of coloured shapes, and questions about them in words, in the manner of CLEVR.

Neither the picture nor the question is enough: every answer is about as frequent among the answers that its question
leaves open, and whatever a picture shows, many things can be asked about it. All questions have one right answer, which
the picture tells without doubt, so that the best possible accuracy is 1.
"""

from typing import Any, NamedTuple

import numpy as np

from mmdl.data.dataset import Dataset, Examples
from mmdl.data.preprocessors.picture import PicturePreprocessor
from mmdl.data.preprocessors.text import Tokenizer
from mmdl.data.registry import Source
from mmdl.shapes import Array

SIDE = 64  # pixels
KINDS = ("circle", "square", "triangle", "cross")
COLOURS = {"red": (210, 50, 45), "green": (50, 160, 60), "blue": (50, 80, 200), "yellow": (235, 205, 50)}
NUMBERS = ("one", "two", "three")
ANSWERS = (*COLOURS, *KINDS, *NUMBERS, "no", "yes")
RADII = 7, 11  # pixels, at least and at most
APART = 6  # pixels between the middles of two shapes of which one is left of the other, at least
QUESTIONS = 3  # about each picture
RECIPE = {"epochs": 14, "modality_dropout": 0.0, "smoothing": 0.05}  # neither modality says anything alone
PICTURES = {"train": 4000, "validation": 300, "test": 1000}


class Shape(NamedTuple):
    """One thing in a picture."""

    kind: str
    colour: str
    row: int  # of its middle
    column: int
    radius: int

    @property
    def box(self) -> str:
        """Its first row and column, and those after its last: "10,4,25,19" """
        ends = (self.row, -self.radius), (self.column, -self.radius), (self.row, self.radius + 1)
        return ",".join(str(place + size) for place, size in (*ends, (self.column, self.radius + 1)))


class Question(NamedTuple):
    """What is asked of a picture, and what is right."""

    form: str  # one of FORMS
    words: str
    answer: str
    about: tuple[Shape, ...] = ()  # the shapes of the picture that are named


def load(pictures: int = PICTURES["train"], seed: int = 0) -> Dataset:
    """Three questions about each of 4,000 pictures to learn from, 300 for validation, 1,000 for the test

    Parameters
    ----------
    pictures : int
        To learn from.
    seed : int

    Returns
    -------
    Dataset
        Modalities "image", (N, 64, 64, 3) uint8, and "text", Tokens of words; no picture is in two splits. `about` has
        "picture" (its number), "form", "question", "answer", and "boxes": where the shapes are that the question names,
        as "top,left,bottom,right" in pixels with spaces between them.
    """
    rng = np.random.default_rng(seed)
    drawn = {split: examples_of(count, rng) for split, count in (PICTURES | {"train": pictures}).items()}
    tokenizer = Tokenizer.fit(drawn["train"][1]["question"].tolist())
    image = PicturePreprocessor.fit(drawn["train"][0])
    splits: dict[str, Any] = {}
    for split, (images, about) in drawn.items():
        labels = np.array([ANSWERS.index(answer) for answer in about["answer"]])
        inputs: dict[str, Any] = {"image": images, "text": tokenizer.encode(about["question"].tolist())}
        splits[split] = Examples(inputs, labels, about=about)
    best: dict[tuple[str, ...], dict[str, float]] = {("image", "text"): {"loss": 0.0, "accuracy": 1.0}}
    preprocessors = {"image": image, "text": tokenizer}
    return Dataset("scenes", ANSWERS, **splits, preprocessors=preprocessors, best=best, recipe=RECIPE, in_order=True)


def examples_of(count: int, rng: np.random.Generator) -> tuple[Array, dict[str, Array]]:
    """Pictures (N, R, C, 3) and what is known of them, for N = count · QUESTIONS questions."""
    images, asked = [], []
    for picture in range(count):
        shapes = composed(rng)
        image = painted(shapes, rng)
        for question in questions(shapes, rng):
            images.append(image)
            asked.append((picture, question))
    about = {
        "picture": np.array([str(picture) for picture, _ in asked]),
        "form": np.array([question.form for _, question in asked]),
        "question": np.array([question.words for _, question in asked]),
        "answer": np.array([question.answer for _, question in asked]),
        "boxes": np.array([" ".join(shape.box for shape in question.about) for _, question in asked]),
    }
    return np.stack(images), about


def composed(rng: np.random.Generator) -> list[Shape]:
    """One to three shapes that do not touch."""
    shapes: list[Shape] = []
    wanted = int(rng.integers(1, 4))
    while len(shapes) < wanted:
        radius = int(rng.integers(RADII[0], RADII[1] + 1))
        row, column = rng.integers(radius + 1, SIDE - radius - 1, 2).tolist()
        if all(max(abs(row - s.row), abs(column - s.column)) > radius + s.radius + 1 for s in shapes):
            kind, colour = KINDS[rng.integers(len(KINDS))], [*COLOURS][rng.integers(len(COLOURS))]
            shapes.append(Shape(kind, colour, row, column, radius))
    return shapes


def painted(shapes: list[Shape], rng: np.random.Generator) -> Array:
    """The picture (R, C, 3) uint8: smooth edges on a ground of any grey, under a little noise."""
    image = np.full((SIDE, SIDE, 3), float(rng.integers(90, 200)))
    for shape in shapes:
        rows, columns = (slice(place - shape.radius, place + shape.radius + 1) for place in (shape.row, shape.column))
        cover = covered(shape.kind, shape.radius)[..., None]
        image[rows, columns] += cover * (np.array(COLOURS[shape.colour]) - image[rows, columns])
    return np.rint(image + rng.normal(0, 6, image.shape)).clip(0, 255).astype(np.uint8)


def covered(kind: str, radius: int, finer: int = 4) -> Array:
    """How much of each pixel a shape covers, (2 radius + 1, 2 radius + 1) from 0 to 1."""
    pixels = 2 * radius + 1
    place = (np.arange(pixels * finer) + 0.5) / finer - pixels / 2
    row, column = place[:, None] / radius, place / radius
    inside = {
        "circle": row**2 + column**2 <= 1,
        "square": np.maximum(abs(row), abs(column)) <= 0.86,
        "triangle": (abs(column) <= (row + 1) / 2) & (row <= 0.9),
        "cross": (np.minimum(abs(row), abs(column)) <= 0.32) & (np.maximum(abs(row), abs(column)) <= 1),
    }[kind]
    return inside.reshape(pixels, finer, pixels, finer).mean(axis=(1, 3))


def questions(shapes: list[Shape], rng: np.random.Generator) -> list[Question]:
    """Questions of different forms about one picture, each of which has one right answer."""
    asked: list[Question] = []
    for form in rng.permutation(len(FORMS)):
        question = FORMS[form](shapes, rng)
        if question is not None and len(asked) < QUESTIONS:
            asked.append(question)
    return asked


def colour_of(shapes: list[Shape], rng: np.random.Generator) -> Question | None:
    """what colour is the circle?"""
    alone = [shape for shape in shapes if [s.kind for s in shapes].count(shape.kind) == 1]
    if not alone:
        return None
    shape = alone[rng.integers(len(alone))]
    return Question("colour", f"what colour is the {shape.kind}?", shape.colour, (shape,))


def kind_of(shapes: list[Shape], rng: np.random.Generator) -> Question | None:
    """which shape is red?"""
    alone = [shape for shape in shapes if [s.colour for s in shapes].count(shape.colour) == 1]
    if not alone:
        return None
    shape = alone[rng.integers(len(alone))]
    return Question("kind", f"which shape is {shape.colour}?", shape.kind, (shape,))


def existence(shapes: list[Shape], rng: np.random.Generator) -> Question:
    """is there a red circle?  Half of the time there is, and what there is not has often one word right."""
    there = {(shape.kind, shape.colour) for shape in shapes}
    if rng.random() < 0.5:
        kind, colour = sorted(there)[rng.integers(len(there))]
        about = tuple(shape for shape in shapes if (shape.kind, shape.colour) == (kind, colour))
        return Question("existence", f"is there a {colour} {kind}?", "yes", about)
    others = [(kind, colour) for kind in KINDS for colour in COLOURS if (kind, colour) not in there]
    kind, colour = others[rng.integers(len(others))]
    return Question("existence", f"is there a {colour} {kind}?", "no")


def place(shapes: list[Shape], rng: np.random.Generator) -> Question | None:
    """is the red circle left of the blue square?"""
    named = [shape for shape in shapes if [s[:2] for s in shapes].count(shape[:2]) == 1]
    pairs = [(a, b) for a in named for b in named if abs(a.column - b.column) >= APART]
    if not pairs:
        return None
    a, b = pairs[rng.integers(len(pairs))]
    words = f"is the {a.colour} {a.kind} left of the {b.colour} {b.kind}?"
    return Question("place", words, "yes" if a.column < b.column else "no", (a, b))


def number(shapes: list[Shape], rng: np.random.Generator) -> Question:
    """how many shapes are there?"""
    return Question("number", "how many shapes are there?", NUMBERS[len(shapes) - 1], tuple(shapes))


FORMS = (colour_of, kind_of, existence, place, number)
SOURCE = Source(
    load,
    ("image", "text"),
    "coloured shapes, and questions about them: what colour, which shape, is there a, left of, how many",
    "free: made on this machine",
)
