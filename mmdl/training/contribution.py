"""What each modality contributes to what all achieve together: the Shapley value."""

from itertools import combinations
from math import comb

from mmdl.errors import DataError


def shapley(value: dict[tuple[str, ...], float]) -> dict[str, float]:
    """φ_m = Σ_{S ⊆ M∖{m}} |S|! (|M| − |S| − 1)! / |M|! · (v(S ∪ {m}) − v(S))

    The mean, over all orders in which the modalities may arrive, of what m adds to those who came before. It is the
    only rule under which the shares add up to v(M) − v(∅), those who add the same to everything get the same, who adds
    nothing gets nothing, and the shares of a sum of two games are the sums of the shares.

    Parameters
    ----------
    value : dict of tuple of str to float
        v(S) of every set S of modalities, in whatever order its names stand; v(∅), with the key (), among them.

    Returns
    -------
    dict of str to float

    Raises
    ------
    DataError
        If the value of a set is missing.

    Source: L. S. Shapley, A value for n-person games, 1953.
    """
    v = {frozenset(names): each for names, each in value.items()}
    everyone = sorted(frozenset().union(*v))
    sets = [frozenset(names) for size in range(len(everyone) + 1) for names in combinations(everyone, size)]
    for names in sets:
        if names not in v:
            raise DataError(f"the value of {' and '.join(sorted(names)) or 'nothing'} is needed for contributions")
    M = len(everyone)
    return {
        m: sum((v[S | {m}] - v[S]) / (M * comb(M - 1, len(S))) for S in sets if m not in S)  # the weights, shortened
        for m in everyone
    }
