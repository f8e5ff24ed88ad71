"""Training curves."""

from dataclasses import dataclass

import numpy as np

from mmdl.errors import DataError
from mmdl.plots.display import Display
from mmdl.plots.figure import figure_of
from mmdl.plots.style import BLUE, GREEN, VERMILLION, grid_on, styled


@dataclass(eq=False)
class HistoryDisplay(Display):
    """Loss and accuracy, epoch by epoch.

    Parameters
    ----------
    history : dict of str to array (epochs,)
        loss, accuracy, validation_loss, validation_accuracy, learning_rate; what is missing is not drawn.
    """

    history: dict

    @classmethod
    def from_history(cls, history):
        """The history of a training: lists by name, one entry an epoch."""
        curves = {name: np.array(values, float) for name, values in history.items()}
        if not len(curves.get("loss", ())):
            raise DataError("the history has no epoch, so there is nothing to draw")
        return cls(curves)

    @property
    def best(self):
        """The epoch, from 1 on, of the smallest validation loss, or else the highest accuracy; None without either"""
        for name, smallest in (("validation_loss", np.nanargmin), ("validation_accuracy", np.nanargmax)):
            values = self.history.get(name, np.empty(0))
            if np.isfinite(values).any():
                return 1 + int(smallest(values))
        return None

    @styled
    def plot(self, figure=None, learning_rate=False, title=True, **style):
        """Draw loss and accuracy side by side, and the learning rate as a third if asked for

        `style` is for the curves: linewidth, markersize, ...
        """
        learning_rate = learning_rate and "learning_rate" in self.history
        self.figure_ = figure_of(figure, 3.6)
        shares = "accuracy" in self.history or "validation_accuracy" in self.history
        panels = {"loss": "lower"} | ({"accuracy": "higher"} if shares else {})
        self.axes_ = self.figure_.subplots(1, len(panels) + learning_rate, squeeze=False)[0]
        for ax, (name, better) in zip(self.axes_, panels.items(), strict=False):
            self._draw(ax, name, "training, while learning", BLUE, "o-", style)
            self._draw(ax, f"validation_{name}", "validation, after each epoch", VERMILLION, "s--", style)
            if title:
                ax.set_title(f"{name.capitalize()} ({better} is better)")
        for ax, name in zip(self.axes_, panels, strict=False):
            self._mark(ax, f"validation_{name}")
        self.axes_[0].set_ylabel("cross-entropy (nats)" if shares else "loss")
        if shares:
            self.axes_[1].set_ylabel("share of right answers")
        if learning_rate:
            self._draw(self.axes_[-1], "learning_rate", None, GREEN, "^-", style)
            self.axes_[-1].set(title="Learning rate" if title else "", ylabel="step size at the end of the epoch")
        for ax in self.axes_:
            ax.set_xlabel("epoch")
            ax.xaxis.get_major_locator().set_params(integer=True)
            grid_on(ax)
        lines, labels = self.axes_[len(panels) - 1].get_legend_handles_labels()
        self.figure_.legend(lines, labels, loc="outside lower center", ncols=3)
        return self

    def _draw(self, ax, name, label, colour, form, style):
        values = self.history.get(name, np.empty(0))
        if np.isfinite(values).any():
            look = {"color": colour, "label": label, "markersize": 5} | style
            ax.plot(1 + np.arange(len(values)), values, form, **look)

    def _mark(self, ax, name):
        """A ring around the best epoch: that is the one which a recipe keeps."""
        values = self.history.get(name, np.empty(0))
        if self.best and np.isfinite(values).any():
            ring = {"markersize": 13, "markerfacecolor": "none", "color": VERMILLION, "linestyle": "none"}
            ax.plot(self.best, values[self.best - 1], "o", label=f"best for validation: epoch {self.best}", **ring)
