"""The article's own programs run here as they stand: Keras's names, on the layers of mmdl."""

from types import SimpleNamespace

from mmdl.keras import callbacks, layers, losses, models, optimizers, utils
from mmdl.keras.graph import Input
from mmdl.keras.models import Model, Sequential

preprocessing = SimpleNamespace(sequence=SimpleNamespace(pad_sequences=utils.pad_sequences))  # its older place

__all__ = ["Input", "Model", "Sequential", "callbacks", "layers", "losses", "models", "optimizers", "utils"]
