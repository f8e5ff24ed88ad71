"""Learned kernels: what a convolution looks for."""

from dataclasses import dataclass

import numpy as np

from mmdl.errors import DataError
from mmdl.layers import Conv2D
from mmdl.plots.display import Display
from mmdl.plots.figure import axes_of
from mmdl.plots.inputs import flat_layers, image_encoder_of
from mmdl.plots.style import SIGNED, styled

FINE, GAP = 8, 3  # each number of a kernel is drawn 8 x 8 fine, with 3 between kernels


@dataclass(eq=False)
class KernelsDisplay(Display):
    """Kernels on one symmetric scale: red where a bright pixel raises the output, blue where it lowers it.

    Parameters
    ----------
    kernels : array (n, m, I, J)
        Filter after filter; of each, the kernels over its m input channels.
    filters : array (n,), channels : array (m,)
        Their numbers in the layer.
    total : (K, D), how many filters and input channels the layer has
    """

    kernels: np.ndarray
    filters: np.ndarray
    channels: np.ndarray
    total: tuple

    @classmethod
    def from_layer(cls, conv, count=None, channels=16):
        """The kernels of a Conv2D; those of largest norm if there are more than `count` filters or `channels`.

        `count` is 64 for pictures of one channel and 12 for the rest, where every filter takes a row of its own.
        """
        if not isinstance(conv, Conv2D):
            raise DataError(f"kernels are those of a Conv2D, not of a {type(conv).__name__}")
        w = conv.w.transpose(3, 2, 0, 1)  # (K, D, I, J)
        filters = strongest(w, 0, count or (64 if w.shape[1] == 1 else 12))
        inputs = strongest(w[filters], 1, channels)
        return cls(w[filters][:, inputs], filters, inputs, w.shape[:2])

    @classmethod
    def from_model(cls, model, stage=0, count=None, channels=16):
        """The kernels of convolution number `stage` in a model's image encoder."""
        found = [layer for layer in flat_layers(image_encoder_of(model)) if isinstance(layer, Conv2D)]
        if not 0 <= stage < len(found):
            raise DataError(f"there is no convolution {stage}; the image encoder has {len(found)}, from 0 on")
        return cls.from_layer(found[stage], count, channels)

    @styled
    def plot(self, ax=None, columns=8, title=True, **style):
        """Draw all kernels in one picture; `columns` in a row if the input has one channel

        `style` is for `imshow`: cmap, vmin, vmax, ...
        """
        n, _, I, J = self.kernels.shape
        tiles = self.kernels
        if self.total[1] == 1:
            columns = min(columns, n)
            rows = -(-n // columns)
            tiles = np.full((rows * columns, I, J), np.nan, self.kernels.dtype)
            tiles[:n] = self.kernels[:, 0]
            tiles = tiles.reshape(rows, columns, I, J)
        rows, across = tiles.shape[:2]
        self.figure_, self.ax_ = axes_of(ax, min(10, 0.9 + 6.4 * rows * I / (max(4, across) * J)))
        limit = np.abs(self.kernels).max(initial=0) or 1
        image = self.ax_.imshow(mosaic(tiles), **{"cmap": SIGNED, "vmin": -limit, "vmax": limit} | style)
        self._label(rows, across, I, J)
        if not title:
            self.ax_.set_title("")
        self.figure_.colorbar(image, ax=self.ax_, label="weight", fraction=0.03, pad=0.02)
        return self

    def _label(self, rows, across, I, J):
        n, m, (K, D) = len(self.filters), len(self.channels), self.total
        self.ax_.spines[:].set_visible(False)
        self.ax_.set_facecolor("0.8")
        many = f"{n} learned kernels" if n == K else f"The {n} strongest of {K} learned kernels"
        meaning = "red raises the output, blue lowers it"
        if D == 1:
            self.ax_.set(xticks=[], yticks=[], title=f"{many}, {I} × {J} weights each\n{meaning}")
            return
        of = "all" if m == D else f"{m} of"
        many = many.replace("kernels", "filters")
        middle = [(np.arange(count) + 0.5) * (side * FINE + GAP) for count, side in ((across, J), (rows, I))]
        self.ax_.set_xticks(middle[0], self.channels)
        self.ax_.set_yticks(middle[1], self.filters)
        self.ax_.tick_params(length=0)
        self.ax_.set(xlabel="input channel", ylabel="filter")
        self.ax_.set_title(f"{many}, {I} × {J} weights over {of} {D} input channels\n{meaning}")


def strongest(array, axis, count):
    """The places of the `count` entries of largest norm along an axis, in their order; all if there are no more."""
    others = tuple(each for each in range(array.ndim) if each != axis)
    norm = np.sqrt((array * array).sum(axis=others))
    return np.sort(np.argsort(-norm, kind="stable")[:count])


def mosaic(tiles):
    """Tiles (rows, columns, I, J) side by side in one array, drawn fine, with NaN between them."""
    rows, columns, I, J = tiles.shape
    framed = np.full((rows, I * FINE + GAP, columns, J * FINE + GAP), np.nan, tiles.dtype)
    framed[:, : I * FINE, :, : J * FINE] = np.kron(tiles, np.ones((FINE, FINE))).transpose(0, 2, 1, 3)
    return framed.reshape(rows * (I * FINE + GAP), columns * (J * FINE + GAP))[:-GAP, :-GAP]
