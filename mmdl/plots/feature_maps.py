"""Feature maps: what every layer of an image encoder makes of one picture."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mmdl.errors import DataError
from mmdl.layers import Conv2D
from mmdl.plots.display import Display
from mmdl.plots.inputs import image_encoder_of, image_of, one, viewable
from mmdl.plots.receptive import feature_maps
from mmdl.plots.style import SIGNED, figure_of, picture_on, styled


class Stage(NamedTuple):
    """The maps after one layer, and which of them are drawn."""

    layer: str
    maps: np.ndarray  # (P, Q, K)
    shown: np.ndarray  # places in K
    limit: float  # the largest value from a convolution to the next

    @property
    def label(self):
        P, Q, K = self.maps.shape
        return f"{self.layer}\n{P} × {Q}\n{K} maps"


@dataclass(eq=False)
class FeatureMapsDisplay(Display):
    """One picture, and below it a row of feature maps for every layer.

    Parameters
    ----------
    image : array (R, C) or (R, C, 3)
    stages : list of Stage
        From a convolution to the next the same maps are shown, on one scale, so that each can be followed downwards.
    """

    image: np.ndarray
    stages: list

    @classmethod
    def from_encoder(cls, encoder, image, count=8):
        """The `count` maps of each layer that are strongest where the stage ends.  image: (R, C, D)"""
        found = [(layer, y[0]) for layer, _, y in feature_maps(encoder, image)]
        if not found:
            raise DataError(
                "the encoder has no layer that makes images of images, so there are no feature maps"
            )
        starts = [place for place, (layer, _) in enumerate(found) if isinstance(layer, Conv2D) and place]
        stages = []
        for group in np.split(np.arange(len(found)), starts):
            last = found[group[-1]][1]
            shown = np.sort(np.argsort(-np.abs(last).sum(axis=(0, 1)), kind="stable")[:count])
            limit = max(np.abs(found[place][1][..., shown]).max() for place in group) or 1
            stages += [
                Stage(type(found[place][0]).__name__, found[place][1], shown, limit) for place in group
            ]
        return cls(viewable(image), stages)

    @classmethod
    def from_model(cls, model, examples, example=0, count=8):
        """The feature maps of one example's picture.  examples: Batch or Examples"""
        return cls.from_encoder(image_encoder_of(model), image_of(one(examples, example)), count)

    @styled
    def plot(self, figure=None):
        """Draw a row for the picture and one for every layer; `axes_` (rows, columns) are those of the maps."""
        columns = max(len(stage.shown) for stage in self.stages)
        self.figure_ = figure_of(figure, 1.0 * len(self.stages) + 1.5)
        grid = self.figure_.subplots(len(self.stages) + 1, columns, squeeze=False)
        for ax in grid[0, 1:]:
            ax.set_axis_off()
        picture_on(grid[0, 0], self.image)
        self._name(grid[0, 0], "picture\n{} × {}".format(*self.image.shape[:2]))
        self.axes_ = grid[1:]
        groups = []
        for axes, stage in zip(self.axes_, self.stages, strict=True):
            drawn = self._draw(axes, stage)
            if stage.layer == "Conv2D" or not groups:
                groups.append((drawn, []))
            groups[-1][1].extend(axes)
        for drawn, axes in groups:
            self.figure_.colorbar(drawn, ax=axes, label="value", aspect=30, fraction=0.02, pad=0.01)
        self.figure_.suptitle(f"What each layer makes of the picture: the {columns} strongest feature maps")
        return self

    def _draw(self, axes, stage):
        for ax in axes[len(stage.shown) :]:
            ax.set_axis_off()
        for ax, k in zip(axes, stage.shown, strict=False):
            drawn = picture_on(ax, stage.maps[..., k], cmap=SIGNED, vmin=-stage.limit, vmax=stage.limit)
            if stage.layer == "Conv2D":
                ax.set_title(f"map {k}", fontsize=8, pad=2)
        self._name(axes[0], stage.label)
        return drawn

    def _name(self, ax, name):
        ax.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=8)
