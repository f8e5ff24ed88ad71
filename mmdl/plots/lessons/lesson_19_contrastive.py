"""The figure of lesson 19: unseen pictures and names, and what the temperature decides."""

from mmdl.plots.figure import figure_of
from mmdl.plots.lesson import mark_guess
from mmdl.plots.similarity import SimilarityDisplay
from mmdl.plots.style import BLUE, VERMILLION, grid_on, styled


@styled
def draw(model, examples, temperatures, recall, cost, chance, learned, guessed=None):
    """A similarity matrix on the left, curves over the temperature on the right

    Parameters
    ----------
    model : ContrastiveModel
    examples : Examples
        Pictures and names that training has not seen.
    temperatures, recall, cost : arrays (K,)
        What was tried, the share of pictures whose name was among the first ten, and what perfect pairs pay.
    chance : pair of floats
        The recall of chance, and the cost.
    learned : pair of floats
        A temperature that was learned, and its recall.
    guessed : float, optional
        The reader's guess of the recall at the temperature 0.1, in per cent.
    """
    figure = figure_of(None, 5.4)
    left, right = figure.subfigures(1, 2, width_ratios=(1.35, 1))
    shown = SimilarityDisplay.from_model(model, examples, 14).plot(left.subplots())
    own = sum(shown.best == range(len(shown.names)))
    shown.ax_.set(title=f"Unseen pictures and names:\n{own} of {len(shown.names)} find their own (●)", ylabel="picture")
    shown.ax_.set_xlabel("name")

    found, paid = right.subplots(2, 1, sharex=True)
    found.plot(temperatures, 100 * recall, "o-", color=BLUE)
    found.plot(learned[0], 100 * learned[1], "*", color=VERMILLION, markersize=13)
    found.annotate("learned", (learned[0], 100 * learned[1]), (-4, 9), textcoords="offset points", color=VERMILLION)
    found.axhline(100 * chance[0], color="0.5", linestyle=":")
    found.text(min(temperatures), 100 * chance[0] + 1.5, "chance", color="0.4")
    found.set(ylim=(0, 80), ylabel="name among the first ten (%)", title="At temperature 1 half is lost")
    mark_guess(found, guessed)
    paid.plot(temperatures, cost, "o-", color=BLUE)
    paid.axhline(chance[1], color="0.5", linestyle=":")
    paid.text(min(temperatures), chance[1] - 0.35, "chance: log 64", color="0.4")
    paid.set(xscale="log", ylabel="loss of perfect pairs", xlabel="temperature", title="There even perfect pairs pay")
    paid.set_xticks(temperatures, [f"{each:g}" for each in temperatures])
    paid.minorticks_off()
    for ax in (found, paid):
        grid_on(ax)
    return figure
