"""What cannot be read is one sentence, and it says what to do."""

import pytest

from mmdl import data
from mmdl.cli import main
from mmdl.data.files.pictures import opened
from mmdl.data.files.wav import read_wav
from mmdl.errors import DataError
from mmdl.files import remedy

CASES = {
    "~/photo.png": "write the path of the home folder out",
    "/data/~/photo.png": "write the path of the home folder out",
    "https://example.org/a.png": "download the file first",
    "table.xlsx": 'can save it as "CSV UTF-8"',
    "song.mp3": "`ffmpeg -i song.mp3 song.wav` makes one",
    "song.FLAC": "`ffmpeg -i song.FLAC song.wav` makes one",
    "song.ogg": "sounds are read from WAV files",
}


@pytest.mark.parametrize("path", CASES)
def test_each_has_its_remedy(path):
    assert CASES[path] in remedy(path)


def test_what_may_be_right_has_none():
    assert {remedy(path) for path in ("a.png", "a~b.wav", "my.csv", "C:\\new\\a.png", "folder/x")} == {""}


def test_where_files_are_opened(tmp_path):
    with pytest.raises(DataError, match=r"there is no picture ~/a\.png; nothing has replaced the ~"):
        opened("~/a.png")
    (tmp_path / "song.mp3").write_bytes(b"ID3 and so on")
    with pytest.raises(DataError, match=r"song\.mp3 is no WAV file; sounds are read from WAV files"):
        read_wav(tmp_path / "song.mp3")
    with pytest.raises(DataError, match=r"there is no dataset 'my\.xlsx'; this is a spreadsheet"):
        data.load("my.xlsx")
    with pytest.raises(DataError, match=r"cannot be read: No such file or directory; nothing has replaced the ~"):
        data.load("~/my.csv", text="a")


def test_on_the_command_line(complaint_of, tmp_path):
    code, line = complaint_of("train", "--data", "my.xlsx", "--text", "title")
    assert code == 1 and line == 'my.xlsx cannot be read; this is a spreadsheet: its program can save it as "CSV UTF-8"'
    (tmp_path / "my.csv").write_text("photo,kind\n~/1.png,a\n", encoding="utf-8")
    code, line = complaint_of("train", "--data", str(tmp_path / "my.csv"), "--image", "photo", "--label", "kind")
    assert code == 1 and "line 2, photo: there is no picture" in line and "nothing has replaced the ~" in line


@pytest.fixture
def complaint_of(capsys):
    """The exit code of a command that fails, and its one line."""

    def run(*arguments):
        code = main([*arguments])
        [line] = capsys.readouterr().err.splitlines()
        return code, line.removeprefix("mmdl: ")

    return run
