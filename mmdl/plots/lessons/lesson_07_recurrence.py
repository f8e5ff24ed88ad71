"""The figure of lesson 07: how a gradient fades or explodes on its way back through time."""

from mmdl.plots.figure import subplots
from mmdl.plots.lesson import mark_guess
from mmdl.plots.style import LINES, styled


@styled
def draw(linear, squeezed, untidy, guessed=None):
    """Lengths of a gradient so many steps back: without tanh on the left, with it on the right

    Parameters
    ----------
    linear, squeezed : dict of float to array (T,)
        linear[ρ][s] is the length s steps back.
    untidy : array (T,)
        The same for a U of random numbers with the spectral radius 0.8.
    guessed : float, optional
    """
    figure, (left, right) = subplots(1, 2, height=3.9)
    figure.suptitle("A network reads a photograph row by row: its gradient fades or explodes")
    left.set_title("f(a) = a, U = ρ × a rotation: only ρ = 1 keeps it")
    right.set_title("f = tanh, the same U: ρ = 1.2 fades, ρ = 2 grows")
    for ax, curves, radii in (left, linear, (0.8, 1.0, 1.2)), (right, squeezed, (0.8, 1.0, 1.2, 2.0)):
        for rho, colour in zip(radii, LINES, strict=False):
            ax.plot(curves[rho], color=colour)
            ax.text(60, curves[rho][-1], f"ρ = {rho}", color=colour, va="center")
        ax.hlines(1, 0, 59, color="0.7", linewidth=1, zorder=0)
        ax.set(yscale="log", ylim=(1e-12, 1e6), xlim=(0, 72), xticks=range(0, 60, 10), xlabel="rows back from the last")
    left.plot(untidy, color=LINES[0], linestyle="--")
    words = f"U of random numbers, radius 0.8: one step\nstretches by {untidy[1]:.1f}, yet in the long run it fades"
    line = {"arrowstyle": "-", "color": LINES[0]}
    left.annotate(words, (30, untidy[30]), (3, 1e-9), color=LINES[0], arrowprops=line)
    left.set_ylabel("length of the gradient of the state")
    mark_guess(right, guessed)
    return figure
