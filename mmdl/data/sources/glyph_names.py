"""Glyph names: Latin, Greek and Cyrillic characters, of which the full Unicode names are to be written.

What is tested was never seen: *compositions*, characters made of a letter and marks that are both known from others,
by Unicode's own decomposition (Ǻ is A, ring above, acute); and the known characters in a font that is new.
"""

import unicodedata

import numpy as np

from mmdl.data.batches import drop_words
from mmdl.data.dataset import Dataset, Examples
from mmdl.data.preprocessors.image import ImagePreprocessor
from mmdl.data.preprocessors.target import TargetTokenizer
from mmdl.data.preprocessors.text import Tokenizer
from mmdl.data.registry import Source
from mmdl.data.sources import glyphs

FONTS = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSerif", "DejaVuSansMono")
NEW_FONT = "DejaVuSansMono-Bold"
CLASSES = ("Latin", "Greek", "Cyrillic")
HELD_OUT = {"test": 1 / 6, "validation": 1 / 12}  # of the compositions
SPLIT_SEED = 0  # which characters are tested is part of the data, not of an experiment


def load(word_dropout: float = 0.5) -> Dataset:
    """About 8,000 pictures with half of the words of each name, to be completed

    Parameters
    ----------
    word_dropout : float
        Probability with which the given names lose each of their words: afresh in every epoch of training (by the
        dataset's `augment`), once and for all in validation and test.

    Returns
    -------
    Dataset
        Modalities "image", (N, 28, 28, 1) uint8, and "text", Tokens of words. Targets are the words of the names; all
        of them are in names for training. `about` has "character", "name" (which is the target), "font", and "held
        out": "composition", "font", or "" in training. A sixth of the compositions is for the test and half as many for
        validation, in the fonts for training; the new font is for the test.
    """
    preprocessor = ImagePreprocessor()
    drawn = [
        glyph
        for font in (*FONTS, NEW_FONT)
        for glyph in glyphs.draw(font, preprocessor)
        if glyphs.family(glyph[0]) in CLASSES
    ]
    character, font, image = (np.array(column) for column in zip(*drawn, strict=True))
    rng = np.random.default_rng(SPLIT_SEED)
    parts = held_out(sorted({*character[font != NEW_FONT].tolist()}), rng)
    split = np.array([parts.get(each, "unseen") for each in character.tolist()])
    new = font == NEW_FONT
    held = np.select([new & (split == "train"), ~new & (split != "train")], ["font", "composition"], "")
    split = np.where(new, np.where(split == "train", "test", "unseen"), split)

    name = np.array([unicodedata.name(each) for each in character.tolist()])
    tokenizer = Tokenizer.fit(name[split == "train"].tolist())
    writer = TargetTokenizer.fit(name[np.isin(split, ["train", "validation", "test"])].tolist(), unit="word")
    splits = {}
    for part in ("train", "validation", "test"):
        rows = split == part
        words = tokenizer.encode(name[rows].tolist())
        splits[part] = Examples(
            {
                "image": image[rows][..., None],
                "text": words if part == "train" else drop_words(words, word_dropout, rng),
            },
            np.array([CLASSES.index(glyphs.family(each) or "") for each in character[rows].tolist()]),
            about={"character": character[rows], "name": name[rows], "font": font[rows], "held out": held[rows]},
            targets=writer.encode(name[rows].tolist()),
        )
    return Dataset(
        "glyph-names",
        CLASSES,
        splits["train"],
        splits["validation"],
        splits["test"],
        {"image": preprocessor, "text": tokenizer},
        augment={"word_dropout": word_dropout},
        target=writer,
    )


def parts_of(character: str) -> list[str]:
    """A letter and its marks, by Unicode's decomposition; the character alone if it has none."""
    return list(unicodedata.normalize("NFD", character))


def held_out(characters: list[str], rng: np.random.Generator) -> dict[str, str]:
    """The split of each character: "test" and "validation" have compositions only

    Of what is held out, the letter itself, each mark on another letter, and each word of the name are in training.
    """
    known: dict[str, int] = {}
    for each in characters:
        for part in ingredients(each):
            known[part] = known.get(part, 0) + 1
    parts = dict.fromkeys(characters, "train")
    compositions = [each for each in characters if len(parts_of(each)) > 1 and parts_of(each)[0] in parts]
    wanted = {split: round(share * len(compositions)) for split, share in HELD_OUT.items()}
    for each in rng.permutation(np.array(compositions)).tolist():
        split = next((split for split, count in wanted.items() if count), None)
        if split is None:
            break
        if all(known[part] > 1 for part in ingredients(each)):
            parts[each] = split
            wanted[split] -= 1
            for part in ingredients(each):
                known[part] -= 1
    return parts


def ingredients(character: str) -> set[str]:
    """What must be known from other characters: the marks, and the words of the name."""
    return {*parts_of(character)[1:], *unicodedata.name(character).split(" ")}


SOURCE = Source(
    load,
    ("image", "text"),
    "Latin, Greek and Cyrillic characters and half the words of their names, to be named in full",
    "free, from Bitstream and the DejaVu authors; part of matplotlib",
    to_write="glyph-names",
)
