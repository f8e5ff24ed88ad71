"""Scenes: small pictures of coloured shapes, and questions about them in words, in the manner of CLEVR.

Neither the picture nor the question is enough: every answer is about as frequent among the answers that its question
leaves open, and whatever a picture shows, many things can be asked about it. All questions have one right answer, which
the picture tells without doubt, so that the best possible accuracy is 1.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from mmdl.data.dataset import Dataset, Examples
from mmdl.data.preprocessors.picture import PicturePreprocessor
from mmdl.data.preprocessors.text import Tokenizer
from mmdl.data.registry import Source
from mmdl.data.repeated import Repeated
from mmdl.shapes import Array

SIDE = 64  # pixels
MIDDLE = SIDE // 2
KINDS = ("circle", "square", "triangle", "cross")
COLOURS = {"red": (210, 50, 45), "green": (50, 160, 60), "blue": (50, 80, 200), "yellow": (235, 205, 50)}
NUMBERS = ("one", "two", "three")
ANSWERS = (*COLOURS, *KINDS, *NUMBERS, "no", "yes")
RADII = 7, 11  # pixels, at least and at most
GREYS = 90, 200  # of the ground
NOISE = 6  # its standard deviation, of 255
APART = 6  # pixels at least by which one thing is left of another
QUESTIONS = 3  # about each picture
RECIPE = {
    "epochs": 12,
    "batch_size": 32,
    "learning_rate": 2e-3,
    "warm_up": 0.2,
    "smoothing": 0.05,
    "modality_dropout": 0.0,  # neither modality says anything alone
}
AUGMENT: dict[str, float] = {"by_picture": True}  # a third of the pictures to read
BUILD = {"dropout": 0.1}  # every example is new, so there is little to overfit
PICTURES = {"train": 12000, "validation": 300, "test": 1000}


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

    form: str  # "place", "colour", "kind", "existence" or "number"
    words: str
    answer: str
    about: tuple[Shape, ...] = ()  # the shapes of the picture that are named

    @property
    def named(self) -> str:
        """The place of the last word of each name, and the boxes of what it names: "4:10,4,25,19;0,0,9,9 9:..." """
        words = self.words.rstrip("?").split()
        ends = [
            place
            for place, (word, before) in enumerate(zip(words, ["", *words], strict=False))
            if word in KINDS or before in COLOURS or (word in COLOURS and word == words[-1])
        ]
        boxes = [shape.box for shape in self.about]
        each = [boxes] if len(ends) == 1 else [[box] for box in boxes]
        return " ".join(f"{end}:{';'.join(those)}" for end, those in zip(ends, each, strict=False) if those)


def load(pictures: int = PICTURES["train"], seed: int = 0) -> Dataset:
    """Three questions about each of 12,000 pictures to learn from, 300 for validation, 1,000 for the test

    Parameters
    ----------
    pictures : int
        To learn from.
    seed : int

    Returns
    -------
    Dataset
        Modalities "image", (N, 64, 64, 3) uint8, and "text", Tokens of words; no picture is in two splits. `about` has
        "picture" (its number), "form", "question", "answer", "boxes": where the shapes are that the question names, as
        "top,left,bottom,right" in pixels with spaces between them, and "named": which word names which of them.
    """
    rng = np.random.default_rng(seed)
    drawn = {split: examples_of(count, rng) for split, count in (PICTURES | {"train": pictures}).items()}
    tokenizer = Tokenizer.fit(drawn["train"][1]["question"].tolist())
    image = PicturePreprocessor.fit(drawn["train"][0].values)
    splits: dict[str, Any] = {}
    for split, (images, about) in drawn.items():
        labels = np.array([ANSWERS.index(answer) for answer in about["answer"]])
        inputs: dict[str, Any] = {"image": images, "text": tokenizer.encode(about["question"].tolist())}
        splits[split] = Examples(inputs, labels, about=about)
    best: dict[tuple[str, ...], dict[str, float]] = {("image", "text"): {"loss": 0.0, "accuracy": 1.0}}
    preprocessors = {"image": image, "text": tokenizer}
    return Dataset(
        "scenes",
        ANSWERS,
        **splits,
        preprocessors=preprocessors,
        best=best,
        recipe=RECIPE,
        build=BUILD,
        augment=AUGMENT,
        in_order=True,
    )


def examples_of(count: int, rng: np.random.Generator) -> tuple[Repeated, dict[str, Array]]:
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
        "named": np.array([question.named for _, question in asked]),
    }
    return Repeated.of(images), about


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
    image = np.full((SIDE, SIDE, 3), float(rng.integers(*GREYS)))
    for shape in shapes:
        rows, columns = (slice(place - shape.radius, place + shape.radius + 1) for place in (shape.row, shape.column))
        cover = covered(shape.kind, shape.radius)[..., None]
        image[rows, columns] += cover * (np.array(COLOURS[shape.colour]) - image[rows, columns])
    return np.rint(image + rng.normal(0, NOISE, image.shape)).clip(0, 255).astype(np.uint8)


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
    """Questions of different forms about one picture, each of which has one right answer: of place, if there are two
    shapes, for that is the hardest to learn."""
    forms = [place, *(OTHERS[number] for number in rng.permutation(len(OTHERS)))]
    asked = [question for form in forms if (question := form(shapes, rng)) is not None]
    return asked[:QUESTIONS]


def by_both(shape: Shape) -> str:
    """ "red circle" """
    return f"{shape.colour} {shape.kind}"


def by_kind(shape: Shape) -> str:
    """ "circle" """
    return shape.kind


def by_colour(shape: Shape) -> str:
    """ "red shape" """
    return f"{shape.colour} shape"


NAMINGS = by_both, by_kind, by_colour


def alone(shapes: list[Shape], naming: Callable[[Shape], str]) -> list[tuple[Shape, str]]:
    """The shapes whose name is no other's, and their names."""
    names = [naming(shape) for shape in shapes]
    return [(shape, name) for shape, name in zip(shapes, names, strict=True) if names.count(name) == 1]


