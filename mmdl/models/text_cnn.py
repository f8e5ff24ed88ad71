"""The text CNN: what its filters find in a text, and what is counted of its words before anything is learned."""

from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl.data import Dataset
from mmdl.data.preprocessors.text import FIRST_WORD
from mmdl.errors import DataError
from mmdl.layers import Embedding, Sequential
from mmdl.models.encoders import WINDOWS, text_encoder, to_vector
from mmdl.shapes import Array, Ids
from mmdl.tokens import Tokens

WIDTH_OF_KIM = 192  # of the vector of a text: the maxima and the means of three times 32 filters
OF_KIM = 0.5  # of what they found is dropped, as in Kim 2014
WORDS_OF_KIM = 64  # of word vectors, at most: wider ones learn single words by heart
OF_COUNTS = 0.1  # so large is what is counted of a word beside numbers within ± 0.05


def is_text_cnn(dataset: Dataset, reader: str | None) -> bool:
    """Whether what learns from this data is a text CNN and nothing else."""
    return reader == "convolution" and [*dataset.train.kinds.values()] == ["text"]


def text_cnn(rng: Generator, preprocessor: Any, width: int, dtype: DTypeLike = np.float32) -> Sequential:
    """z = [maxₜ cₜ ; meanₜ cₜ] of what the filters answer, and no further layer, with which it overfits.  -> (N, width)

    Source: Kim 2014, who takes the maxima alone; Howard, Ruder, Universal language model fine-tuning for text
    classification, 2018, who take both.
    """
    least = 2 * len(WINDOWS)
    if width < least or width % 2:
        raise DataError(f"maxima and means of a text CNN have an even width of at least {least}, not {width}")
    filters = width // 2
    encoder = text_encoder(rng, preprocessor.entries, filters, "convolution", min(width, WORDS_OF_KIM), dtype)
    return to_vector(rng, encoder, (preprocessor.length, filters), "both", None, dtype)


def begin_with_counts(embedding: Embedding, dataset: Dataset) -> None:
    """E[a, :K] ← 0.1 r[a]: word vectors begin with `log_count_ratios` of the training texts; changes E IN PLACE

    If they are narrower than there are classes K, they stay as they were drawn.
    """
    inputs: dict[str, Any] = dataset.train.inputs
    [(name, texts)] = inputs.items()
    A, D = embedding.E.shape
    if (K := len(dataset.classes)) <= D:
        present = Tokens(texts.values, texts.full_mask & dataset.train.present[name][:, None])
        embedding.E[:, :K] = OF_COUNTS * log_count_ratios(present, dataset.train.labels, A, K)


def log_count_ratios(texts: Tokens, labels: Ids, words: int, classes: int) -> Array:
    """r[a, k] = log p[a, k] − meanₖ log p[a, k]  with  p[a, k] = (1 + n[a, k]) / Σₐ (1 + n[a, k])

    n[a, k] is the number of texts of class k that have word a. Of padding and of unknown words r is zero.

    Parameters
    ----------
    texts : Tokens of ids (N, T), below `words` A
    labels : array of ints (N,), below `classes` K

    Returns
    -------
    array (A, K)

    Source: Wang, Manning, Baselines and bigrams: simple, good sentiment and topic classification, 2012. Of their ratio
    of two classes, r[:, 1] is one half.
    """
    text, place = texts.full_mask.nonzero()
    text, word = np.divmod(np.unique(text * words + texts.values[text, place]), words)  # each word of a text once
    n = np.zeros((words, classes))
    np.add.at(n, (word, labels[text]), 1)
    log_p = np.log((1 + n) / (1 + n).sum(axis=0))
    r = log_p - log_p.mean(axis=1, keepdims=True)
    r[:FIRST_WORD] = 0
    return r
