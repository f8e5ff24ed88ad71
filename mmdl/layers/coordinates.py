"""Where a cell stands in its feature map, told to the layers after it."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from mmdl.layers.layer import Layer
from mmdl.shapes import Array


@dataclass(frozen=True, eq=False)
class Coordinates(Layer):
    """y[r, c] = (x[r, c], 2 r / (R − 1) − 1, 2 c / (C − 1) − 1): two more channels.  (N, R, C, D) -> (N, R, C, D + 2)

    A convolution sees the same everywhere, and a pool forgets where; what has its row and its column with it need not
    be looked for at every place anew. A single row or column stands at 0.

    Source: Liu et al. 2018, An intriguing failing of convolutional neural networks and the CoordConv solution.
    """

    def forward(self, x: Array) -> tuple[Array, None]:
        rows, columns = (np.linspace(-1, 1, side) if side > 1 else np.zeros(side) for side in x.shape[1:3])
        dtype = x.dtype if x.dtype.kind in "fc" else np.dtype(float)
        places = np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1).astype(dtype)
        return np.concatenate([x, np.broadcast_to(places, (len(x), *places.shape))], axis=-1), None

    def backward(self, dy: Array, trace: None, input_gradient: bool = True) -> tuple[Array, Self]:
        return np.ascontiguousarray(dy[..., :-2]), self
