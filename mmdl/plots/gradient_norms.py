"""The norm of the gradient, layer by layer or parameter by parameter."""

from dataclasses import dataclass

import numpy as np

from mmdl import tree
from mmdl.errors import DataError
from mmdl.plots.display import Display
from mmdl.plots.style import BLUE, VERMILLION, axes_of, styled


@dataclass(eq=False)
class GradientNormDisplay(Display):
    """How strongly each part is pulled at.

    Parameters
    ----------
    names : list of str
        Dotted paths, from the input to the output.
    norms : array (len(names),)
    """

    names: list
    norms: np.ndarray

    @classmethod
    def from_gradient(cls, gradient, by="layer"):
        """‖g‖ = √(Σ g²) over the arrays of a layer, or of every parameter by itself

        Parameters
        ----------
        gradient : tree of arrays
            As `backward` returns it. Running statistics are left out: theirs is no gradient.
        by : "layer" or "parameter"
        """
        if by not in ("layer", "parameter"):
            raise DataError(f'gradient norms are by "layer" or by "parameter", not by "{by}"')
        running, squares = tree.running_momentum(gradient), {}
        for path, array in tree.leaves(gradient):
            if path not in running:
                name = path if by == "parameter" else owner(gradient, path)
                squares[name] = squares.get(name, 0) + np.sum(np.square(array, dtype=float))
        if not squares:
            raise DataError("there is no array in this gradient")
        return cls(list(squares), np.sqrt(list(squares.values())))

    @styled
    def plot(self, ax=None):
        """Draw a dot for every norm, on a logarithmic axis; a norm of zero stands at the edge as a cross."""
        self.figure_, self.ax_ = axes_of(ax, 1.4 + 0.22 * len(self.names))
        place, there = np.arange(len(self.names)), self.norms > 0
        self.ax_.set_xscale("log")
        self.ax_.plot(self.norms[there], place[there], "o", color=BLUE, markersize=7)
        edge = self.ax_.get_xlim()[0]
        self.ax_.hlines(place[there], edge, self.norms[there], color=BLUE, linewidth=1.2)
        if not there.all():
            self.ax_.plot(
                np.full((~there).sum(), edge),
                place[~there],
                "X",
                color=VERMILLION,
                markersize=9,
                clip_on=False,
            )
            for each in place[~there]:
                self.ax_.annotate(
                    "zero", (edge, each), (9, 0), textcoords="offset points", va="center", color=VERMILLION
                )
        self.ax_.set_xlim(left=edge)
        self.ax_.set_ylim(len(self.names) - 0.4, -0.6)
        self.ax_.set_yticks(place, self.names, fontsize=8)
        self.ax_.grid(True, axis="x")
        self.ax_.set(
            xlabel="norm of the gradient (logarithmic)", title="How strongly the loss pulls at each part"
        )
        return self


def owner(root, path):
    """The path of the dataclass that a parameter belongs to, with its kind: "head (Dense)" of "head.W"."""
    node, here, found = root, [], ""
    for name in path.split(".")[:-1]:
        node = (
            node[name]
            if isinstance(node, dict)
            else node[int(name)]
            if isinstance(node, tuple)
            else getattr(node, name)
        )
        here.append(name)
        if not isinstance(node, (dict, tuple)):
            found = f"{'.'.join(here)} ({type(node).__name__})"
    return found or type(root).__name__
