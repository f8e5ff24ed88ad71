"""From several modalities to one: by their vectors, by their tokens, or by what an expert for each one says."""

from mmdl.formulas.fusion.experts import (
    average_of_experts,
    mixture_of_experts,
    product_of_experts,
    product_of_probabilities,
)
from mmdl.formulas.fusion.gates import film, gated
from mmdl.formulas.fusion.tensors import low_rank_fusion, tensor_fusion
from mmdl.formulas.fusion.tokens import bottleneck_attention, cross_attention
from mmdl.formulas.fusion.vectors import concatenate, elementwise_product, elementwise_sum

__all__ = [
    "average_of_experts",
    "bottleneck_attention",
    "concatenate",
    "cross_attention",
    "elementwise_product",
    "elementwise_sum",
    "film",
    "gated",
    "low_rank_fusion",
    "mixture_of_experts",
    "product_of_experts",
    "product_of_probabilities",
    "tensor_fusion",
]
