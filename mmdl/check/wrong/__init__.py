"""A library of mistakes: wrong implementations with names, one file for each kind of function."""

from mmdl.check.wrong import attention, convolution, dense, fusion, recurrence, text

KNOWN = tuple(
    mistake for kind in (dense, convolution, recurrence, text, attention, fusion) for mistake in kind.MISTAKES
)
WRONG = {of: tuple(mistake for mistake in KNOWN if mistake.of == of) for of in dict.fromkeys(m.of for m in KNOWN)}
