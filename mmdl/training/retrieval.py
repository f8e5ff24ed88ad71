"""Retrieval: how often an example of one modality finds its partner of the other, and search."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mmdl.data.batches import batches
from mmdl.data.dataset import Examples
from mmdl.data.distinct import first_of_each
from mmdl.models.answers import answered
from mmdl.shapes import Array, Ids
from mmdl.training.evaluation import demand_same_language

RANKS = 1, 5, 10


def ranks(similarity: Array) -> Ids:
    """The rank of each row's own column, 1 being the best; equally similar columns count as better.

    similarity (N, N) -> ints (N,)
    """
    own = np.diagonal(similarity)[:, None]
    return len(similarity) - (similarity < own).sum(axis=1)


def recall_at(similarity: Array, k: int) -> float:
    """Share of the rows whose own column is among the k most similar; ties count against it.  similarity (N, N)"""
    return float((ranks(similarity) <= k).mean())


def gallery(examples: Examples) -> Examples:
    """One example of each thing that can be found, the first of its kind, if nothing of it is absent.  -> Examples"""
    return examples.select(places_of_gallery(examples))


def places_of_gallery(examples: Examples) -> Ids:
    """Where the examples of a `gallery` stand.  -> ints (n,)"""
    whole = np.flatnonzero(np.logical_and.reduce(list(examples.present.values())))
    found: Ids = whole[first_of_each(examples.select(whole))]
    return found


def embeddings(model: Any, examples: Examples, name: str, batch_size: int = 256) -> Array:
    """The unit vectors of one modality of all examples, in order.  -> (N, D)"""
    return np.concatenate([model.units(name, batch[name]) for batch in batches(examples, batch_size)])


def similarities(model: Any, shown: Examples, batch_size: int = 256) -> Array:
    """The cosine of each example of the first modality with each of the second.  -> (N, N)"""
    first, second = model.towers
    cosines: Array = embeddings(model, shown, first, batch_size) @ embeddings(model, shown, second, batch_size).T
    return cosines


def evaluate_retrieval(
    model: Any, examples: Examples, at: Sequence[int] = RANKS, batch_size: int = 256
) -> dict[Any, dict[int, float]]:
    """recall@k = share of the queries whose partner is among the k best, both ways, on a `gallery` of the examples

    Parameters
    ----------
    model : ContrastiveModel
    examples : Examples
    at : sequence of int

    Returns
    -------
    dict
        {("image", "text"): {1: ..., 5: ..., 10: ...}, ("text", "image"): {...}, "chance": {...}}: which modality asks,
        and which is searched; chance is k / N.
    """
    shown = gallery(examples)
    first, second = model.towers
    similarity = similarities(model, shown, batch_size)
    return {
        (first, second): {k: recall_at(similarity, k) for k in at},
        (second, first): {k: recall_at(similarity.T, k) for k in at},
        "chance": {k: min(1.0, k / len(shown)) for k in at},
    }


def search(model: Any, examples: Examples, top: int = 10, batch_size: int = 256, **raw: Any) -> tuple[Ids, Array]:
    """The examples whose other modality fits a raw one best: `search(model, shown, text="LEFTWARDS DOUBLE ARROW")`

    Returns
    -------
    places, scores : arrays (top,)
        Best first; scores are cosines, from −1 to 1.
    """
    [query] = model.embed(**raw)
    [other] = [name for name in model.towers if raw.get(name) is None]
    demand_same_language(model, examples)
    scores = answered(lambda: embeddings(model, examples, other, batch_size) @ query)
    places = np.argsort(-scores, kind="stable")[:top]
    return places, scores[places]


def titles(examples: Examples, preprocessors: dict[str, Any]) -> list[str]:
    """What each example is called, in words: by its name if one is known, else by its text.  -> list of N str"""
    if "name" in examples.about:
        return examples.about["name"].tolist()
    for name, preprocessor in preprocessors.items():
        if preprocessor.kind == "text":
            column: Any = examples.inputs[name]
            between = "" if preprocessor.of_letters else " "
            return [
                between.join(preprocessor.words_of(row[there]))
                for row, there in zip(column.values, column.full_mask, strict=True)
            ]
    return [f"example {place}" for place in range(len(examples))]
