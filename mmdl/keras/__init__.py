"""The article's own programs run here as they stand: Keras's names, on the layers of mmdl."""

from mmdl.keras import layers, losses, models, optimizers, utils
from mmdl.keras.graph import Input
from mmdl.keras.models import Model, Sequential

__all__ = ["Input", "Model", "Sequential", "layers", "losses", "models", "optimizers", "utils"]
