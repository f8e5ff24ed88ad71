"""Moving pictures: whole files, small enough, with a pause at the end."""

import pytest
from PIL import Image

from mmdl.errors import DataError
from mmdl.plots import subplots
from mmdl.plots.animation import save_animation


@pytest.fixture
def drawing():
    figure, ax = subplots(height=1)
    (line,) = ax.plot([0, 1], [0, 1])
    return figure, lambda frame: line.set_ydata([0, frame])


def test_frames_and_pause(drawing, tmp_path):
    path = save_animation(*drawing, 5, tmp_path / "a.gif", frames_per_second=10, pause=2)
    with Image.open(path) as gif:
        assert gif.n_frames == 5 and gif.size == (800, 100)
        durations = []
        for frame in range(5):
            gif.seek(frame)
            durations.append(gif.info["duration"])
    assert durations == [100, 100, 100, 100, 2000]
    assert [each.name for each in tmp_path.iterdir()] == ["a.gif"]


def test_a_file_that_is_too_large_is_not_written(drawing, tmp_path):
    with pytest.raises(DataError, match="more than 0 kB"):
        save_animation(*drawing, 3, tmp_path / "a.gif", limit=100)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there(drawing, tmp_path):
    with pytest.raises(DataError, match="cannot be written"):
        save_animation(*drawing, 3, tmp_path / "missing" / "a.gif")
