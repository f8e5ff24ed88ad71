"""General signs: what can be said about a wrong result from its numbers alone, whatever the function is."""

from mmdl.check.signs.kind import Pair, Sign
from mmdl.check.signs.place import signs_of_parts, signs_of_place
from mmdl.check.signs.scale import signs_of_scale
from mmdl.check.signs.terms import signs_of_rounding, signs_of_rows, signs_of_terms

__all__ = ["Pair", "Sign", "signs", "vague_signs"]


def signs(pair):
    """All signs that might fit results with the names, axes and arguments of this pair, the most telling first."""
    yield from signs_of_scale(pair)
    yield from signs_of_place(pair)
    yield from signs_of_terms(pair)


def vague_signs(pair):
    """Signs that say less about the mistake."""
    yield from signs_of_parts(pair)
    yield from signs_of_rows(pair)
    yield from signs_of_rounding(pair)
