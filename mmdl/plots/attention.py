"""Attention over a picture: where each word looks."""

from dataclasses import dataclass

import numpy as np
from matplotlib.patheffects import Normal, Stroke

from mmdl.errors import DataError
from mmdl.plots.display import Display
from mmdl.plots.figure import figure_of
from mmdl.plots.inputs import image_of, one, picture_name, text_name, tokenizer_of, viewable, words_of
from mmdl.plots.names import literal
from mmdl.plots.receptive import feature_maps, over_picture, receptive_fields
from mmdl.plots.style import MAGNITUDES, percent, picture_on, styled


@dataclass(eq=False)
class AttentionDisplay(Display):
    """A picture, and for every word the weights that it gives to the picture's patches.

    Parameters
    ----------
    image : array (R, C) or (R, C, 3)
    words : list of T str
    patches : array (T, P, Q)
        What a word gives to the picture's patches; the rest of one goes to other tokens.
    heat : array (T, R, C)
        The same weights over the picture, each patch's in the middle of the field that it sees.
    reached : array (R, C)
        The heat if every patch had the weight 1; zero at the borders where no patch has its middle.
    verdict : str
        The model's answer.
    head : int, optional
        Whose weights these are; None for the mean of all heads.
    """

    image: np.ndarray
    words: list
    patches: np.ndarray
    heat: np.ndarray
    reached: np.ndarray
    verdict: str
    head: int | None = None

    @classmethod
    def from_model(cls, model, examples, example=0, head=None):
        """The attention of one example's words.  examples: Batch or Examples; head: a number, or None for the mean

        Raises
        ------
        DataError
            If the fusion has no attention, the example lacks its picture or its text, or tokens are no patches.
        """
        batch = one(examples, example)
        words, logits, weights = attention_of(model, batch, head)
        image, name = image_of(batch), picture_name(batch)
        encoder, patches = model.modalities[name].encoder, weights[text_name(batch), name]
        *_, (P, Q) = [(0, 0), *(y.shape[1:3] for _, _, y in feature_maps(encoder, image))]
        if patches.shape[1] != P * Q:
            raise DataError(f"the tokens of {name} are no cells of a feature map, so they have no place in the picture")
        patches = patches.reshape(len(words), P, Q)
        fields = receptive_fields(encoder, image)
        heat = over_picture(patches, fields, image.shape)
        reached = over_picture(np.ones((P, Q)), fields, image.shape)
        return cls(viewable(image), words, patches, heat, reached, model.in_words(logits), head)

    @property
    def share(self):
        """(T,): how much of each word's attention goes to the picture."""
        return self.patches.sum(axis=(1, 2))

    @styled
    def plot(self, figure=None, title=True, **style):
        """Draw the picture, then a heat map for every word on one common scale; `axes_` are theirs

        `style` is for `imshow` of the heat maps: cmap, vmax, ...
        """
        count = 1 + len(self.words)
        rows = -(-count // 4)
        columns = -(-count // rows)
        self.figure_ = figure_of(figure, 7.6 / max(columns, 3) * rows * 1.15 + 0.6)
        grid = self.figure_.subplots(rows, columns, squeeze=False)
        for ax in grid.ravel()[count:]:
            ax.set_axis_off()
        self.axes_ = grid.ravel()[:count]
        picture_on(self.axes_[0], self.image)
        self.axes_[0].set_title(f"the model says\n{literal(self.verdict)}")
        largest = 100 * self.patches.max(initial=0) or 1
        for ax, word, heat, share in zip(self.axes_[1:], self.words, self.heat, self.share, strict=True):
            ax.set_facecolor("0.85")
            scale = {"cmap": MAGNITUDES, "vmin": 0, "vmax": largest} | style
            drawn = picture_on(ax, 100 * self._of_patch(heat), **scale)
            self._outline(ax)
            ax.set_title(f"“{literal(word)}” looks\n{percent(share)} at the picture")
        bar = self.figure_.colorbar(drawn, ax=grid, fraction=0.03, pad=0.02)
        bar.set_label("% of the word's attention, per patch")
        whose = "mean of all heads" if self.head is None else f"head {self.head}"
        note = "A square is one patch, a cell of the last feature map; the rest of the attention is on other tokens."
        grey = "" if self.reached.all() else " Grey: no patch there."
        self.figure_.supxlabel(note + grey, fontsize=8)
        if title:
            self.figure_.suptitle(f"Where in the picture each word looks ({whose})")
        return self

    def _of_patch(self, heat):
        """The weight of the patch that a pixel belongs to; NaN at the borders, where there is none."""
        return np.divide(heat, self.reached, out=np.full_like(heat, np.nan), where=self.reached > 0)

    def _outline(self, ax):
        """The picture as a white line with a dark edge, to be seen on every colour."""
        ink = self.image if self.image.ndim == 2 else self.image.mean(axis=-1)
        if ink.min() < 0.4 < ink.max():
            line = ax.contour(ink, levels=[0.4], colors="white", linewidths=1.2)
            line.set(path_effects=[Stroke(linewidth=2.6, foreground="0.15"), Normal()])


def attention_of(model, batch, head=None):
    """The words of a batch of one, its logits, and who looks at whom

    Returns
    -------
    words : list of T str
    logits : array (K,)
    weights : dict of (from, to) to array (tokens from, tokens to)
        Of one head, or the mean of all; by names of modalities. Padding is left out.
    """
    tokenizer = tokenizer_of(model.preprocessors)
    words = words_of(batch, tokenizer)[0] if tokenizer else None
    if not words:
        raise DataError("the example has no text, and attention is shown word by word")
    logits, trace = model.forward(batch)
    weights = model.attention_weights(trace)
    heads = next(iter(weights.values())).shape[1]
    if head is not None and not 0 <= head < heads:
        raise DataError(f"there is no head {head}; there are {heads}, from 0 on")
    chosen = range(heads) if head is None else [head]
    there = {name: np.flatnonzero(mask[0]) for name, mask in zip(model.modalities, trace.fusion.masks, strict=True)}
    found = {(a, b): each[0, chosen].mean(axis=0)[np.ix_(there[a], there[b])] for (a, b), each in weights.items()}
    return words, logits[0], found
