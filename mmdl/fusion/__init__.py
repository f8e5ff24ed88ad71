"""Fusion: encodings of several modalities become one. `takes` says which kind: vectors, tokens or logits."""

from mmdl.fusion.attention import AttentionFusion
from mmdl.fusion.blocks import BottleneckBlock, CrossBlock, Thought
from mmdl.fusion.bottleneck import BottleneckFusion
from mmdl.fusion.cross_attention import CrossAttentionFusion
from mmdl.fusion.experts import ArticleProduct, Average, MixtureOfExperts, ProductOfExperts
from mmdl.fusion.gates import FiLM, Gated
from mmdl.fusion.tensors import LowRankFusion, TensorFusion
from mmdl.fusion.vectors import Concatenate, Product, Sum

FUSIONS = {
    "attention": AttentionFusion,
    "cross-attention": CrossAttentionFusion,
    "bottleneck": BottleneckFusion,
    "concatenate": Concatenate,
    "sum": Sum,
    "product": Product,
    "gated": Gated,
    "film": FiLM,
    "tensor": TensorFusion,
    "low-rank": LowRankFusion,
    "product-of-experts": ProductOfExperts,
    "article-product": ArticleProduct,
    "average": Average,
    "mixture-of-experts": MixtureOfExperts,
}

__all__ = [
    "FUSIONS", "ArticleProduct", "AttentionFusion", "Average", "BottleneckBlock", "BottleneckFusion", "Concatenate",
    "CrossAttentionFusion", "CrossBlock", "FiLM", "Gated", "LowRankFusion", "MixtureOfExperts", "Product",
    "ProductOfExperts", "Sum", "TensorFusion", "Thought",
]  # fmt: skip
