"""Raw examples, strings and pictures as a person has them, made into one batch."""

from typing import Any

import numpy as np

from mmdl.data.batches import Batch
from mmdl.data.preprocessors.preprocessor import Preprocessor
from mmdl.data.repeated import Repeated
from mmdl.errors import DataError
from mmdl.shapes import Mask
from mmdl.tokens import Tokens


def prepare(preprocessors: dict[str, Preprocessor], **raw: Any) -> Batch:
    """One batch from a list of raw examples for each modality; what is not given is absent

    Parameters
    ----------
    preprocessors : dict of str to Preprocessor
    **raw
        By modality a list with N entries, or a single example. None stands for an absent one.

    Returns
    -------
    Batch
        Its labels are −1, unknown.

    Raises
    ------
    DataError
        If a modality is not known, nothing is given, or the lists differ in length.
    """
    raw = {name: each if isinstance(each, (list, tuple)) else [each] for name, each in raw.items() if each is not None}
    if unknown := set(raw) - set(preprocessors):
        raise DataError(f"{min(unknown)!r} is no modality of this model; it takes {', '.join(preprocessors)}")
    lengths = {name: len(each) for name, each in raw.items()}
    if len(set(lengths.values())) != 1:
        counts = ", ".join(f"{count} of {name}" for name, count in lengths.items())
        raise DataError(f"every modality needs as many examples as the others, but there are {counts or 'none'}")
    count = next(iter(lengths.values()))
    inputs, present = {}, {}
    for name, preprocessor in preprocessors.items():
        given = raw.get(name, [None] * count)
        present[name] = np.array([each is not None for each in given], bool)
        found = preprocessor.encode([each for each in given if each is not None])
        inputs[name] = at_rows(found, present[name])
        if isinstance(found, Tokens):
            present[name] = inputs[name].mask.any(axis=1)
    kinds = {name: preprocessor.kind for name, preprocessor in preprocessors.items()}
    return Batch(inputs, present, np.full(count, -1), kinds)


def at_rows(found: Any, present: Mask) -> Any:
    """N examples of which only some were found: those in the places where `present` (N,) is True, zeros elsewhere."""
    if present.all():
        return found
    if isinstance(found, Repeated):  # one row of zeros for all that are absent
        values = np.concatenate([found.values, np.zeros_like(found.values[:1])])
        places = np.full(len(present), len(found.values))
        places[present] = found.places
        return Repeated(values, places)
    if isinstance(found, Tokens):
        return Tokens(*(at_rows(each, present) for each in found))
    everywhere = np.zeros((len(present), *found.shape[1:]), found.dtype)
    everywhere[present] = found
    return everywhere
