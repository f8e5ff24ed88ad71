"""What a text is parted into: words, characters, or each where its script asks for it."""

import re
import unicodedata
from collections.abc import Callable

MARKS = ".,;:!?…\"'()[]{}“”„‘’«»¿¡。，！？；：、（）"  # belong to sentences, not to words
# Han, kana, Hangul, Thai and its neighbours put no spaces between words, or say much with each character
ALONE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1100-\u11ff\u3130-\u318f\uac00-\ud7af"
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3040-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
EMOJI = "\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
SKIN = "[\ufe0f\U0001f3fb-\U0001f3ff]*"
TOKEN = re.compile(rf"[{EMOJI}]{SKIN}(?:\u200d[{EMOJI}]{SKIN})*|[{ALONE}]|[^{ALONE}{EMOJI}]+")


def split_words(text: str) -> list[str]:
    """The words of a text in capitals, parted at spaces and hyphens, without the marks of its sentences

    "(Two-headed) arrow!" has three.
    """
    words = (word.strip(MARKS) for word in re.split(r"[\s-]+", text.upper()))
    return [word for word in words if word]


def split_letters(text: str) -> list[str]:
    """The characters of a text in capitals, with one space for all white space between words, and none around them."""
    return list(" ".join(text.upper().split()))


def split_characters(text: str) -> list[str]:
    """As `split_letters`; a letter and its accent are one character, however they were typed (NFC)."""
    return split_letters(composed(text))


def split_spaced(text: str) -> list[str]:
    """The words of a text in capitals, parted at spaces and hyphens, without the punctuation of any script."""
    return [word for part in re.split(r"[\s-]+", composed(text).upper()) if (word := bare(part))]


def split_any(text: str) -> list[str]:
    """Words where a script has spaces between them; of Han, kana, Hangul, Thai and emoji, each character

    "iPhone15价格😀，好！" has five: IPHONE15, 价, 格, 😀 and 好; a mark of punctuation is none.
    """
    parts = (part for word in re.split(r"[\s-]+", composed(text).upper()) for part in TOKEN.findall(word))
    return [token for part in parts if (token := bare(part))]


def has_words(text: str) -> bool:
    """Whether `split_any` finds anything: a character that is neither white space nor punctuation."""
    return any(not (each.isspace() or unicodedata.category(each)[0] == "P") for each in text)


def composed(text: str) -> str:
    """The text in Unicode's composed form, in which é is one character."""
    return unicodedata.normalize("NFC", text)


def bare(word: str) -> str:
    """The word without punctuation, of any script, before and after it."""
    start, end = 0, len(word)
    while start < end and unicodedata.category(word[start])[0] == "P":
        start += 1
    while end > start and unicodedata.category(word[end - 1])[0] == "P":
        end -= 1
    return word[start:end]


UNITS: dict[str, Callable[[str], list[str]]] = {
    "word": split_words,  # the first two are those of the first model files, and stay as they were
    "letter": split_letters,
    "auto": split_any,
    "spaced": split_spaced,
    "character": split_characters,
}
LETTERS = ("letter", "character")
