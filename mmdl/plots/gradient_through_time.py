"""How far back a gradient reaches through a recurrent layer."""

from dataclasses import dataclass

import numpy as np

from mmdl.errors import DataError
from mmdl.layers import GRU, LSTM, RNN
from mmdl.ops.gru import gru_backward
from mmdl.ops.lstm import lstm_backward
from mmdl.ops.rnn import rnn_backward
from mmdl.plots.display import Display
from mmdl.plots.figure import axes_of
from mmdl.plots.style import LINES, grid_on, styled

FORMS = ("-", "--", "-.", ":")


@dataclass(eq=False)
class GradientThroughTimeDisplay(Display):
    """Curves: the norm of the gradient of the state so many steps before the last.

    Parameters
    ----------
    norms : dict of str to array (T + 1,)
        norms[name][s] is the norm s steps back.
    """

    norms: dict

    @classmethod
    def from_norms(cls, norms):
        """Curves by name, or a single one: arrays whose entry s is the norm s steps back"""
        curves = norms if isinstance(norms, dict) else {"": norms}
        return cls({name: np.asarray(curve, float) for name, curve in curves.items()})

    @classmethod
    def from_layer(cls, rng, layer, tokens):
        """What reaches the states of a recurrent layer from a random direction at the last; see `norms_through_time`"""
        return cls.from_norms({type(layer).__name__: norms_through_time(rng, layer, tokens)})

    @styled
    def plot(self, ax=None, title=True, **style):
        """Draw one line for every curve on a logarithmic axis; where a gradient is exactly zero, its line ends

        `style` is for the lines: linewidth, markersize, ...
        """
        self.figure_, self.ax_ = axes_of(ax, 3.6)
        self.ax_.axhline(1, color="0.6", linewidth=1)
        words = {"transform": self.ax_.get_yaxis_transform(), "ha": "right", "va": "bottom"}
        self.ax_.text(0.99, 1, "nothing lost", color="0.4", fontsize=8, **words)
        for place, (name, curve) in enumerate(self.norms.items()):
            colour, form = LINES[place % len(LINES)], FORMS[place % len(FORMS)]
            self.ax_.plot(np.where(curve > 0, curve, np.nan), form, **{"color": colour, "label": name} | style)
        self.ax_.set_yscale("log")
        grid_on(self.ax_)
        self.ax_.xaxis.get_major_locator().set_params(integer=True)
        self.ax_.set(xlabel="steps back from the last", ylabel="norm of the state's gradient")
        if title:
            self.ax_.set_title("How far back the gradient reaches")
        if any(self.norms):
            self.ax_.legend()
        return self


def norms_through_time(rng, layer, tokens):
    """‖∂L/∂h_{T−s}‖ for s = 0 .. T, where ∂L/∂h_T is a random direction of norm 1 for each example

    The gradient walks back one step at a time through the op's own backward. For an LSTM the state is h and c
    together, since both lead on.

    Parameters
    ----------
    rng : numpy.random.Generator
    layer : RNN, LSTM or GRU
    tokens : Tokens (N, T, D)

    Returns
    -------
    array (T + 1,)
        Root of the mean square over the examples.

    Source: Pascanu, Mikolov, Bengio, On the difficulty of training recurrent neural networks, 2013.
    """
    if type(layer) not in STEPS_BACK:
        raise DataError(f"gradients through time are those of an RNN, LSTM or GRU, not of a {type(layer).__name__}")
    _, trace = layer.forward(tokens)
    dh = rng.normal(size=(len(tokens.mask), len(layer.U))).astype(layer.U.dtype)
    dh /= np.sqrt((dh * dh).sum(axis=1, keepdims=True))
    gradients = (dh, np.zeros_like(dh)) if isinstance(layer, LSTM) else (dh,)
    norms = [_norm(gradients)]
    for t in reversed(range(tokens.mask.shape[1])):
        gradients = STEPS_BACK[type(layer)](layer, trace, t, gradients)
        norms.append(_norm(gradients))
    return np.array(norms)


def _rnn(layer, trace, t, gradients):
    now, around = np.s_[:, t : t + 1], np.s_[:, t : t + 2]
    (x, mask), h = trace
    *_, dh = rnn_backward(*_last(gradients), x[now], layer.W, layer.U, h[around], mask[now], layer.f)
    return (dh,)


def _lstm(layer, trace, t, gradients):
    now, around = np.s_[:, t : t + 1], np.s_[:, t : t + 2]
    (x, mask), (h, c, gates) = trace
    states = h[around], c[around], gates[now]
    *_, dh, dc = lstm_backward(*_last(gradients), x[now], layer.W, layer.U, *states, mask[now])
    return dh, dc


def _gru(layer, trace, t, gradients):
    now, around = np.s_[:, t : t + 1], np.s_[:, t : t + 2]
    (x, mask), (h, gates, inner) = trace
    states = h[around], gates[now], inner[now]
    *_, dh = gru_backward(*_last(gradients), x[now], layer.W, layer.U, *states, mask[now])
    return (dh,)


STEPS_BACK = {RNN: _rnn, LSTM: _lstm, GRU: _gru}


def _last(gradients):
    """The gradients of two states, of which only the second is used further on."""
    return [np.stack([np.zeros_like(d), d], axis=1) for d in gradients]


def _norm(gradients):
    """√(mean over examples of ‖d‖²); in float64, where small gradients do not vanish when squared."""
    return np.sqrt(sum(np.square(d, dtype=float).sum(axis=1) for d in gradients).mean())
