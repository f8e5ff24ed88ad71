"""What the runs of a comparison say together: means, deviations, and which differences are within the noise."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import nan, sqrt
from typing import Any, NamedTuple

import numpy as np

BEST, NEAR = "best", "within noise"


class Spread(NamedTuple):
    """A number that came out differently each time."""

    mean: float
    deviation: float  # with one degree of freedom less; NaN for a single number
    count: int  # type: ignore[assignment]  # a tuple's method of this name is not needed


@dataclass(frozen=True)
class Row:
    """One model of a comparison."""

    model: str
    modalities: tuple[str, ...]
    accuracy: dict[tuple[str, ...], Spread]  # of tuple of str to Spread: of every set of modalities that it knows
    loss: Spread  # with all of them
    parameters: int
    milliseconds: Spread  # of processor time, a step
    nothing: float  # the accuracy of who sees nothing
    contribution: dict[str, Spread]  # of str to Spread; empty for a modality alone
    noise: dict[str, tuple[list[Any], list[Spread]]]  # of str to (levels, Spreads); empty for a modality alone

    @property
    def whole(self) -> Spread:
        """The accuracy with all modalities that the model knows."""
        return self.accuracy[self.modalities]


def spread(values: Sequence[float]) -> Spread:
    """Mean and standard deviation.  -> Spread"""
    found = np.asarray(values, float)
    return Spread(float(found.mean()), float(found.std(ddof=1)) if len(found) > 1 else nan, len(found))


def gather(results: Iterable[tuple[Any, dict[str, Any]]]) -> list[Row]:
    """Rows, fusions before single modalities, the most accurate first.  results: pairs of Run and what it found"""
    by_model: dict[str, list[tuple[Any, dict[str, Any]]]] = {}
    for run, found in results:
        by_model.setdefault(run.model, []).append((run, found))
    rows = [_row(*zip(*each, strict=True)) for each in by_model.values()]
    return sorted(rows, key=lambda row: (-len(row.modalities), -row.whole.mean))


def standings(spreads: dict[Any, Spread], smaller: bool = False) -> dict[Any, str]:
    """BEST for the highest mean (or the smallest), NEAR for what is not distinguishable from it, "" for the others

    Two means are distinguished if they differ by more than two standard errors of their difference:

        |a − b| > 2 √(s_a² / n_a + s_b² / n_b)

    This accounts for the variation between seeds, not between test sets. With a single run of each, only the best is
    marked.

    Parameters
    ----------
    spreads : dict of anything to Spread

    Returns
    -------
    dict with the same keys
    """
    best = (min if smaller else max)(spreads, key=lambda key: spreads[key].mean)
    near = {
        key for key, each in spreads.items() if abs(each.mean - spreads[best].mean) <= 2 * _error(each, spreads[best])
    }
    return {key: BEST if key == best else NEAR if key in near else "" for key in spreads}


def _error(a: Spread, b: Spread) -> float:
    """The standard error of the difference of two means."""
    return sqrt(a.deviation**2 / a.count + b.deviation**2 / b.count)


def _row(runs: Sequence[Any], found: Sequence[dict[str, Any]]) -> Row:
    modalities = runs[0].modalities
    together = found[0]["subsets"]
    return Row(
        runs[0].model,
        modalities,
        {tuple(key.split("+")): spread([each["subsets"][key]["accuracy"] for each in found]) for key in together},
        spread([each["subsets"]["+".join(modalities)]["loss"] for each in found]),
        found[0]["parameters"],
        spread([each["milliseconds"] for each in found]),
        found[0]["nothing"],
        {name: spread([each["contribution"][name] for each in found]) for name in found[0].get("contribution", ())},
        {name: (curve["levels"], _points(found, name)) for name, curve in found[0].get("noise", {}).items()},
    )


def _points(found: Sequence[dict[str, Any]], name: str) -> list[Spread]:
    """One Spread for each level of noise on a modality."""
    return [spread(each) for each in zip(*(one["noise"][name]["accuracy"] for one in found), strict=True)]
