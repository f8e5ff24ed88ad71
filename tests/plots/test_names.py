"""Whatever is in the data is drawn letter by letter: no name is mark-up, and none ends in a traceback."""

import warnings
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import font_manager
from matplotlib.cbook import is_math_text
from matplotlib.text import Text

from mmdl.plots import (
    AlignmentDisplay,
    AttentionDisplay,
    ConfusionDisplay,
    ExamplesDisplay,
    GazeDisplay,
    ImagesDisplay,
    PosteriorsDisplay,
    RegressionDisplay,
    SearchDisplay,
    SimilarityDisplay,
    WordAttentionDisplay,
    subplots,
)
from mmdl.plots.examples import Column
from mmdl.plots.names import letters, literal, wrapped
from mmdl.plots.style import _installed, families, styled

HOSTILE = [
    "$_$",
    "$$",
    "$x^2$ and $",
    "\\frac{a}{b}",
    "_hidden",
    "a\nb",
    "\x1b[31mred",
    "{0} %s %",
    "#&~^_",
    "\u202eabc",
    "",
]
N = len(HOSTILE)
PICTURES = [np.zeros((4, 4))] * N


def square(n=N):
    return np.full((n, n), 1 / n)


DISPLAYS = {
    "confusion": lambda names: ConfusionDisplay(np.eye(N, dtype=int), tuple(names)),
    "images": lambda names: ImagesDisplay(PICTURES, names, names, names[::-1], np.ones(N)),
    "images without predictions": lambda names: ImagesDisplay(PICTURES, names, names),
    "examples": lambda names: ExamplesDisplay({"text": Column("text", names)}, names, names[0]),
    "attention": lambda names: AttentionDisplay(
        np.eye(4), names, np.ones((N, 2, 2)), np.ones((N, 4, 4)), np.ones((4, 4)), names[0]
    ),
    "words": lambda names: WordAttentionDisplay(names[1:], ["image"], square()),
    "alignment": lambda names: AlignmentDisplay(square(), names, names),
    "gaze": lambda names: GazeDisplay(np.eye(4), names, np.ones((N, 2, 2))),
    "posteriors": lambda names: PosteriorsDisplay(np.ones((8, 3)), np.eye(N + 1), tuple(names), 1.0),
    "search": lambda names: SearchDisplay(names[0], PICTURES, names, np.ones(N), "all"),
    "similarity": lambda names: SimilarityDisplay(square(), names, ("image", "text")),
    "regression": lambda names: RegressionDisplay.from_predictions([1, 2], [1, 2], names[0]),
}


def drawn_texts(figure):
    figure.canvas.draw()
    return " ".join(" ".join(each.get_text().split()) for each in figure.findobj(Text))


@pytest.mark.parametrize("kind", DISPLAYS)
def test_names_are_drawn_as_they_are(kind, tmp_path):
    for names in (HOSTILE, HOSTILE[::-1]):
        display = DISPLAYS[kind](names).plot()
        shown = drawn_texts(display.figure_)
        used = names[:1] if kind == "regression" else names[1:]
        assert all(" ".join(literal(name).split()) in shown for name in used)
        assert "\x1b" not in shown and "\u202e" not in shown
        texts = [each.get_text() for each in display.figure_.findobj(Text)]
        assert not any(is_math_text(each) for each in texts if "mathdefault" not in each)
    assert display.save(tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")


@given(st.text(max_size=12))
@settings(max_examples=25, deadline=None)
def test_any_text_can_be_drawn(text):
    draw_alone(text)


@styled
def draw_alone(text):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "no font that is installed here")
        name = literal(text)
        figure, ax = subplots(height=1)
        ax.set_title(name)
        figure.canvas.draw()  # a letter that no font has would be a warning, and so an error
    assert ax.get_title() == name and name.isprintable() and "\n" not in name


def test_a_letter_without_a_font_is_an_escape_and_one_note():
    from mmdl.plots import names

    there = (chr(point) for point in range(0x4E2D, 0x2FFFF) if point not in letters())
    missing, other = islice(filter(str.isprintable, there), 2)
    names._note.cache_clear()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        assert literal(f"a{missing}") == literal(f"a{missing}") == f"a{ascii(missing)[1:-1]}"
        assert literal(other) == ascii(other)[1:-1]
    assert len(seen) == 1 and "so that figures show escapes" in str(seen[0].message)


def test_a_font_that_was_installed_later_is_found(monkeypatch):
    """Matplotlib makes its list of fonts once, and keeps it in a file."""
    manager = font_manager.fontManager
    late = next(font for font in manager.ttflist if font.name == "DejaVu Serif")
    monkeypatch.setattr(manager, "ttflist", [font for font in manager.ttflist if font.name != late.name])
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [late.fname, __file__])
    assert late.name in _installed()


def test_dollars_stay_dollars_however_a_line_is_broken():
    assert literal("$_$ \\$") == r"\$_\$ \\$" and not is_math_text(literal("$a$"))
    assert wrapped("$$$$$$", 4) == r"\$\$\$\$" + "\n" + r"\$\$"


def test_an_axis_in_powers_of_ten_has_its_formulas():
    draw_powers()


@styled
def draw_powers():
    figure, ax = subplots(height=2)
    ax.plot([1, 10], [1e-6, 1])
    ax.set_yscale("log")
    figure.canvas.draw()
    assert all(each.get_parse_math() for each in ax.get_yticklabels())


def test_letters_that_a_font_has_stay():
    assert literal("Größe É α б") == "Größe É α б"
    assert literal("a\u3000b\xa0c") == "a b c"
    assert families()[0] == "DejaVu Sans"
