"""Which rows of a table are learned from, watched, and tested: dealt out class by class, or as a column says."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

NAMES = dict.fromkeys(("train", "training"), "train") | dict.fromkeys(("test", "testing"), "test")
NAMES |= dict.fromkeys(("validation", "valid", "val", "dev"), "validation")
LEAST = 3  # rows of a class: one in each split


def deal(
    labels: dict[int, str],
    rng: np.random.Generator,
    shares: Sequence[tuple[str, float]] = (("test", 0.2), ("validation", 0.1)),
) -> dict[int, str]:
    """Give of every class these shares to these splits, at least one row each, and the rest to "train"

    Parameters
    ----------
    labels : dict of int to str
        The class of each row by its place.
    rng : numpy.random.Generator

    Returns
    -------
    dict of int to str
        The split of each row; rows of a class of fewer than `LEAST` are left out.
    """
    parts: dict[int, str] = {}
    for members in by_class(labels).values():
        if len(members) >= LEAST:
            order = rng.permutation(members).tolist()
            for split, share in shares:
                count = max(1, round(share * len(members)))
                parts |= dict.fromkeys(order[:count], split)
                order = order[count:]
            parts |= dict.fromkeys(order, "train")
    return parts


def as_told(labels: dict[int, str], said: dict[int, str], rng: np.random.Generator) -> dict[int, str]:
    """The splits that a column names; if it names no validation, that is dealt out from what is for training

    Parameters
    ----------
    labels, said : dict of int to str
        The class of each row by its place, and what a cell says of its split.
    rng : numpy.random.Generator

    Returns
    -------
    dict of int to str
        The split of each row; those of which no split is said are left out, and those of a class without training row.
    """
    parts = {place: NAMES[split] for place, split in said.items() if split in NAMES}
    learned = {labels[place] for place, split in parts.items() if split == "train"}
    parts = {place: split for place, split in parts.items() if labels[place] in learned}
    if "validation" not in parts.values():
        training = {place: labels[place] for place, split in parts.items() if split == "train"}
        parts |= deal(training, rng, shares=[("validation", 0.1)])
    return parts


def deal_groups(labels: dict[int, str], groups: dict[int, int], rng: np.random.Generator) -> dict[int, str]:
    """As `deal`, but rows of one group stay together, and shares are those of groups

    groups: the number of each row's group by its place; a group counts for the class of its first row.
    """
    counts = Counter(labels.values())
    usable = {place: groups[place] for place in sorted(labels) if counts[labels[place]] >= LEAST}
    kinds: dict[int, str] = {}
    for place, group in usable.items():
        kinds.setdefault(group, labels[place])
    sizes = Counter(kinds.values())
    common = {
        group: kind if sizes[kind] >= LEAST else "" for group, kind in kinds.items()
    }  # rare ones are dealt out together
    parts = deal(common, rng)
    found = {place: parts.get(group, "train") for place, group in usable.items()}
    learned = {labels[place] for place, split in found.items() if split == "train"}
    return {place: split for place, split in found.items() if labels[place] in learned}


def groups_of(keys: Sequence[Sequence[str]]) -> list[int]:
    """The number of each row's group: rows that share a key, directly or through others, are one

    keys: of each row, such as the files that it names; "" is none
    """
    parent = list(range(len(keys)))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    first: dict[tuple[int, str], int] = {}
    for place, row in enumerate(keys):
        for column, key in enumerate(row):
            if key:
                parent[root(place)] = root(first.setdefault((column, key), place))
    return [root(place) for place in range(len(keys))]


def by_class(labels: dict[int, str]) -> dict[str, list[int]]:
    """The places of each class's rows: {class: places}"""
    found: dict[str, list[int]] = {}
    for place, label in labels.items():
        found.setdefault(label, []).append(place)
    return found
