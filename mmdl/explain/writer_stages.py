"""A writer as a chain of stages: from one modality's input through the memory to the logits of one token."""

from mmdl.errors import DataError
from mmdl.explain.attention_stages import embedded
from mmdl.explain.line import Line
from mmdl.explain.stage import Stage, of_layer
from mmdl.models.writer import moved_by_one
from mmdl.tokens import Tokens


def writer_stages(model, batch, modality, encoder, token):
    """The stages after `encoder`, a list of stages, is done; the decoder with all that it wrote before is one of them

    `token` is the place in the batch's target of the token that is about to be written.
    """
    if model.memory.blocks:
        raise DataError("a memory whose tokens look at one another beforehand cannot be followed")
    encodings = {
        name: each.forward(batch.inputs[name], batch.present[name])[0] for name, each in model.modalities.items()
    }
    memory, _ = model.memory.forward(tuple(encodings.values()))
    projection = of_layer(model.memory.projections[list(encodings).index(modality)], "projection")
    inputs = moved_by_one(batch.targets)
    return [
        *encoder,
        projection,
        embedded(model.memory, encodings, modality),
        _decoder(model.decoder, memory.mask, inputs, token),
    ]


def _decoder(decoder, mask, inputs, token):
    """All that the decoder makes of the memory, for one of the tokens: (N, S, D) -> (N, K)"""

    def forward(memory):
        logits, trace = decoder.forward(Tokens(memory, mask), inputs)
        return (logits[:, token],), (logits, trace)

    def backward(gradients, trace):
        logits, inner = trace
        dlogits = 0 * logits
        dlogits[:, token] = gradients[0]
        return (decoder.backward(dlogits, inner)[0],)

    def describe(before, after, at, to, share):
        numbers = f"{before[0][at]:.4f} becomes {after[0][to]:.4f}, whose derivative by it is {share:.4f}"
        return "logits = decoder(memory, words so far)", numbers

    passes = Line(type(decoder).forward, ""), Line(type(decoder).backward, "")
    return Stage("decoder", forward, backward, describe, *passes)
