"""The similarity matrix and the page of a search: the numbers behind them, and what is written beside them."""

import numpy as np
import pytest

from mmdl.models import contrastive_model
from mmdl.plots import SearchDisplay, SimilarityDisplay
from mmdl.plots.similarity import LONGEST, short
from tests.close import close


@pytest.fixture(scope="module")
def towers(tiny):
    return contrastive_model(np.random.default_rng(0), tiny.dataset, width=8)


def test_cosines_are_those_of_the_model(tiny, towers):
    display = SimilarityDisplay.from_model(towers, tiny.dataset.test)
    s = towers(tiny.batch.select([0, 1, 2, 3, 5])) * np.exp(-towers.log_scale)  # number 4 has no text
    assert close(display.cosines, s, atol=1e-6)
    assert display.names[1] == "TWO HEADED ARROW HOOK" and display.modalities == ("image", "text")
    assert np.array_equal(display.pictures[2], tiny.batch["image"][2, :, :, 0])
    assert display.best.tolist() == display.cosines.argmax(axis=1).tolist()


def test_no_more_than_asked_for(tiny, towers):
    display = SimilarityDisplay.from_model(towers, tiny.dataset.test, count=3)
    assert display.cosines.shape == (3, 3) and display.names[0] == "SMALL A" and display.names[2] == "CAPITAL B"


def test_a_mark_in_each_row(tmp_path):
    cosines = np.array([[0.9, 0.1, 0.0], [0.2, -0.3, 0.4], [0.0, 0.1, 0.2]])
    for pictures in (None, [np.ones((4, 4))] * 3):
        display = SimilarityDisplay(cosines, ["A", "B", "C"], ("image", "text"), pictures).plot()
        marks = [(line.get_xdata()[0], line.get_ydata()[0], line.get_marker()) for line in display.ax_.lines]
        assert marks == [(0, 0, "o"), (2, 1, "X"), (2, 2, "o")]
        assert "2 times of 3" in display.ax_.get_title()
        assert display.ax_.images[0].get_clim() == (-1, 1)
        assert len(display.ax_.images) == 1 + (3 if pictures else 0)
        assert [label.get_text() for label in display.ax_.get_xticklabels()] == ["A", "B", "C"]
        assert display.save(tmp_path / "similarity.png").stat().st_size > 1000


def test_short_names_keep_their_ends():
    assert short("LATIN SMALL LETTER A WITH GRAVE") == "LATIN SMALL A GRAVE"
    long = short("LATIN SMALL LETTER UPSILON WITH DIALYTIKA AND TONOS")
    assert len(long) <= LONGEST and long.startswith("LATIN SMALL") and long.endswith("TONOS") and "…" in long
    assert short("LETTER") == "LETTER"


def test_answers_of_a_search_in_their_order(tmp_path):
    images = [np.full((5, 5), n / 7) for n in range(7)]
    names, scores = [f"NAME {n}" for n in range(7)], np.linspace(0.9, 0.3, 7)
    display = SearchDisplay("DOUBLE ARROW", images, names, scores, "647 unseen characters").plot()
    assert len(display.axes_) == 7
    assert display.axes_[0].get_title() == "1.  0.90" and display.axes_[6].get_xlabel() == "NAME 6"
    title = display.figure_.get_suptitle()
    assert "“DOUBLE ARROW”" in title and "647 unseen characters" in title
    assert display.save(tmp_path / "search.png").stat().st_size > 1000


def test_a_picture_that_is_searched_for_comes_first():
    query = np.eye(5)
    display = SearchDisplay(query, [np.ones((5, 5))] * 2, ["A", "B"], [0.5, 0.4], "2 examples").plot()
    assert len(display.axes_) == 2
    first = display.figure_.axes[0]
    assert first.get_title() == "searched for" and np.array_equal(first.images[0].get_array(), query)
    assert "this picture" in display.figure_.get_suptitle()
