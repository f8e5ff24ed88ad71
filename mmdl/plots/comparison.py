"""A comparison of fusions: how often each is right, what each modality contributes, and what noise does."""

from dataclasses import dataclass, field

import numpy as np

from mmdl.fusion import FUSIONS
from mmdl.plots.display import Display
from mmdl.plots.figure import axes_of, figure_of
from mmdl.plots.style import LINES, MAGNITUDES, grid_on, readable_on, styled
from mmdl.training.summary import BEST, NEAR, standings

SIGNS = {BEST: "★", NEAR: "≈", "": ""}
STROKES = {"tokens": "-", "vectors": "--", "logits": ":"}  # of a fusion's line, by what it takes
FORMS = "osD^vP*X"


@dataclass(eq=False)
class ComparisonDisplay(Display):
    """A matrix: test accuracy of each model (row) with each set of modalities (column), and its test loss.

    Parameters
    ----------
    rows : list of Row
        See `mmdl.training.summary.gather`.
    best : dict
        Of a dataset, see `Dataset.best`: a last row shows what is possible.
    """

    rows: list
    best: dict = field(default_factory=dict)

    @styled
    def plot(self, ax=None, title=True, **style):
        """Draw the matrix; ★ is the best of a column, ≈ what cannot be told from it. `style` is for `imshow`."""
        subsets = list(max((row.accuracy for row in self.rows), key=len))
        fusions = [row for row in self.rows if len(row.modalities) > 1]
        labels = [row.model for row in self.rows] + ["best possible"] * bool(self.best)
        self.figure_, self.ax_ = axes_of(ax, 1.6 + 0.3 * len(labels))
        means = np.full((len(labels), len(subsets)), np.nan)
        for r, row in enumerate(self.rows):
            for subset, spread in row.accuracy.items():
                means[r, subsets.index(subset)] = spread.mean
        if self.best:
            means[-1] = [self.best[subset]["accuracy"] for subset in subsets]
        image = self.ax_.imshow(means, **{"cmap": MAGNITUDES, "aspect": "auto"} | style)
        for c, subset in enumerate(subsets):
            marks = standings({row.model: row.accuracy[subset] for row in self.rows if subset in row.accuracy})
            for r, row in enumerate(self.rows):
                if subset in row.accuracy:
                    self._write(c, r, _percent(row.accuracy[subset], SIGNS[marks[row.model]]), image, means[r, c])
            if self.best:
                self._write(c, len(labels) - 1, f"{100 * means[-1, c]:.1f}", image, means[-1, c])
        marks = standings({row.model: row.loss for row in fusions}, smaller=True)
        for r, row in enumerate(self.rows):
            words = f"{_spread(row.loss, 3)} {SIGNS[marks.get(row.model, '')]}".rstrip()
            self._write(len(subsets), r, words)
        if self.best:
            self._write(len(subsets), len(labels) - 1, f"{self.best[subsets[-1]]['loss']:.3f}")
        self.ax_.set_xticks(range(len(subsets) + 1), ["\n+ ".join(subset) for subset in subsets] + ["test loss\n(all)"])
        self.ax_.set_yticks(range(len(labels)), labels)
        self.ax_.set_xlim(-0.5, len(subsets) + 0.5)
        self.ax_.tick_params(length=0, labelsize=8)
        self.ax_.tick_params(axis="x", top=True, labeltop=True, bottom=False, labelbottom=False)
        self.ax_.spines[:].set_visible(False)
        runs = self.rows[0].loss.count
        self.ax_.set_xlabel(
            f"of {runs} run{'s' * (runs > 1)}; ★ best of its column, ≈ at most two standard errors from it"
        )
        if title:
            self.ax_.set_title("Right on the test set, in % (mean ± standard deviation), when these are present")
        return self

    def _write(self, column, row, words, image=None, value=None):
        colour = "black" if image is None else readable_on(image, value)
        self.ax_.text(column, row, words, ha="center", va="center", fontsize=7, color=colour)


