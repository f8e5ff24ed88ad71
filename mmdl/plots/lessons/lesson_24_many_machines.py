"""The figure of lesson 24: what a message costs, and how much faster many ranks are."""

import numpy as np

from mmdl.plots.figure import subplots
from mmdl.plots.lesson import mark_guess
from mmdl.plots.style import LINES, grid_on, styled


@styled
def draw(sent, line, ranks, faster, measured, guessed=None):
    """Time against bytes on the left, speed against ranks on the right

    Parameters
    ----------
    sent : dict of int to float
        Microseconds of an all-reduce between two ranks, by its bytes.
    line : pair of float
        Seconds of a message of no bytes, and of each byte: half of an all-reduce.
    ranks : array (R,)
    faster : dict of str to array (R,)
    measured : dict of int to float
        Time of a step by ranks, for the first of these cases.
    guessed : float, optional
    """
    figure, (message, speed) = subplots(1, 2, height=4.2)
    sizes = np.geomspace(min(sent), max(sent), 100)
    message.plot(list(sent), list(sent.values()), "o", color=LINES[0], markersize=5)
    message.plot(sizes, 2e6 * (line[0] + line[1] * sizes), color="0.4", linewidth=1.2)
    message.text(3e5, 12, "latency + bytes / bandwidth", color="0.3", rotation=39, ha="center", va="center")
    message.set(xscale="log", yscale="log", xlabel="bytes of the row", ylabel="µs of one all-reduce, two ranks")
    message.set_title("A message: recorded points and a line")
    grid_on(message)
    for (name, times), colour in zip(faster.items(), LINES, strict=False):
        speed.plot(ranks, times, color=colour, label=name)
    speed.plot(ranks, ranks, ":", color="0.4", label="as many times as ranks")
    speed.plot(
        list(measured),
        [measured[1] / taken for taken in measured.values()],
        "o",
        color=LINES[0],
        label="recorded",
        markersize=5,
    )
    speed.set(xscale="log", yscale="log", xlabel="ranks", ylabel="times faster than one", ylim=(0.4, 90))
    speed.set_xticks(ranks, labels=[str(R) for R in ranks], minor=False)
    speed.set_yticks([0.5, 1, 2, 5, 10, 20, 50], labels=["½", "1", "2", "5", "10", "20", "50"])
    speed.minorticks_off()
    speed.set_title("Many ranks: three walls")
    speed.legend(fontsize=8, loc="upper left")
    grid_on(speed)
    mark_guess(speed, guessed)
    return figure
