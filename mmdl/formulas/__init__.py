"""Every equation of mmdl as loops over real numbers: read first, and what the fast ops are tested against."""

from mmdl.formulas.activations import gelu, leaky_relu, relu, sigmoid, softplus, tanh
from mmdl.formulas.additive_attention import additive_attention
from mmdl.formulas.attention import attention, multi_head_attention
from mmdl.formulas.attentive_lstm import attentive_lstm
from mmdl.formulas.contrastive import contrastive_loss, normalize, similarity
from mmdl.formulas.convolution import conv1d, conv2d, convolution2d
from mmdl.formulas.ctc import collapse, ctc_loss
from mmdl.formulas.dense import affine
from mmdl.formulas.dropout import dropout
from mmdl.formulas.embedding import embedding
from mmdl.formulas.filters import hann_window, hertz_to_mel, mel_filter_bank, mel_to_hertz
from mmdl.formulas.gru import gru
from mmdl.formulas.losses import (
    bernoulli_cross_entropy,
    binary_cross_entropy,
    categorical_cross_entropy,
    mean_squared_error,
    soft_cross_entropy,
    softmax_cross_entropy,
)
from mmdl.formulas.lstm import lstm
from mmdl.formulas.normalization import batch_norm, batch_norm_inference, layer_norm
from mmdl.formulas.pooling import avg_pool2d, global_average_pool, global_max_pool, max_pool2d
from mmdl.formulas.positions import sinusoidal_positions
from mmdl.formulas.rnn import rnn
from mmdl.formulas.sequence_pooling import last_valid, masked_max, masked_mean
from mmdl.formulas.softmax import log_softmax, softmax
from mmdl.formulas.spectrum import frames, log_mel, power_spectrum

__all__ = [
    "additive_attention",
    "affine",
    "attention",
    "attentive_lstm",
    "avg_pool2d",
    "batch_norm",
    "batch_norm_inference",
    "bernoulli_cross_entropy",
    "binary_cross_entropy",
    "categorical_cross_entropy",
    "collapse",
    "contrastive_loss",
    "conv1d",
    "conv2d",
    "convolution2d",
    "ctc_loss",
    "dropout",
    "embedding",
    "frames",
    "gelu",
    "global_average_pool",
    "global_max_pool",
    "gru",
    "hann_window",
    "hertz_to_mel",
    "last_valid",
    "layer_norm",
    "leaky_relu",
    "log_mel",
    "log_softmax",
    "lstm",
    "masked_max",
    "masked_mean",
    "max_pool2d",
    "mean_squared_error",
    "mel_filter_bank",
    "mel_to_hertz",
    "multi_head_attention",
    "normalize",
    "power_spectrum",
    "relu",
    "rnn",
    "sigmoid",
    "similarity",
    "sinusoidal_positions",
    "soft_cross_entropy",
    "softmax",
    "softmax_cross_entropy",
    "softplus",
    "tanh",
]
