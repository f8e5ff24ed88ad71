"""Predicted numbers against true ones."""

from dataclasses import dataclass

import numpy as np

from mmdl.errors import DataError
from mmdl.plots.display import Display
from mmdl.plots.figure import axes_of
from mmdl.plots.names import literal
from mmdl.plots.style import BLUE, grid_on, styled
from mmdl.training.regression import predicted_numbers, regression_scores


@dataclass(eq=False)
class RegressionDisplay(Display):
    """A point for each example: to the right what is true, upwards what was predicted.

    Parameters
    ----------
    truths, predictions : arrays (N,)
    name : str
        Of the number.
    """

    truths: np.ndarray
    predictions: np.ndarray
    name: str = "number"

    @classmethod
    def from_predictions(cls, truths, predictions, name="number"):
        """Numbers (N,) each."""
        truths, predictions = np.asarray(truths, float), np.asarray(predictions, float)
        if truths.shape != predictions.shape or truths.ndim != 1 or not len(truths):
            raise DataError(f"there are {truths.shape} true numbers but {predictions.shape} predicted ones")
        return cls(truths, predictions, name)

    @classmethod
    def from_model(cls, model, examples):
        """What a regressor says of these Examples."""
        return cls.from_predictions(examples.labels, predicted_numbers(model, examples), model.number)

    @styled
    def plot(self, ax=None, title=True, **style):
        """Draw the points, and the line on which all would lie if every answer were right; `style` is for `scatter`."""
        self.figure_, self.ax_ = axes_of(ax, 4.8)
        ends = [min(self.truths.min(), self.predictions.min()), max(self.truths.max(), self.predictions.max())]
        self.ax_.plot(ends, ends, color="0.6", linewidth=1, label="right")
        self.ax_.scatter(self.truths, self.predictions, **{"s": 14, "alpha": 0.6, "color": BLUE} | style)
        self.ax_.set(xlabel=f"true {literal(self.name)}", ylabel=f"predicted {literal(self.name)}")
        self.ax_.legend(loc="upper left")
        grid_on(self.ax_)
        if title:
            scores = regression_scores(self.truths, self.predictions)
            r2 = f", R² = {scores['r2']:.3f}" if "r2" in scores else ""
            self.ax_.set_title(f"What is predicted of {len(self.truths):,} examples, and what is true{r2}")
        return self
