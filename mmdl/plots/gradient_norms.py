"""The norm of the gradient, layer by layer or parameter by parameter."""

import functools
from dataclasses import dataclass, is_dataclass

import numpy as np

from mmdl import tree
from mmdl.errors import DataError
from mmdl.plots.display import Display
from mmdl.plots.figure import axes_of
from mmdl.plots.style import BLUE, VERMILLION, grid_on, styled


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
                name = path if by == "parameter" else layer_of(gradient, path)
                squares[name] = squares.get(name, 0) + np.sum(np.square(array, dtype=float))
        if not squares:
            raise DataError("there is no array in this gradient")
        return cls(list(squares), np.sqrt(list(squares.values())))

    @styled
    def plot(self, ax=None, title=True, **style):
        """Draw a dot for every norm on a logarithmic axis of whole decades; a norm of zero is a cross at its edge

        `style` is for the dots: color, marker, markersize, ...
        """
        self.figure_, self.ax_ = axes_of(ax, 1.2 + 0.24 * len(self.names))
        place, there = np.arange(len(self.names)), self.norms > 0
        low, high = decades(self.norms[there])
        self.ax_.set(xscale="log", xlim=(low, high), ylim=(len(self.names) - 0.4, -0.6))
        self.ax_.hlines(place[there], low, self.norms[there], color=BLUE, linewidth=1.2)
        dots = {"marker": "o", "linestyle": "none", "color": BLUE, "markersize": 7, "clip_on": False} | style
        self.ax_.plot(self.norms[there], place[there], **dots)
        for each in place[~there]:
            self.ax_.plot(low, each, "X", color=VERMILLION, markersize=9, clip_on=False)
            offset = {"xytext": (9, 0), "textcoords": "offset points", "va": "center"}
            self.ax_.annotate("zero", (low, each), color=VERMILLION, **offset)
        self.ax_.set_yticks(place, self.names, fontsize=8)
        grid_on(self.ax_, "x")
        self.ax_.set_xlabel("norm of the gradient (logarithmic)")
        if title:
            self.ax_.set_title("How strongly the loss pulls at each part")
        return self


def decades(norms):
    """The powers of ten around these numbers: (0.01, 1) for 0.03 and 0.2"""
    if not norms.size:
        return 0.1, 1
    low, high = np.floor(np.log10(norms.min())), np.ceil(np.log10(norms.max()))
    return 10.0**low, 10.0 ** max(high, low + 1)


def layer_of(root, path):
    """The layer that a parameter belongs to, with its kind: "head (Dense)" of "head.W"

    An array beside whole layers (the vector for what is absent, say) keeps its own path.
    """
    above = path.split(".")[:-1]
    node = functools.reduce(_child, above, root)
    if not is_dataclass(node) or any("." in inner for inner, _ in tree.leaves(node)):
        return path
    return f"{'.'.join(above) or 'layer'} ({type(node).__name__})"


def _child(node, name):
    if isinstance(node, tuple):
        return node[int(name)]
    return node[name] if isinstance(node, dict) else getattr(node, name)
