"""Labels of logarithmic axes: letters, no TeX."""

import pytest

from mmdl.plots.figure import png, subplots
from mmdl.plots.powers import in_letters


@pytest.mark.parametrize(
    ("tex", "letters"),
    [
        (r"$\mathdefault{10^{3}}$", "10³"),
        (r"$\mathdefault{10^{-12}}$", "10⁻¹²"),
        (r"$\mathdefault{2\times10^{0}}$", "2×10⁰"),
        ("", ""),
    ],
)
def test_in_letters(tex, letters):
    assert in_letters(tex) == letters


@pytest.mark.parametrize("limits", [(1e-3, 1e3), (0.7, 1.3)])
def test_no_dollar_is_drawn(limits):
    figure, ax = subplots()
    ax.set(xscale="log", xlim=limits, yscale="log", ylim=limits)
    first = png(figure)
    said = [text.get_text() for text in (*ax.get_xticklabels(which="both"), *ax.get_yticklabels(which="both"))]
    assert any("10" in each for each in said) and not any("$" in each for each in said)
    assert png(figure) == first
