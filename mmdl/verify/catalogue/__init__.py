"""Every op with its loops, its draws and its laws; one file for each kind."""

from mmdl.verify.catalogue import (
    attention,
    convolution,
    dense,
    fusion,
    losses,
    normalization,
    pooling,
    recurrence,
)

KINDS = (dense, convolution, pooling, recurrence, attention, normalization, losses, fusion)

CATALOGUE = {entry.name: entry for kind in KINDS for entry in kind.ENTRIES}
