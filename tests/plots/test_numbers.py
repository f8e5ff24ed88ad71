"""The numbers behind a figure travel in its file."""

import numpy as np

from mmdl.plots import subplots
from mmdl.plots.numbers import numbers_in, numbers_of
from mmdl.plots.save import save


def figure():
    drawn, (left, right) = subplots(1, 2, height=2)
    left.plot([1.0, 2.0, np.nan])
    left.scatter([0, 1], [2, 4])
    right.imshow(np.arange(4.0).reshape(2, 2))
    right.bar([0, 1], [3, 5])
    return drawn


def test_every_kind_is_summarised():
    left, right = numbers_of(figure())
    assert left[0] == ["line", 3, 1.5, 0.5, 1.0, 2.0]
    assert left[1][:2] == ["points", 4] and left[1][4:] == [0.0, 4.0]
    assert right[0] == ["image", 4, 1.5, 1.118, 0.0, 3.0]
    assert right[1][0] == "bars" and right[1][5] == 5.0


def test_they_are_in_the_file_and_survive_fewer_colours(tmp_path):
    drawn = figure()
    assert numbers_in(save(drawn, tmp_path / "a.png")) == numbers_of(drawn)
    small = save(drawn, tmp_path / "b.png", limit=(tmp_path / "a.png").stat().st_size - 1)
    assert numbers_in(small) == numbers_of(drawn)


def test_nothing_finite(tmp_path):
    drawn, ax = subplots(height=2)
    ax.plot([np.nan, np.inf])
    assert numbers_of(drawn) == [[["line", 2, 0.0, 0.0, 0.0, 0.0]]]


def test_a_picture_from_elsewhere(tmp_path):
    from PIL import Image

    Image.new("L", (2, 2)).save(tmp_path / "x.png")
    assert numbers_in(tmp_path / "x.png") is None