def colour_of(shapes: list[Shape], rng: np.random.Generator) -> Question | None:
    """what colour is the circle?"""
    if not (named := alone(shapes, by_kind)):
        return None
    shape, name = named[rng.integers(len(named))]
    return Question("colour", f"what colour is the {name}?", shape.colour, (shape,))


def kind_of(shapes: list[Shape], rng: np.random.Generator) -> Question | None:
    """which shape is red?"""
    if not (named := alone(shapes, by_colour)):
        return None
    shape, _ = named[rng.integers(len(named))]
    return Question("kind", f"which shape is {shape.colour}?", shape.kind, (shape,))


def existence(shapes: list[Shape], rng: np.random.Generator) -> Question:
    """is there a red circle? a circle? a red shape?  Half of the time there is."""
    naming = NAMINGS[rng.integers(len(NAMINGS))]
    there = {naming(shape) for shape in shapes}
    could_be = {naming(shapes[0]._replace(kind=kind, colour=colour)) for kind in KINDS for colour in COLOURS}
    yes = rng.random() < 0.5
    names = sorted(there if yes else could_be - there)
    name = names[rng.integers(len(names))]
    about = tuple(shape for shape in shapes if naming(shape) == name)
    return Question("existence", f"is there a {name}?", "yes" if yes else "no", about)


def place(shapes: list[Shape], rng: np.random.Generator) -> Question | None:
    """is the red circle left of the square?  Half of the time, and of a single shape always, left of the middle."""
    named = [(shape, name) for naming in NAMINGS for shape, name in alone(shapes, naming)]
    others = [None] if len(shapes) == 1 or rng.random() >= 0.5 else named
    pairs = [(a, b) for a in named for b in others if abs(a[0].column - (b[0].column if b else MIDDLE)) >= APART]
    if not pairs:
        return None
    (a, first), other = pairs[rng.integers(len(pairs))]
    b, second = other or (None, "middle")
    words = f"is the {first} left of the {second}?"
    left = a.column < (b.column if b else MIDDLE)
    return Question("place", words, "yes" if left else "no", (a, b) if b else (a,))


def number(shapes: list[Shape], rng: np.random.Generator) -> Question:
    """how many shapes are there?"""
    return Question("number", "how many shapes are there?", NUMBERS[len(shapes) - 1], tuple(shapes))


OTHERS = colour_of, kind_of, existence, number
SOURCE = Source(
    load,
    ("image", "text"),
    "coloured shapes, and questions about them: what colour, which shape, is there a, left of, how many",
    "free: made on this machine",
)
