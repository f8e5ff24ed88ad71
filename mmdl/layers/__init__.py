"""Layers: parameters with a forward and a backward pass, as frozen dataclasses."""

from mmdl.layers.activations import GELU, LeakyReLU, ReLU, Sigmoid, Softmax, Softplus, Tanh
from mmdl.layers.attention import MultiHeadAttention, SelfAttention
from mmdl.layers.branches import Merge, OnValues
from mmdl.layers.convolution import Conv1D, Conv2D
from mmdl.layers.coordinates import Coordinates
from mmdl.layers.decoder import AttentiveLSTMDecoder, DecoderBlock, LSTMDecoder, TransformerDecoder
from mmdl.layers.dense import Dense, Flatten
from mmdl.layers.dropout import Dropout
from mmdl.layers.embedding import Embedding, Lookup
from mmdl.layers.graph import Graph
from mmdl.layers.layer import Layer, training_mode
from mmdl.layers.normalization import BatchNorm, LayerNorm
from mmdl.layers.pooling import (
    AveragePool2D,
    FlattenTokens,
    GlobalPool,
    MaxPool2D,
    OneCell,
    OneToken,
    Patches,
    SequencePool,
)
from mmdl.layers.recurrent import GRU, LSTM, RNN, Bidirectional, Reversed
from mmdl.layers.sequential import Sequential, TimeDistributed
from mmdl.layers.spectrogram import AsPicture
from mmdl.layers.standardize import Standardize
from mmdl.layers.transformer import FeedForward, TransformerBlock

__all__ = [
    "GELU",
    "GRU",
    "LSTM",
    "RNN",
    "AsPicture",
    "AttentiveLSTMDecoder",
    "AveragePool2D",
    "BatchNorm",
    "Bidirectional",
    "Conv1D",
    "Conv2D",
    "Coordinates",
    "DecoderBlock",
    "Dense",
    "Dropout",
    "Embedding",
    "FeedForward",
    "Flatten",
    "FlattenTokens",
    "GlobalPool",
    "Graph",
    "LSTMDecoder",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "Lookup",
    "MaxPool2D",
    "Merge",
    "MultiHeadAttention",
    "OnValues",
    "OneCell",
    "OneToken",
    "Patches",
    "ReLU",
    "Reversed",
    "SelfAttention",
    "SequencePool",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Standardize",
    "Tanh",
    "TimeDistributed",
    "TransformerBlock",
    "TransformerDecoder",
    "training_mode",
]  # fmt: skip
