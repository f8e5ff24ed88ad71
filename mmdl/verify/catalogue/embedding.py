"""Word embeddings."""

import numpy as np

from mmdl.ops.embedding import embedding
from mmdl.verify.compare import difference
from mmdl.verify.entry import Entry


def is_one_hot_product(entry, arguments, rng):
    """It is a one-hot row times the table."""
    one_hot = np.arange(len(arguments["E"])) == arguments["ids"][..., None]
    return difference(entry(**arguments), one_hot @ arguments["E"])


def padding_row_gets_nothing(entry, arguments, rng):
    """The row of `padding_id` gets no gradient, and the other rows get theirs."""
    dy = rng.standard_normal(entry(**arguments).shape)
    whole = entry.pull(dy, **arguments)["E"]
    whole[0] = 0
    results = entry.results(**arguments)
    return difference(entry.gradients({"y": dy}, {**arguments, "padding_id": 0}, results)["E"], whole)


def words(draws):
    """Ids with repeats, and their table."""
    return {"E": draws.array("A D"), "ids": draws.integers("... T", draws.size("A"))}


ENTRIES = (Entry.of(embedding, words, differentiable=("E",), laws=(is_one_hot_product, padding_row_gets_nothing)),)
