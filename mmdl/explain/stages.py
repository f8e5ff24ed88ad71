"""A model as a chain of stages, as one modality passes through it."""

import numpy as np

from mmdl.explain.attention_stages import attention_stages
from mmdl.explain.bottleneck_stages import bottleneck_stages
from mmdl.explain.cross_attention_stages import cross_attention_stages
from mmdl.explain.line import Line
from mmdl.explain.stage import Stage, of_layer
from mmdl.explain.writer_stages import writer_stages
from mmdl.fusion import AttentionFusion, BottleneckFusion, CrossAttentionFusion
from mmdl.layers import Sequential
from mmdl.models import Writer
from mmdl.tokens import Tokens

IN_STEPS = {
    AttentionFusion: attention_stages,
    BottleneckFusion: bottleneck_stages,
    CrossAttentionFusion: cross_attention_stages,
}  # the fusions that are told step by step; any other is one stage


def stages_of(model, batch, modality, token=0):
    """The stages of a model from one modality's input to the logits; the other modalities stay as they are

    Of a Writer the logits are those of one token of the batch's target.
    """
    encoder = [of_layer(layer) for layer in _flat(model.modalities[modality].encoder)]
    if isinstance(model, Writer):
        return writer_stages(model, batch, modality, encoder, token)
    encodings = {
        name: each.forward(batch.inputs[name], batch.present[name])[0] for name, each in model.modalities.items()
    }
    if type(model.fusion) in IN_STEPS:
        fusion = IN_STEPS[type(model.fusion)](model.fusion, encodings, modality)
    else:
        present = [np.stack([batch.present[name] for name in encodings], axis=1)] if model.fusion.needs_presence else []
        fusion = [_fusion(model.fusion, tuple(encodings.values()), present, list(encodings).index(modality))]
    return [*encoder, *fusion, *map(of_layer, _flat(model.head))]


def _flat(layer):
    """The layers inside."""
    return [inner for each in layer.layers for inner in _flat(each)] if isinstance(layer, Sequential) else [layer]


def _fusion(fusion, encodings, present, m):
    """A fusion in one stage."""

    def forward(x):
        x = Tokens(x, encodings[m].mask) if isinstance(encodings[m], Tokens) else x
        z, trace = fusion.forward((*encodings[:m], x, *encodings[m + 1 :]), *present)
        return (z,), trace

    def backward(gradients, trace):
        return (fusion.backward(gradients[0], trace)[0][m],)

    def describe(before, after, at, to, share):
        numbers = f"{before[0][at]:.4f} becomes {after[0][to]:.4f}, whose derivative by it is {share:.4f}"
        return "z = fusion(x, others)", numbers

    passes = Line(type(fusion).forward, ""), Line(type(fusion).backward, "")
    return Stage(type(fusion).__name__, forward, backward, describe, *passes)
