"""Layers: parameters with a forward and a backward pass, as frozen dataclasses."""

from mmdl.layers.activations import GELU, LeakyReLU, ReLU, Sigmoid, Softmax, Softplus, Tanh
from mmdl.layers.attention import MultiHeadAttention, SelfAttention
from mmdl.layers.convolution import Conv1D, Conv2D
from mmdl.layers.dense import Dense, Flatten
from mmdl.layers.dropout import Dropout
from mmdl.layers.embedding import Embedding
from mmdl.layers.layer import Layer, training_mode
from mmdl.layers.normalization import BatchNorm, LayerNorm
from mmdl.layers.pooling import AveragePool2D, FlattenTokens, GlobalPool, MaxPool2D, Patches, SequencePool
from mmdl.layers.recurrent import GRU, LSTM, RNN, Bidirectional
from mmdl.layers.sequential import EachToken, Sequential
from mmdl.layers.transformer import TransformerBlock

__all__ = [
    "GELU", "GRU", "LSTM", "RNN", "AveragePool2D", "BatchNorm", "Bidirectional", "Conv1D", "Conv2D", "Dense",
    "Dropout", "EachToken", "Embedding", "Flatten", "FlattenTokens", "GlobalPool", "Layer", "LayerNorm", "LeakyReLU",
    "MaxPool2D", "MultiHeadAttention", "Patches", "ReLU", "SelfAttention", "SequencePool", "Sequential", "Sigmoid",
    "Softmax", "Softplus", "Tanh", "TransformerBlock", "training_mode",
]  # fmt: skip
