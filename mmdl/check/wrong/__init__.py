"""A library of mistakes: wrong implementations with names, one file for each kind of function."""

from mmdl.check.wrong import attention, blocks, classifier, convolution, dense, fusion, recurrence, text, training

KINDS = (dense, convolution, recurrence, text, attention, blocks, fusion, training, classifier)
KNOWN = tuple(mistake for kind in KINDS for mistake in kind.MISTAKES)
WRONG = {of: tuple(mistake for mistake in KNOWN if mistake.of == of) for of in dict.fromkeys(m.of for m in KNOWN)}
