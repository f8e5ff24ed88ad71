"""The glyphs: characters as the DejaVu fonts draw them, with the words of their Unicode names.

Pictures and texts made by people, on the disk of everyone who has matplotlib and Python. A model sees a
character as 28 x 28 grey pixels, reads its name with some words missing, and says which of ten families it is
from. Neither is enough: the Latin, Greek and Cyrillic A are one picture, and CAPITAL LETTER A is one text.
"""

import importlib.util
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from mmdl.data.batches import drop_words
from mmdl.data.dataset import Dataset, Examples
from mmdl.data.preprocessors.image import ImagePreprocessor
from mmdl.data.preprocessors.text import Tokenizer
from mmdl.data.preprocessors.units import split_words
from mmdl.data.registry import Source
from mmdl.errors import DataError
from mmdl.shapes import Array
from mmdl.tokens import Tokens

FONTS = (
    *("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSans-BoldOblique"),
    *("DejaVuSansMono", "DejaVuSansMono-Bold", "DejaVuSansMono-Oblique", "DejaVuSansMono-BoldOblique"),
    *("DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic", "DejaVuSerif-BoldItalic"),
)
FAMILIES = {
    "LATIN": "Latin",
    "GREEK": "Greek",
    "CYRILLIC": "Cyrillic",
    "ARABIC": "Arabic",
    "CANADIAN": "Canadian syllabics",
    "ARMENIAN": "Armenian",
    "GEORGIAN": "Georgian",
    "HEBREW": "Hebrew",
    "ARROW": "arrows",
    "BOX": "box drawing",
}
CLASSES = tuple(FAMILIES.values())
GIVEAWAYS = {
    *FAMILIES,
    "SYLLABICS",
    "ARROWS",
    "DRAWINGS",
}  # words that name the class are no part of a caption
EM = 22  # pixels: 99 % of the glyphs fit into 28 x 28, and a capital is 16 high
CANVAS = 56  # pixels a side: room for the widest arrow
SPLIT_SEED = 0  # which characters are tested is part of the data, not of an experiment


def load(word_dropout: float = 0.5, fonts: Sequence[str] = FONTS, whole_names: bool = False) -> Dataset:
    """About 27,000 pictures with captions, split by character: one that is tested is trained on in no font.

    Parameters
    ----------
    word_dropout : float
        Probability with which captions lose each of their words: afresh in every epoch of training (by the
        dataset's `augment`), once and for all in validation and test.
    fonts : sequence of str
        Names of matplotlib's font files.
    whole_names : bool
        Captions keep the words that name the class: what a search by name needs. With a `word_dropout` of 0 they are
        the characters' names.

    Returns
    -------
    Dataset
        Modalities "image", (N, 28, 28, 1) uint8, and "text", Tokens of word ids; `about` has "character",
        "name" and "font". Of each family a fifth is for testing, a tenth of the rest for validation.
    """
    preprocessor = ImagePreprocessor()
    drawn = [glyph for font in fonts for glyph in draw(font, preprocessor)]
    character, font, image = (np.array(column) for column in zip(*drawn, strict=True))

    known, place = np.unique(character, return_inverse=True)  # what is the same in all fonts is made once
    name = np.array([unicodedata.name(each) for each in known])
    label = np.array([CLASSES.index(family(each)) for each in known])
    text = name if whole_names else np.array([caption(each) for each in known])
    rng = np.random.default_rng(SPLIT_SEED)
    split = split_each(label, rng)
    tokenizer = Tokenizer.fit(text[split == "train"])
    words = tokenizer.encode(text)

    examples = Examples(
        {"image": image[..., None], "text": Tokens(words.values[place], words.full_mask[place])},
        label[place],
        about={"character": character, "name": name[place], "font": font},
    )
    train, validation, test = (examples.select(split[place] == s) for s in ("train", "validation", "test"))
    return Dataset(
        "glyphs",
        CLASSES,
        train,
        _lose_words(validation, word_dropout, rng),
        _lose_words(test, word_dropout, rng),
        preprocessors={"image": preprocessor, "text": tokenizer},
        augment={"word_dropout": word_dropout},
    )


def split_each(labels: Array, rng: np.random.Generator) -> Array:
    """Deal out the examples of each class: a fifth "test", a tenth of the rest "validation", then "train"."""
    rank = np.empty(len(labels))
    for members in (labels == label for label in np.unique(labels)):
        rank[members] = rng.permutation(members.sum()) / members.sum()
    return np.select([rank < 0.2, rank < 0.28], ["test", "validation"], "train")


@cache
def family(character: str) -> str | None:
    """The class of a character, from the first word of its Unicode name; arrows may say so anywhere in it.

    None for other characters, and for combining marks, controls and spaces, whatever their name.
    """
    words = split_words(unicodedata.name(character, ""))
    if not words or unicodedata.category(character)[0] in "CMZ":
        return None
    return FAMILIES.get(words[0]) or (FAMILIES["ARROW"] if {"ARROW", "ARROWS"} & {*words} else None)


def caption(character: str) -> str:
    """The words of its Unicode name that do not name the class."""
    return " ".join(word for word in split_words(unicodedata.name(character)) if word not in GIVEAWAYS)


def draw(font: str, preprocessor: ImagePreprocessor) -> Iterator[tuple[str, str, Array]]:
    """Yield (character, font, picture) for all characters of a font that have a family and leave ink."""
    from fontTools.ttLib import TTFont
    from PIL import Image, ImageDraw, ImageFont

    path = font_file(font)
    with TTFont(path, lazy=True) as tables:
        characters = sorted(filter(family, map(chr, tables.getBestCmap())))
    # Twice the size, then means of 2 x 2: drawn small, strokes snap to pixels, as in no scaled picture
    pen = ImageFont.truetype(path, 2 * EM, layout_engine=ImageFont.Layout.BASIC)
    strip = Image.new("L", (2 * CANVAS, 2 * CANVAS * len(characters)))  # one for all saves more than a second
    brush = ImageDraw.Draw(strip)
    for place, character in enumerate(characters):
        brush.text((CANVAS, CANVAS * (2 * place + 1)), character, 255, font=pen, anchor="mm")
    inks = np.asarray(strip.reduce(2)).reshape(-1, CANVAS, CANVAS)
    for character, ink in zip(characters, inks, strict=True):
        picture = preprocessor.frame(ink)
        if picture.any():
            yield character, font, picture


def font_file(font: str) -> str:
    """The path of one of matplotlib's fonts; matplotlib itself, slow to import, is left alone."""
    found = importlib.util.find_spec("matplotlib")
    folders = (found.submodule_search_locations if found else None) or ()
    for folder in folders:
        path = Path(folder, "mpl-data", "fonts", "ttf", f"{font}.ttf")
        if path.is_file():
            return str(path)
    raise DataError(f"the font {font} comes with matplotlib, but it is not there; pip install matplotlib brings it")


def _lose_words(examples: Examples, rate: float, rng: np.random.Generator) -> Examples:
    return replace(examples, inputs=examples.inputs | {"text": drop_words(examples.inputs["text"], rate, rng)})


SOURCE = Source(
    load,
    ("image", "text"),
    "characters of the DejaVu fonts, with the words of their Unicode names",
    "free, from Bitstream and the DejaVu authors; part of matplotlib",
    to_write="glyph-names",
)
