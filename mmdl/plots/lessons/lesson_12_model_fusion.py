"""The figure of lesson 12: two experts against one, and when a product of experts hurts."""

from mmdl.plots.figure import figure_of
from mmdl.plots.lesson import mark_guess
from mmdl.plots.style import BLUE, GREEN, VERMILLION, styled


@styled
def draw(c, multiplied, averaged, flip, copies, copied, shares, exchanged, alone, guessed=None):
    """A duel of rules, and the loss of both where the evidence is no evidence

    Parameters
    ----------
    c : array (C,)
        How sure the third expert is of B.
    multiplied, averaged : arrays (C, 3)
        Probabilities of A, B and a third class that all three experts give together.
    flip : float
        Where B wins the product.
    copies, shares : arrays (M,), (S,)
        How often one expert is asked; which share of its pictures is exchanged.
    copied, exchanged : arrays (M, 2), (S, 2)
        Losses of the product and the average.
    alone : float
        Loss of the other expert.
    guessed : float, optional
        The reader's guess of `flip`.
    """
    figure = figure_of(None, 3.7)
    duel, same, broken = figure.subplots(1, 3, width_ratios=(1.25, 1, 1))
    for p, colour, word in ((multiplied, BLUE, "product"), (averaged, VERMILLION, "average")):
        duel.plot(c, p[:, 0], color=colour)
        duel.plot(c, p[:, 1], color=colour, linestyle="--")
        duel.text(0.35, p[0, 0] + 0.03, f"A, {word}", color=colour)
        duel.text(0.35, p[0, 1] + 0.09, f"B, {word}", color=colour)
    here = flip, multiplied[(c >= flip).argmax(), 0]
    duel.plot(*here, "o", color=BLUE)
    thin = {"arrowstyle": "-", "color": BLUE}
    duel.annotate(f"overruled\nat {flip:.2f}", here, (0.94, 0.04), color=BLUE, ha="right", arrowprops=thin)
    duel.set(xlim=(1 / 3, 1), ylim=(0, 1.05), title="Two say A (0.7), a third says B")
    duel.set(xlabel="how sure the third is of B", ylabel="probability of all three together")
    mark_guess(duel, guessed, axis="x")
    for ax, x, losses in ((same, copies, copied), (broken, shares, exchanged)):
        ax.plot(x, losses[:, 0], "o-", color=BLUE, markersize=4)
        ax.plot(x, losses[:, 1], "o-", color=VERMILLION, markersize=4)
        ax.set_ylabel("loss on unseen glyphs")
    same.text(copies[-2] - 0.3, copied[-2, 0], "product", color=BLUE, ha="right")
    same.text(copies[-1], copied[-1, 1] + 0.1, "average", color=VERMILLION, ha="right")
    same.set(title="The picture expert, copied", xlabel="copies", xticks=copies, ylim=(0, None))
    broken.text(shares[-3] - 0.05, exchanged[-3, 0], "product", color=BLUE, ha="right")
    broken.text(1, exchanged[-3, 1] - 0.08, "average", color=VERMILLION, ha="right")
    broken.axhline(alone, color=GREEN, linestyle=":")
    broken.text(1, alone - 0.03, "name alone", color=GREEN, ha="right", va="top")
    broken.set(title="Picture and name", xlabel="share of pictures exchanged")
    figure.suptitle("Multiply experts that know different things and are right; average the rest")
    return figure
