"""Every op with its loops, its draws and its laws; one file for each kind."""

from mmdl.verify.catalogue import (
    attention,
    contrastive,
    convolution,
    dense,
    fusion,
    losses,
    normalization,
    pooling,
    recurrence,
    spectrum,
)

KINDS = (dense, convolution, pooling, recurrence, attention, normalization, losses, fusion, contrastive, spectrum)

CATALOGUE = {entry.name: entry for kind in KINDS for entry in kind.ENTRIES}
