"""The confusion matrix: which classes are taken for which."""

from dataclasses import dataclass

import numpy as np

from mmdl.errors import DataError
from mmdl.plots.display import Display
from mmdl.plots.figure import axes_of
from mmdl.plots.names import literal
from mmdl.plots.style import MAGNITUDES, percent, readable_on, styled
from mmdl.training.evaluation import predictions


@dataclass(eq=False)
class ConfusionDisplay(Display):
    """How many examples of each class (row) were taken for each class (column).

    Parameters
    ----------
    counts : integer array (K, K)
    classes : sequence of K str
    """

    counts: np.ndarray
    classes: tuple

    @classmethod
    def from_predictions(cls, labels, predictions, classes):
        """counts[true, predicted] += 1 for every example.  labels, predictions: (N,) numbers or names of classes"""
        true, predicted = (_numbers(each, classes) for each in (labels, predictions))
        if true.shape != predicted.shape:
            raise DataError(f"there are {len(true)} labels but {len(predicted)} predictions")
        counts = np.zeros((len(classes), len(classes)), int)
        np.add.at(counts, (true, predicted), 1)
        return cls(counts, tuple(classes))

    @classmethod
    def from_model(cls, model, examples, size=256):
        """What a model says to these Examples, `size` at a time."""
        predicted = predictions(model, examples, size).argmax(axis=1)
        return cls.from_predictions(examples.labels, predicted, model.classes)

    @property
    def rates(self):
        """(K, K): the shares of every true class; rows sum to one, or to zero where a class has no example"""
        return self.counts / self.counts.sum(axis=1, keepdims=True).clip(1)

    @property
    def accuracy(self):
        """The share of all examples that are on the diagonal."""
        return np.trace(self.counts) / max(1, self.counts.sum())

    @styled
    def plot(self, ax=None, title=True, values_format="{percent:.0f} %\n({count})", **style):
        """Draw the matrix: colours by row, and in each cell its rate and count as `values_format` says, or nothing

        `style` is for `imshow`: cmap, vmin, vmax, ...
        """
        self.figure_, self.ax_ = axes_of(ax, 2 + 0.46 * len(self.classes))
        image = self.ax_.imshow(self.rates, **{"cmap": MAGNITUDES, "vmin": 0, "vmax": 1, "aspect": "auto"} | style)
        for (row, column), count in np.ndenumerate(self.counts):
            if count and values_format:
                rate = self.rates[row, column]
                words = {"ha": "center", "va": "center", "fontsize": 7, "color": readable_on(image, rate)}
                self.ax_.text(column, row, values_format.format(percent=100 * rate, count=count), **words)
        ticks, names = range(len(self.classes)), [literal(name) for name in self.classes]
        self.ax_.set_xticks(ticks, names, rotation=30, ha="right")
        self.ax_.set_yticks(ticks, [f"{name} ({n})" for name, n in zip(names, self.counts.sum(1), strict=True)])
        self.ax_.tick_params(length=0)
        self.ax_.spines[:].set_visible(False)
        self.ax_.set(xlabel="what the model says", ylabel="what it truly is (examples)")
        if title:
            self.ax_.set_title(f"Which class is taken for which ({percent(self.accuracy)} of all are right)")
        self.figure_.colorbar(image, ax=self.ax_, label="share of the true class", fraction=0.03, pad=0.02, aspect=40)
        return self


def _numbers(values, classes):
    """Numbers of classes, from numbers or names."""
    values = np.asarray(values)
    if values.dtype.kind not in "iu":
        values = np.array([classes.index(name) if name in classes else -1 for name in values.tolist()], int)
    if not np.isin(values, np.arange(len(classes))).all():
        raise DataError(f"labels and predictions must be among the {len(classes)} classes")
    return values
