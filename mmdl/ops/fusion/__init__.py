"""Fusion: several vectors, several sequences, or what several experts say, become one."""

from mmdl.ops.fusion.experts import (
    average_of_experts,
    average_of_experts_backward,
    mixture_of_experts,
    mixture_of_experts_backward,
    product_of_experts,
    product_of_experts_backward,
    product_of_probabilities,
    product_of_probabilities_backward,
)
from mmdl.ops.fusion.gates import (
    film,
    film_backward,
    gated,
    gated_backward,
)
from mmdl.ops.fusion.tensors import (
    low_rank_fusion,
    low_rank_fusion_backward,
    tensor_fusion,
    tensor_fusion_backward,
)
from mmdl.ops.fusion.tokens import (
    bottleneck_attention,
    bottleneck_attention_backward,
    cross_attention,
    cross_attention_backward,
)
from mmdl.ops.fusion.vectors import (
    concatenate,
    concatenate_backward,
    elementwise_product,
    elementwise_product_backward,
    elementwise_sum,
    elementwise_sum_backward,
)

__all__ = [
    "average_of_experts",
    "average_of_experts_backward",
    "bottleneck_attention",
    "bottleneck_attention_backward",
    "concatenate",
    "concatenate_backward",
    "cross_attention",
    "cross_attention_backward",
    "elementwise_product",
    "elementwise_product_backward",
    "elementwise_sum",
    "elementwise_sum_backward",
    "film",
    "film_backward",
    "gated",
    "gated_backward",
    "low_rank_fusion",
    "low_rank_fusion_backward",
    "mixture_of_experts",
    "mixture_of_experts_backward",
    "product_of_experts",
    "product_of_experts_backward",
    "product_of_probabilities",
    "product_of_probabilities_backward",
    "tensor_fusion",
    "tensor_fusion_backward",
]
