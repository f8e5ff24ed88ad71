"""What is known of the inputs beforehand, taken out of them: no parameters, only two numbers for each channel."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from mmdl.layers.layer import Layer
from mmdl.shapes import Array


@dataclass(frozen=True, eq=False)
class Standardize(Layer):
    """y = (x − mean) / deviation, channel by channel;  dx = dy / deviation

    Parameters
    ----------
    mean, deviation : tuples of D floats
        Of the training inputs; they are settings, which no optimizer moves.
    """

    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    def forward(self, x: Array) -> tuple[Array, None]:
        dtype = x.dtype if x.dtype.kind in "fc" else np.dtype(float)
        return (x - np.array(self.mean, dtype)) / np.array(self.deviation, dtype), None

    def backward(self, dy: Array, trace: None, input_gradient: bool = True) -> tuple[Array, Self]:
        return dy / np.array(self.deviation, dy.dtype), self
