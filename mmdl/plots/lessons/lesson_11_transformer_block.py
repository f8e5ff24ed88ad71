"""The figure of lesson 11: gradients and tokens in 24 blocks, with and without residual and norm."""

from matplotlib.patches import Rectangle

from mmdl.plots.figure import figure_of
from mmdl.plots.lesson import mark_guess
from mmdl.plots.style import BLUE, GREEN, ORANGE, VERMILLION, picture_on, styled

FRAMED = 5, 4  # row and column of a patch
LABELS = {  # colour, and where the name stands in both panels
    "neither": (ORANGE, (12, 1e-4), (2.2, 1.03)),
    "residual only": (VERMILLION, (8, 3e5), (9, 0.865)),
    "norm only": (BLUE, (10, 0.006), (6.5, 1.03)),
    "both": (GREEN, (12, 2.5), (14, 0.7)),
}


@styled
def draw(photograph, last, lengths, alike, guessed=None):
    """How alike patches are above, the experiment below

    Parameters
    ----------
    photograph : array (80, 80)
    last : dict
        By variant: cosines of all pairs of the 10 × 10 patches after the last block (100, 100).
    lengths, alike : dicts
        By variant: length of the gradient at the patches and after each block (25), and the mean cosine (25).
    guessed : float, optional
        The reader's guess of a mean cosine.
    """
    figure = figure_of(None, 5.6)
    top, bottom = figure.subfigures(2, 1, height_ratios=(1, 1.5))
    top.suptitle("After 24 blocks, how alike is each patch to the one in the frame? (1: the same)", fontsize=11)
    axes = top.subplots(1, 5)
    row, column = FRAMED
    picture_on(axes[0], photograph, cmap="gray")
    axes[0].set_xlabel("the patches")
    for ax, (name, cosines) in zip(axes[1:], last.items(), strict=True):
        heat = picture_on(ax, cosines[10 * row + column].reshape(10, 10), cmap="viridis", vmin=0.5, vmax=1)
        ax.set_xlabel(name)
    for ax, size in zip(axes, (8, 1, 1, 1, 1), strict=True):
        ax.add_patch(Rectangle((column * size - 0.5, row * size - 0.5), size, size, fill=False, edgecolor="red"))
    top.colorbar(heat, ax=axes, label="cosine", fraction=0.03)

    left, right = bottom.subplots(1, 2)
    for name, (colour, here, there) in LABELS.items():
        left.plot(lengths[name], color=colour)
        left.text(*here, name, color=colour)
        right.plot(alike[name], color=colour)
        right.text(*there, name, color=colour)
    left.set(yscale="log", ylabel="length of the gradient", title="Residual alone: the gradient explodes")
    right.set(ylim=(-0.05, 1.12), ylabel="mean cosine of two tokens", title="Only the pair keeps tokens different")
    for ax in (left, right):
        ax.set(xlabel="tokens after this block (0: the patches)", xticks=range(0, 25, 6))
    mark_guess(right, guessed)
    return figure
