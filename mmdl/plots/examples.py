"""A page of a dataset: some examples, every modality of each, and the class that is asked for."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mmdl.plots.display import Display
from mmdl.plots.figure import figure_of
from mmdl.plots.inputs import as_batch, viewable
from mmdl.plots.names import literal, wrapped
from mmdl.plots.style import BLUE, MAGNITUDES, picture_on, styled

ROWS, PANELS = 5, 6  # of a page, and in each of its rows
GAP = 0.12  # between examples, in widths of a panel
LETTERS = 19  # of a line of words in a panel


class Column(NamedTuple):
    """One modality of all examples that are shown."""

    kind: str  # "picture", "words", "sound" or "numbers"
    shown: list  # (R, C) or (R, C, 3); a string; frames by bands (T, D); numbers (D,); None where it is absent


@dataclass(eq=False)
class ExamplesDisplay(Display):
    """A grid of examples, each a panel for every modality: pictures, words, spectrograms, numbers as bars.

    Parameters
    ----------
    columns : dict of str to Column
    truths : list of N str
        The class of each example.
    title : str
    """

    columns: dict[str, Column]
    truths: list
    title: str

    @classmethod
    def from_dataset(cls, dataset, rng, count=None):
        """Examples to train on, drawn by chance: of every class in turn, and shown in the order of the classes.

        Parameters
        ----------
        dataset : Dataset
        rng : numpy.random.Generator
        count : int, optional
            As many as fill a page, unless given.
        """
        count = count or ROWS * _abreast(len(dataset.modalities))
        batch = as_batch(dataset.train, mixed(dataset.train.labels, count, rng))
        columns = {name: column_of(batch, name, dataset.preprocessors[name]) for name in dataset.modalities}
        truths = [dataset.label_in_words(label) for label in batch.labels]
        title = f"{len(batch)} of {len(dataset.train):,} training examples of {dataset.name}"
        return cls(columns, truths, f"{title} ({' | '.join(columns)})")

    @styled
    def plot(self, figure=None, title=True):
        """Draw the page; `axes_` has a row for each example and in it a panel for each modality."""
        panels, abreast = len(self.columns), _abreast(len(self.columns))
        rows = -(-len(self.truths) // abreast)
        self.figure_ = figure_of(figure, 1.5 * rows + 0.5)
        ratios = [*[1] * panels, GAP] * abreast
        grid = self.figure_.add_gridspec(rows, len(ratios), width_ratios=ratios)
        places = [(place // abreast, place % abreast * (panels + 1)) for place in range(len(self.truths))]
        self.axes_ = np.array(
            [[self.figure_.add_subplot(grid[row, first + m]) for m in range(panels)] for row, first in places]
        )
        for example, truth in zip(self.axes_, self.truths, strict=True):
            label = wrapped(truth, LETTERS * panels)
            example[0].set_title(label, loc="left", fontsize=9, fontweight="bold")
        for axes, (name, column) in zip(self.axes_.T, self.columns.items(), strict=True):
            self._draw(axes, name, column)
        if title:
            self.figure_.suptitle(literal(self.title))
        return self

    def _draw(self, axes, name, column):
        """One modality of all examples, on the same scale."""
        draw, limits = DRAWN_BY[column.kind], _limits(column)
        for ax, each in zip(axes, column.shown, strict=True):
            if each is None:
                _write(ax, f"(no {literal(name)})", color="0.5")
            else:
                draw(ax, each, limits)


def mixed(labels, count, rng):
    """The places of `count` examples, of every class in turn, in the order of their classes."""
    turn = np.empty(len(labels), int)
    for members in (labels == label for label in np.unique(labels)):
        turn[members] = rng.permutation(members.sum())
    chosen = np.lexsort((rng.random(len(labels)), turn))[:count]
    return chosen[labels[chosen].argsort(kind="stable")]


def column_of(batch, name, preprocessor):
    """One modality of a batch in the form that is drawn."""
    inputs, present = batch[name], batch.present[name]
    kind = batch.kinds[name]
    if kind == "text":
        between = "" if preprocessor.of_letters else " "
        shown = [between.join(preprocessor.words_of(row[mask])) for row, mask in zip(*inputs, strict=True)]
    elif kind == "audio":
        shown = list(np.where(inputs.mask[..., None], inputs.values, np.nan))  # padding stays white
    else:
        shown = [viewable(image) for image in inputs] if kind == "image" else list(inputs)
    return Column(kind, [each if there else None for each, there in zip(shown, present, strict=True)])


def _abreast(modalities):
    """How many examples there are in a row."""
    return max(1, PANELS // modalities)


def _limits(column):
    """The smallest and the largest number of a modality; 0 and 1 of what has none."""
    levels = [np.ravel(each) for each in column.shown if isinstance(each, np.ndarray)]
    return (np.nanmin(np.concatenate(levels)), np.nanmax(np.concatenate(levels))) if levels else (0, 1)


def _picture(ax, image, limits):
    picture_on(ax, image, vmin=0, vmax=1)


def _sound(ax, frames, limits):
    smallest, largest = limits
    picture_on(ax, frames.T, MAGNITUDES, vmin=smallest, vmax=largest, origin="lower", aspect="auto")


def _numbers(ax, values, limits):
    ax.stairs(values, fill=True, color=BLUE)
    ax.axhline(0, color="0.7", linewidth=0.8)
    furthest = max(map(abs, limits)) or 1
    ax.set(xticks=[], yticks=[], xlim=(0, len(values)), ylim=(-furthest, furthest))
    ax.spines[:].set(visible=True, color="0.7", linewidth=0.8)


def _words(ax, text, limits):
    _write(ax, wrapped(text, LETTERS, max_lines=6, placeholder=" …"))


def _write(ax, text, **settings):
    ax.set_axis_off()
    ax.text(0, 0.5, text, va="center", fontsize=8, transform=ax.transAxes, **settings)


DRAWN_BY = {"image": _picture, "audio": _sound, "numbers": _numbers, "text": _words}
