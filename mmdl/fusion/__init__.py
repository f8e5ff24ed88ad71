"""Fusion: encodings of several modalities become one. `takes` says which kind: vectors, tokens or logits."""

from mmdl.fusion.attention import AttentionFusion
from mmdl.fusion.experts import Average, ProductOfExperts
from mmdl.fusion.vectors import Concatenate, Product, Sum

FUSIONS = {
    "attention": AttentionFusion,
    "concatenate": Concatenate,
    "sum": Sum,
    "product": Product,
    "product-of-experts": ProductOfExperts,
    "average": Average,
}

__all__ = ["FUSIONS", "AttentionFusion", "Average", "Concatenate", "Product", "ProductOfExperts", "Sum"]
