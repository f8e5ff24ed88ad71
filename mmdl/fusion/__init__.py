"""Fusion: encodings of several modalities become one. `takes` says which kind: vectors, tokens or logits."""

import importlib
import pkgutil

from mmdl.fusion.fusion import FUSIONS, Fusion, fusion_named, register

# Fusions are listed in the order of these imports.
# isort: off
from mmdl.fusion.attention import AttentionFusion
from mmdl.fusion.cross_attention import CrossAttentionFusion
from mmdl.fusion.bottleneck import BottleneckFusion
from mmdl.fusion.vectors import Concatenate, Product, Sum
from mmdl.fusion.gates import FiLM, Gated
from mmdl.fusion.tensors import LowRankFusion, TensorFusion
from mmdl.fusion.experts import ArticleProduct, Average, MixtureOfExperts, ProductOfExperts

# isort: on
from mmdl.fusion.blocks import BottleneckBlock, CrossBlock
from mmdl.fusion.memory import Memory

for _module in pkgutil.iter_modules(__path__):  # a new file registers what is in it without a line here
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = [
    "FUSIONS", "ArticleProduct", "AttentionFusion", "Average", "BottleneckBlock", "BottleneckFusion", "Concatenate",
    "CrossAttentionFusion", "CrossBlock", "FiLM", "Fusion", "Gated", "LowRankFusion", "Memory", "MixtureOfExperts",
    "Product", "ProductOfExperts", "Sum", "TensorFusion", "fusion_named", "register",
]  # fmt: skip
