"""Slips of the fingers: words as they come from a keyboard when nobody looks at it."""

import numpy as np

ROWS = (("qwertyuiop", 0.0), ("asdfghjkl", 0.25), ("zxcvbnm", 0.75))  # and how far to the right a row begins
PLACES = {key: (row, column + shift) for row, (keys, shift) in enumerate(ROWS) for column, key in enumerate(keys)}
REACH = 1.3  # widths of a key: the keys that touch it
NEIGHBOURS = {
    key: "".join(other for other, (r, c) in PLACES.items() if 0 < (r - row) ** 2 + (c - column) ** 2 < REACH**2)
    for key, (row, column) in PLACES.items()
}


def typed(word: str, slips: int, rng: np.random.Generator) -> str:
    """The word after so many slips, each anywhere in what the ones before have left of it

    With equal chances a letter becomes one of its neighbours on the keyboard, is dropped (unless it is the last one
    left), is doubled, or changes places with the one after it.
    """
    for _ in range(slips):
        place = int(rng.integers(len(word)))
        before, letter, after = word[:place], word[place], word[place + 1 :]
        match rng.integers(4):
            case 0:
                near = NEIGHBOURS[letter]
                letter = near[rng.integers(len(near))]
            case 1:
                letter = letter if len(word) == 1 else ""
            case 2:
                letter += letter
            case 3:
                letter, after = after[:1] + letter, after[1:]
        word = before + letter + after
    return word
