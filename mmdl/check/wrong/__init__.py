"""A library of mistakes: wrong implementations with names, one file for each kind of function."""

from mmdl.check.wrong import (
    attention,
    blocks,
    classifier,
    contrastive,
    convolution,
    dense,
    fusion,
    recurrence,
    sound,
    text,
    training,
)

KINDS = (dense, convolution, recurrence, text, attention, blocks, fusion, training, classifier, sound, contrastive)
KNOWN = tuple(mistake for kind in KINDS for mistake in kind.MISTAKES)
WRONG = {of: tuple(mistake for mistake in KNOWN if mistake.of == of) for of in dict.fromkeys(m.of for m in KNOWN)}
