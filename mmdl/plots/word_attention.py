"""Attention of words over words, and over every other modality as a whole."""

from dataclasses import dataclass

import numpy as np

from mmdl.plots.attention import attention_of
from mmdl.plots.display import Display
from mmdl.plots.figure import axes_of
from mmdl.plots.inputs import one, text_name
from mmdl.plots.names import literal
from mmdl.plots.style import MAGNITUDES, readable_on, styled


@dataclass(eq=False)
class WordAttentionDisplay(Display):
    """A matrix: how much each word (row) looks at each word and at each other modality (column); rows sum to one.

    Parameters
    ----------
    words : list of T str
    others : list of str
        The other modalities.
    weights : array (T + others, T + others), or (T, T + others) where only the words look
        A modality's row is the mean over its tokens, its column the sum.
    head : int, optional
        Whose weights these are; None for the mean of all heads.
    """

    words: list
    others: list
    weights: np.ndarray
    head: int | None = None

    @classmethod
    def from_model(cls, model, examples, example=0, head=None):
        """The attention of one example.  examples: Batch or Examples; head: a number, or None for the mean"""
        batch = one(examples, example)
        words, _, found = attention_of(model, batch, head)
        text = text_name(batch)
        others = [name for name in model.modalities if name != text]

        def row(a):
            return np.column_stack([found[a, text], *(found[a, b].sum(axis=1) for b in others)])

        weights = np.vstack([row(text), *(row(a).mean(axis=0) for a in others if (a, text) in found)])
        labels = [name if batch.present[name][0] else f"(no {name})" for name in others]
        return cls(words, labels, weights, head)

    @styled
    def plot(self, ax=None, title=True, values_format="{percent:.0f}", **style):
        """Draw the matrix with its numbers as `values_format` says. `style` is for `imshow`: cmap, vmax, ..."""
        T, names = len(self.words), [f"“{literal(word)}”" for word in self.words]
        self.figure_, self.ax_ = axes_of(ax, 2 + 0.5 * len(self.weights))
        image = self.ax_.imshow(self.weights, **{"cmap": MAGNITUDES, "vmin": 0, "aspect": "auto"} | style)
        for (row, column), weight in np.ndenumerate(self.weights):
            colour = readable_on(image, weight)
            number = values_format.format(percent=100 * weight)
            self.ax_.text(column, row, number, ha="center", va="center", color=colour)
        rows, columns = map(range, self.weights.shape)
        self.ax_.set_xticks(
            columns, names + [f"{literal(name)}\n(all of it)" for name in self.others], rotation=30, ha="right"
        )
        self.ax_.set_yticks(rows, (names + [f"{literal(name)} (mean)" for name in self.others])[: len(rows)])
        self.ax_.tick_params(length=0)
        self.ax_.spines[:].set_visible(False)
        for line in (self.ax_.axhline, self.ax_.axvline):
            line(T - 0.5, color="white", linewidth=3)
        whose = "mean of all heads" if self.head is None else f"head {self.head}"
        self.ax_.set(xlabel="... looks at", ylabel="this token ...")
        if title:
            self.ax_.set_title(f"Who looks at whom, in % ({whose}; each row sums to 100)")
        return self
