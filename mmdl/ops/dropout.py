"""Dropout: some numbers are left out at random, the others made larger."""

from mmdl.errors import DataError
from mmdl.shapes import shapes


@shapes(x="...", mask="...")
def dropout(x, mask, rate):
    """y = x ∘ mask / (1 − rate): the mean over masks is x

    Parameters
    ----------
    x : array of any shape
    mask : bool array of the same shape
        True, with probability 1 − rate, where a number stays.
    rate : float, 0 ≤ rate < 1

    Source: Srivastava et al., Dropout, 2014 (scaled in training, so that inference needs nothing).
    """
    if not 0 <= rate < 1:
        raise DataError(f"dropout: rate must be at least 0 and less than 1, not {rate}")
    return x * mask / (1 - rate)


@shapes(dy="...", mask="...")
def dropout_backward(dy, mask, rate):
    """dx = dy ∘ mask / (1 − rate): what was left out gets nothing"""
    return dy * mask / (1 - rate)