@dataclass(eq=False)
class ContributionDisplay(Display):
    """The Shapley value of each modality in each fusion, as points with the standard deviation over the runs.

    Parameters
    ----------
    rows : list of Row
    """

    rows: list

    @styled
    def plot(self, ax=None, title=True, **style):
        """Draw a line of points for each fusion. `style` is for `errorbar`: markersize, capsize, ..."""
        fusions = [row for row in self.rows if row.contribution]
        self.figure_, self.ax_ = axes_of(ax, 1.4 + 0.26 * len(fusions))
        places = np.arange(len(fusions))
        for m, name in enumerate(fusions[0].modalities):
            spreads = [row.contribution[name] for row in fusions]
            means, deviations = (100 * np.array(each) for each in list(zip(*spreads, strict=True))[:2])
            form = {"fmt": FORMS[m], "color": LINES[m], "markersize": 6, "linewidth": 1.2} | style
            self.ax_.errorbar(means, places, xerr=np.nan_to_num(deviations), label=name, **form)
        self.ax_.axvline(0, color="0.5", linewidth=1)
        self.ax_.set_yticks(places, [row.model for row in fusions])
        self.ax_.invert_yaxis()
        grid_on(self.ax_)
        nothing = 100 * fusions[0].nothing
        self.ax_.set_xlabel(f"percentage points; together with {nothing:.1f}, of seeing nothing, they are the accuracy")
        if title:
            self.ax_.set_title("What each modality contributes to the accuracy (Shapley value)")
        self.ax_.legend(loc="upper left", bbox_to_anchor=(1, 1))
        return self


@dataclass(eq=False)
class NoiseDisplay(Display):
    """Test accuracy of each fusion while noise hides one modality more and more.

    Parameters
    ----------
    rows : list of Row
    """

    rows: list

    @styled
    def plot(self, figure=None, title=True, **style):
        """Draw a panel for each modality, a line for each fusion: solid for tokens, dashed vectors, dotted logits

        `style` is for `plot` of matplotlib: linewidth, markersize, ...
        """
        fusions = [row for row in self.rows if row.noise]
        names = fusions[0].modalities
        self.figure_ = figure_of(figure, 4.6)
        self.axes_ = self.figure_.subplots(1, len(names), sharey=True, squeeze=False)[0]
        order = {name: place for place, name in enumerate(FUSIONS)}
        for ax, name in zip(self.axes_, names, strict=True):
            for row in sorted(fusions, key=lambda row: order.get(row.model, 0)):
                place = order.get(row.model, 0)
                stroke = STROKES[FUSIONS[row.model].takes] if row.model in FUSIONS else "-"
                levels, curve = row.noise[name]
                form = {"linestyle": stroke, "color": LINES[place % len(LINES)], "marker": FORMS[place % len(FORMS)]}
                means = [100 * spread.mean for spread in curve]
                ax.plot(means, label=row.model, **form | {"linewidth": 1.3, "markersize": 4} | style)
            told = ["none" if level == 0 else "missing" if level is None else f"{level:g}" for level in levels]
            ax.set_xticks(range(len(levels)), told)
            ax.set(
                title=f"Noise on the {name}" if title else "",
                xlabel="share that is lost" if levels[-2] < 1 else "deviation of the noise",
            )
            grid_on(ax)
        self.axes_[0].set_ylabel("right on the test set, in %")
        self.figure_.legend(*self.axes_[0].get_legend_handles_labels(), loc="outside lower center", ncols=5, fontsize=8)
        return self


def _percent(spread, sign):
    return f"{_spread(spread._replace(mean=100 * spread.mean, deviation=100 * spread.deviation), 1)} {sign}".rstrip()


def _spread(spread, digits):
    return f"{spread.mean:.{digits}f}" + (f" ±{spread.deviation:.{digits}f}" if spread.count > 1 else "")
