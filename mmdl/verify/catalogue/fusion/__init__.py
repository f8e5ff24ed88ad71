"""Fusion of vectors, of tokens, and of the opinions of experts."""

from mmdl.verify.catalogue.fusion import experts, gates, tensors, tokens, vectors

ENTRIES = tuple(entry for kind in (vectors, gates, tensors, tokens, experts) for entry in kind.ENTRIES)
