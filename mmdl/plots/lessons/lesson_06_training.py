"""The figure of lesson 06: the start, the step, the learning rate and when to stop."""

import math

import numpy as np

from mmdl.plots.figure import subplots
from mmdl.plots.lesson import mark_guess
from mmdl.plots.style import BLUE, GREEN, VERMILLION, styled

COLOURS = BLUE, VERMILLION, GREEN
STARTS = (20, 3e18, VERMILLION, "right"), (11.5, 1e-10, BLUE, "left"), (20, 1e2, GREEN, "right")  # place, colour, align
RULES = (15_000, 1.3, "right"), (1, 0.03, "left"), (1, 0.12, "left")
RATES = (0.75, 1.18, "left"), (0.1, 0.95, "center"), (0.01, 0.79, "center")


@styled
def draw(sizes, errors, rates, losses, runs, guessed=None):
    """Four panels: sizes of numbers in 20 layers, three rules on a kernel, their learning rates, and three brakes

    Parameters
    ----------
    sizes : dict
        By start (large, small, right): the size of the numbers after each layer.
    errors : dict
        By rule: the distance to the truth before each step, relative to the start.
    rates : array (E,)
    losses : dict
        By rule: the loss after training with each of the rates.
    runs : dict
        By brake: an array (epochs, 3 or more), whose columns begin with loss on seen and unseen examples, and the
        share of right answers.
    guessed : float, optional
        The reader's guess of a loss on unseen examples.
    """
    figure, ((start, step), (pace, unseen)) = subplots(2, 2, height=6.0)
    for (name, curve), (x, y, colour, side) in zip(sizes.items(), STARTS, strict=True):
        start.plot(np.arange(1, len(curve) + 1), curve, color=colour)
        start.text(x, y, name, color=colour, ha=side)
    start.set(yscale="log", ylim=(1e-26, 1e22), xticks=[1, 5, 10, 15, 20], xlabel="layer")
    start.set(yticks=10.0 ** np.arange(-20, 21, 10), ylabel="size (root mean square)")
    start.set_title("The start: only one σ survives 20 layers")

    for (name, curve), (x, y, side), colour in zip(errors.items(), RULES, COLOURS, strict=True):
        step.plot(np.arange(1, len(curve)), curve[1:], color=colour)
        step.text(x, y, f"{name}: {len(curve) - 1:,} steps", color=colour, ha=side)
    step.set(xscale="log", yscale="log", ylim=(0.008, 3), xlabel="steps", ylabel="distance of the kernel to Sobel")
    step.set_title("The step: memory is worth thousands of steps")

    for (name, curve), (x, y, side), colour in zip(losses.items(), RATES, COLOURS, strict=True):
        pace.plot(rates, curve, "o-", color=colour, markersize=3)
        pace.text(x, y, name, color=colour, ha=side)
    pace.axhline(math.log(10), color="0.4", linestyle=":")
    pace.text(rates[0], math.log(10) + 0.04, "knowing nothing", color="0.4")
    pace.set(xscale="log", ylim=(0.7, 2.8), xlabel="learning rate", ylabel="loss after two epochs")
    pace.set_title("The rate: ten times off, and much less is learned")

    for (name, run), side, colour in zip(runs.items(), ("center", "bottom", "top"), COLOURS, strict=True):
        epochs, (seen, new, right) = np.arange(1, len(run) + 1), run.T[:3]
        unseen.plot(epochs, new, color=colour)
        unseen.plot(epochs, seen, ":", color=colour)
        unseen.text(epochs[-1] + 0.5, new[-1], f"{name}: {right[-1]:.2f} right", color=colour, va=side)
    unseen.text(1, 0.03, "dotted: on the glyphs it learns from", color="0.3")
    unseen.set(xlim=(0, 1.75 * epochs[-1]), xticks=range(0, epochs[-1] + 1, 5), xlabel="epoch")
    unseen.set(ylim=(0, 2), yticks=[0, 0.5, 1, 1.5, 2], ylabel="loss on unseen glyphs")
    unseen.set_title("When to stop: without a brake the loss rises again")
    mark_guess(unseen, guessed)
    return figure
