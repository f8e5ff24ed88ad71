"""Pictures with their words, the class they belong to, and what a model took them for."""

from dataclasses import dataclass

import numpy as np

from mmdl.ops.softmax import softmax
from mmdl.plots.display import Display
from mmdl.plots.figure import figure_of
from mmdl.plots.inputs import as_batch, pictures_of, tokenizer_of, words_of
from mmdl.plots.names import literal, wrapped
from mmdl.plots.style import BLUE, VERMILLION, percent, picture_on, styled


@dataclass(eq=False)
class ImagesDisplay(Display):
    """A grid of pictures; of sounds, as spectrograms, where there are no pictures.

    Parameters
    ----------
    images : list of arrays (R, C) or (R, C, 3), None where there is no picture
    captions : list of str, None where there is no text, "" where it is not to be shown
    truths : list of str, None where the class is not known
    predictions : list of str, optional
    probabilities : array (N,), optional
        Of the predicted class.
    """

    images: list
    captions: list
    truths: list
    predictions: list | None = None
    probabilities: np.ndarray | None = None

    @classmethod
    def from_examples(cls, examples, classes, tokenizer=None, count=12):
        """The first `count` examples, with captions if there is a tokenizer.  examples: Examples or Batch"""
        batch = as_batch(examples, slice(count))
        captions = [""] * len(batch)
        if tokenizer:
            between = "" if tokenizer.of_letters else " "
            captions = [words and between.join(words) for words in words_of(batch, tokenizer)]
        truths = [classes[label] if label >= 0 else None for label in batch.labels]
        return cls(pictures_of(batch), captions, truths)

    @classmethod
    def from_model(cls, model, examples, count=12):
        """The first `count` examples as the model sees them, and what it says.  examples: Examples or Batch"""
        batch = as_batch(examples, slice(count))
        display = cls.from_examples(batch, model.classes, tokenizer_of(model.preprocessors), count)
        p = softmax(model(batch))
        display.predictions = [model.classes[k] for k in p.argmax(axis=1)]
        display.probabilities = p.max(axis=1)
        return display

    @property
    def correct(self):
        """(N,) bool: whether the prediction is the true class; None without predictions"""
        return None if self.predictions is None else np.array(self.predictions) == np.array(self.truths)

    @styled
    def plot(self, figure=None, columns=4, title=True, **style):
        """Draw the grid; `axes_` are those of the pictures. `style` is for `imshow`: cmap, ..."""
        columns = min(columns, len(self.images))
        rows = -(-len(self.images) // columns)
        self.figure_ = figure_of(figure, 2.25 * rows + 0.4)
        grid = self.figure_.subplots(rows, columns, squeeze=False).ravel()
        self.axes_ = grid[: len(self.images)]
        for ax in grid[len(self.images) :]:
            ax.set_axis_off()
        for place, ax in enumerate(self.axes_):
            self._draw(ax, place, {"vmin": 0, "vmax": 1} | style)
        if title:
            self.figure_.suptitle(self._title())
        return self

    def _draw(self, ax, place, style):
        image, caption, truth = self.images[place], self.captions[place], self.truths[place]
        picture_on(ax, np.zeros((1, 1)) if image is None else image, **style)
        if image is None:
            ax.text(0, 0, "(no picture)", ha="center", va="center", color="0.4")
        caption = "(no text)" if caption is None else caption
        ax.set_xlabel(wrapped(caption, 22), fontsize=8, color="0.3")
        bold = {"fontsize": 9, "fontweight": "bold"}
        if self.predictions is None:
            ax.set_title(literal(truth or ""), **bold)
            return
        said = wrapped(f"{self.predictions[place]} {percent(self.probabilities[place])}", 25)
        if truth is None:
            ax.set_title(said, **bold)
        elif self.correct[place]:
            ax.set_title(f"✓ {said}", color=BLUE, **bold)
        else:
            ax.set_title(f"✗ {said}\ntruly {literal(truth)}", color=VERMILLION, **bold)
            for spine in ax.spines.values():
                spine.set(color=VERMILLION, linewidth=2, linestyle="--")

    def _title(self):
        if self.predictions is None:
            return "Pictures, their words, and the class that is asked for"
        known = [truth is not None for truth in self.truths]
        if not any(known):
            return "What the model takes these pictures and words for"
        return f"What the model says: {self.correct[known].sum()} of {sum(known)} right"
