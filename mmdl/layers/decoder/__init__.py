"""Decoders: from a memory, and what has been written so far, to the next token."""

from mmdl.layers.decoder.attentive_lstm import AttentiveLSTMDecoder
from mmdl.layers.decoder.decoder import Decoder, Step
from mmdl.layers.decoder.lstm import LSTMDecoder
from mmdl.layers.decoder.transformer import DecoderBlock, TransformerDecoder

__all__ = ["AttentiveLSTMDecoder", "Decoder", "DecoderBlock", "LSTMDecoder", "Step", "TransformerDecoder"]
