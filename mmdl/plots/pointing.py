"""Pointing: whether words look at what they name."""

from dataclasses import dataclass
from textwrap import wrap

import numpy as np
from matplotlib.patches import Rectangle

from mmdl.plots.display import Display
from mmdl.plots.figure import figure_of
from mmdl.plots.inputs import as_batch, image_of, tokenizer_of, viewable, words_of
from mmdl.plots.style import LINES, percent, picture_on, styled
from mmdl.training.pointing import Pointing, boxes_of, looks, pointing

PICTURES = 3


@dataclass(eq=False)
class PointingDisplay(Display):
    """Some pictures with the boxes of what a text names and the strongest patch of each name; how often they agree.

    Parameters
    ----------
    shown : list of (image (R, C) or (R, C, 3), text, names)
        Each name with the boxes (B, 4) of what it names, and what it gives to the patches (P, Q).
    shares : Pointing
    """

    shown: list
    shares: Pointing

    @classmethod
    def from_model(cls, model, examples):
        """Of a model whose words attend to patches.  examples: Examples"""
        naming = np.array([len(boxes_of(named)) for named in examples.about["named"].tolist()])
        places = np.argsort(-naming, kind="stable")[:PICTURES]  # those that name most
        return cls([_looked(model, examples, place) for place in places], pointing(model, examples))

    @styled
    def plot(self, figure=None, title=True, **style):
        """Draw the pictures and the shares; `style` is for `barh`"""
        self.figure_ = figure_of(figure, 3.2)
        self.axes_ = self.figure_.subplots(1, len(self.shown) + 1, width_ratios=[1] * len(self.shown) + [1.3])
        for ax, (image, text, names) in zip(self.axes_, self.shown, strict=False):
            picture_on(ax, image)
            ax.set_title("\n".join(wrap(text, 25)), fontsize=8)
            for (boxes, weights), colour in zip(names, LINES, strict=False):
                for top, left, bottom, right in boxes:
                    size = right - left, bottom - top
                    ax.add_patch(Rectangle((left - 0.5, top - 0.5), *size, fill=False, edgecolor=colour, linewidth=2))
                best = np.unravel_index(weights.argmax(), weights.shape)
                row, column = (np.add(best, 0.5) * image.shape[:2] / weights.shape) - 0.5
                ax.plot(column, row, "o", color=colour, markeredgecolor="white", markersize=9)
        ax = self.axes_[-1]
        *shares, names = self.shares
        bars = ax.barh(["trained", "untrained", "at random"], [100 * share for share in shares], **style)
        ax.bar_label(bars, [percent(share) for share in shares], padding=3)
        ax.set(xlim=(0, 125), xticks=[0, 50, 100], xlabel=f"% of {names:,} names")
        ax.invert_yaxis()
        self.figure_.supxlabel("Box: what is named. Dot: the patch that the name looks at most.", fontsize=8)
        if title:
            self.figure_.suptitle("Does a word look at what it names? (mean of all heads)")
        return self


def _looked(model, examples, place):
    """The picture, the question, and for each name its boxes and its attention (P, Q)"""
    batch = as_batch(examples, [place])
    [maps], [words] = looks(model, batch), words_of(batch, tokenizer_of(model.preprocessors))
    names = [(boxes, maps[word]) for word, boxes in boxes_of(examples.about["named"][place].item())]
    return viewable(image_of(batch)), " ".join(words).lower(), names
