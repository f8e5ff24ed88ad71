"""Every kind of thing that a model file may contain, by name: nothing else is ever built from a file."""

from mmdl import data, fusion, layers
from mmdl.models.classifier import MultimodalClassifier
from mmdl.models.modality import Modality

KINDS = {
    kind.__name__: kind
    for kind in (
        layers.AveragePool2D,
        layers.BatchNorm,
        layers.Bidirectional,
        layers.Conv1D,
        layers.Conv2D,
        layers.Dense,
        layers.Dropout,
        layers.EachToken,
        layers.Embedding,
        layers.Flatten,
        layers.FlattenTokens,
        layers.GELU,
        layers.GlobalPool,
        layers.GRU,
        layers.LayerNorm,
        layers.LeakyReLU,
        layers.LSTM,
        layers.MaxPool2D,
        layers.MultiHeadAttention,
        layers.Patches,
        layers.ReLU,
        layers.RNN,
        layers.SelfAttention,
        layers.SequencePool,
        layers.Sequential,
        layers.Sigmoid,
        layers.Softmax,
        layers.Softplus,
        layers.Tanh,
        layers.TransformerBlock,
        fusion.AttentionFusion,
        fusion.Average,
        fusion.Concatenate,
        fusion.Product,
        fusion.ProductOfExperts,
        fusion.Sum,
        Modality,
        MultimodalClassifier,
        data.ImagePreprocessor,
        data.Tokenizer,
    )
}
