"""The similarity matrix of two towers: which example of one modality fits which of the other."""

from dataclasses import dataclass

import numpy as np

from mmdl.data import batches
from mmdl.plots.display import Display
from mmdl.plots.figure import axes_of
from mmdl.plots.inputs import viewable
from mmdl.plots.names import literal
from mmdl.plots.style import INK, SIGNED, VERMILLION, readable_on, styled
from mmdl.training.retrieval import gallery, titles

COUNT = 20  # examples a side that can still be read
USUAL = {"LETTER", "WITH", "SYLLABICS", "DRAWINGS", "AND", "FORM"}  # words that a short name can do without
LONGEST = 24


@dataclass(eq=False)
class SimilarityDisplay(Display):
    """A matrix of cosines; what belongs together stands on the diagonal.

    Parameters
    ----------
    cosines : array (N, N)
    names : list of N str
        Of what belongs to row n and to column n.
    modalities : pair of str
        Of the rows, and of the columns.
    pictures : list of N arrays (R, C) or (R, C, 3), optional
        Of the rows; they take the place of names there.
    """

    cosines: np.ndarray
    names: list
    modalities: tuple
    pictures: list | None = None

    @classmethod
    def from_model(cls, model, examples, count=COUNT):
        """Up to `count` of these Examples, from everywhere among them, each thing once."""
        shown = gallery(examples)
        shown = shown.select(np.unique(np.linspace(0, len(shown) - 1, count).astype(int)))
        [batch] = batches(shown, count)
        first, second = model.towers
        cosines = model.units(first, batch[first]) @ model.units(second, batch[second]).T
        names = [short(title) for title in titles(shown, model.preprocessors)]
        return cls(
            cosines,
            names,
            (first, second),
            list(map(viewable, batch[first])) if batch.kinds[first] == "image" else None,
        )

    @property
    def best(self):
        """(N,): the column that fits each row best; its own is n for row n"""
        return self.cosines.argmax(axis=1)

    @styled
    def plot(self, ax=None, title=True, **style):
        """Draw the matrix; a mark stands at the best column of each row. `style` is for `imshow`: cmap, vmin, ..."""
        N, (first, second) = len(self.cosines), self.modalities
        self.figure_, self.ax_ = axes_of(ax, 2.2 + 0.24 * N)
        image = self.ax_.imshow(self.cosines, **{"cmap": SIGNED, "vmin": -1, "vmax": 1} | style)
        for row, column in enumerate(self.best):
            colour = readable_on(image, self.cosines[row, column]) if row == column else VERMILLION
            self.ax_.plot(column, row, "o" if row == column else "X", color=colour, markersize=5)
        for row, picture in enumerate(self.pictures or ()):
            self.ax_.imshow(picture, cmap=INK, vmin=0, vmax=1, extent=(-1.46, -0.54, row + 0.46, row - 0.46))
        names = [literal(name) for name in self.names]
        self.ax_.set_xticks(range(N), names, rotation=90, fontsize=7)
        self.ax_.set_yticks(range(0 if self.pictures else N), [] if self.pictures else names, fontsize=7)
        self.ax_.tick_params(length=0)
        self.ax_.spines[:].set_visible(False)
        self.ax_.set(xlabel=second, ylabel=first, xlim=(-1.5 if self.pictures else -0.5, N - 0.5), ylim=(N - 0.5, -0.5))
        own = int((self.best == np.arange(N)).sum())
        if title:
            words = f"Each {first} and the {second} that fits it best:\nits own (●) {own} times of {N}, else ✖"
            self.ax_.set_title(words)
        self.figure_.colorbar(image, ax=self.ax_, label="cosine of the angle between the two", fraction=0.04, pad=0.02)
        return self


def short(title):
    """A name without its most usual words, shortened in the middle: ends tell names apart."""
    words = " ".join(word for word in title.split() if word not in USUAL) or title
    return words if len(words) <= LONGEST else f"{words[: LONGEST // 2 - 1]}…{words[-LONGEST // 2 :]}"
