"""Feature maps: what every layer of an image encoder makes of one picture."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from matplotlib.patches import Rectangle

from mmdl.errors import DataError
from mmdl.layers import Conv2D
from mmdl.plots.display import Display
from mmdl.plots.figure import figure_of
from mmdl.plots.inputs import image_encoder_of, image_of, one, viewable
from mmdl.plots.receptive import feature_maps
from mmdl.plots.style import INK, SIGNED, styled

SPACING = 1.15  # from one map to the next, in widths of a map
EXPLAINED = {
    "Conv2D": "Conv2D: every map looks for one pattern; red where it fits, blue where its opposite does.",
    "MaxPool2D": "MaxPool2D: keeps the largest number of every window; the maps get smaller.",
    "AveragePool2D": "AveragePool2D: keeps the mean of every window; the maps get smaller.",
    "ReLU": "ReLU: what is below zero (blue) becomes zero (white).",
}


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
            raise DataError("the encoder has no layer that makes images of images, so there are no feature maps")
        starts = [place for place, (layer, _) in enumerate(found) if isinstance(layer, Conv2D) and place]
        stages = []
        for group in np.split(np.arange(len(found)), starts):
            common = min(found[place][1].shape[-1] for place in group)  # coordinates are no map that could be followed
            last = found[group[-1]][1][..., :common]
            shown = np.sort(np.argsort(-np.abs(last).sum(axis=(0, 1)), kind="stable")[:count])
            limit = max(np.abs(found[place][1][..., shown]).max() for place in group) or 1
            stages += [Stage(type(found[place][0]).__name__, found[place][1], shown, limit) for place in group]
        return cls(viewable(image), stages)

    @classmethod
    def from_model(cls, model, examples, example=0, count=8):
        """The feature maps of one example's picture.  examples: Batch or Examples"""
        return cls.from_encoder(image_encoder_of(model), image_of(one(examples, example)), count)

    @styled
    def plot(self, figure=None, title=True, **style):
        """Draw a row for the picture and one for every layer; `axes_` are those of the layers

        `style` is for `imshow` of the maps: cmap, ...
        """
        columns = max(len(stage.shown) for stage in self.stages)
        self.figure_ = figure_of(figure, 1.0 * len(self.stages) + 1.5)
        first, *self.axes_ = self.figure_.subplots(len(self.stages) + 1, 1)
        self._row(first, [self.image], columns, "picture\n{} × {}".format(*self.image.shape[:2]), cmap=INK)
        first.text(1.25, 0.5, self._explanation(), va="center", linespacing=1.6)
        groups = []
        for ax, stage in zip(self.axes_, self.stages, strict=True):
            maps = [stage.maps[..., k] for k in stage.shown]
            scale = {"cmap": SIGNED, "vmin": -stage.limit, "vmax": stage.limit} | style
            drawn = self._row(ax, maps, columns, stage.label, **scale)
            if stage.layer == "Conv2D" or not groups:
                groups.append((drawn, []))
                ax.set_xticks(SPACING * np.arange(len(maps)) + 0.5, [f"map {k}" for k in stage.shown], fontsize=8)
            groups[-1][1].append(ax)
        for drawn, axes in groups:
            self.figure_.colorbar(drawn, ax=axes, label="value", aspect=30, fraction=0.02, pad=0.01)
        if title:
            self.figure_.suptitle(f"What each layer makes of the picture: the {columns} strongest feature maps")
        return self

    def _row(self, ax, images, columns, name, **settings):
        """Images side by side in square frames, all in one axes, which is far quicker to draw than one for each."""
        for place, image in enumerate(images):
            left = SPACING * place
            drawn = ax.imshow(image, extent=(left, left + 1, 0, 1), **settings)
            ax.add_patch(Rectangle((left, 0), 1, 1, fill=False, edgecolor="0.7", linewidth=0.8, clip_on=False))
        ax.set(xlim=(0, SPACING * columns - SPACING + 1), ylim=(0, 1), xticks=[], yticks=[])
        ax.tick_params(length=0, labeltop=True, labelbottom=False, pad=1)
        ax.spines[:].set_visible(False)
        ax.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=8)
        return drawn

    def _explanation(self):
        """What the layers that are there do, in words."""
        kinds = dict.fromkeys(stage.layer for stage in self.stages)
        return "\n".join(EXPLAINED[kind] for kind in kinds if kind in EXPLAINED)
