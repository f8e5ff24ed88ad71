"""Numbers to translate: read in the words of one language, to be written in those of another, letter by letter."""

import numpy as np

from mmdl.data.dataset import Dataset, Examples
from mmdl.data.number_words import LANGUAGES, LARGEST
from mmdl.data.preprocessors.target import TargetTokenizer
from mmdl.data.preprocessors.text import Tokenizer
from mmdl.data.registry import Source
from mmdl.errors import DataError
from mmdl.shapes import Array

SPACED = ("english", "french")  # between words, so that these can be read word by word
COUNTS = {"validation": 250, "test": 500}


def load(source: str = "english", target: str = "german", count: int = 2000, digits: int = 6, seed: int = 0) -> Dataset:
    """`count` numbers to learn from, 250 for validation, 500 for the test; none is in two splits

    All numbers of digits are equally frequent as long as there are enough: there are only ten of one digit.

    Parameters
    ----------
    source, target : "english", "german", "french" or "chinese"
        What is read, and what is to be written.
    count : int
    digits : int
        Of the longest number, up to six.
    seed : int

    Returns
    -------
    Dataset
        Modality "text": words of English and French, letters of the others. Targets are letters. `about` has "number",
        "source" and "target". There is one class only, as nothing is to be classified.
    """
    for language in (source, target):
        if language not in LANGUAGES:
            raise DataError(f"there are numbers in {', '.join(LANGUAGES)}, not in {language!r}")
    if not 1 <= digits <= len(str(LARGEST)):
        raise DataError(f"numbers have 1 to {len(str(LARGEST))} digits, not {digits}")
    sizes = {"train": count} | COUNTS
    if sum(sizes.values()) > 10**digits:
        raise DataError(f"there are {10**digits:,} numbers of up to {digits} digits, not {sum(sizes.values()):,}")
    numbers = drawn(sum(sizes.values()), digits, np.random.default_rng(seed))
    read, written = ([LANGUAGES[language](n) for n in numbers.tolist()] for language in (source, target))
    tokenizer = Tokenizer.fit(read, unit="word" if source in SPACED else "letter")
    longest = max(range(1000), key=lambda n: len(LANGUAGES[target](n)))
    writer = TargetTokenizer.fit([*written, LANGUAGES[target](1001 * longest)])  # room for all below a million
    examples = Examples(
        {"text": tokenizer.encode(read)},
        np.zeros(len(numbers), int),
        about={"number": numbers.astype(str), "source": np.array(read), "target": np.array(written)},
        targets=writer.encode(written),
    )
    ends = np.cumsum([*sizes.values()])
    train, validation, test = (
        examples.select(np.arange(end - size, end)) for end, size in zip(ends, sizes.values(), strict=True)
    )
    return Dataset("numbers", ("number",), train, validation, test, {"text": tokenizer}, target=writer)


def drawn(count: int, digits: int, rng: np.random.Generator) -> Array:
    """So many different numbers, of all lengths up to `digits` in turn."""
    found: set[int] = set()
    order: list[int] = []
    while len(order) < count:
        length = int(rng.integers(1, digits + 1))
        number = int(rng.integers(10 ** (length - 1) if length > 1 else 0, 10**length))
        if number not in found:
            found.add(number)
            order.append(number)
    return np.array(order)


SOURCE = Source(
    load,
    ("text",),
    "numbers in English, German, French and Chinese words, to be translated",
    "free: made on this machine",
    to_write="numbers",
)
