"""Files are written whole or not at all, by several threads at once too, and what killed processes left is swept."""

import os
import subprocess
import sys
import threading

import pytest

from mmdl.errors import DataError
from mmdl.files import replacing


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with replacing(path) as unfinished:
        unfinished.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new" and names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_what_goes_wrong_leaves_nothing(tmp_path, error):
    with pytest.raises(error), replacing(tmp_path / "a.txt") as unfinished:
        unfinished.write_text("half of it")
        raise error
    assert names(tmp_path) == []


def test_what_was_not_written_is_said(tmp_path):
    with pytest.raises(DataError, match="cannot be written: No such file"), replacing(tmp_path / "a.txt"):
        pass
    with pytest.raises(DataError, match="cannot be written"), replacing(tmp_path / "no folder" / "a.txt") as unfinished:
        unfinished.write_text("new")


def test_threads_do_not_share_a_name(tmp_path):
    path, both = tmp_path / "a.txt", threading.Barrier(2)

    def write(text):
        with replacing(path) as unfinished:
            both.wait(10)
            unfinished.write_text(text)
            both.wait(10)

    threads = [threading.Thread(target=write, args=(text * 10000,)) for text in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() in ("a" * 10000, "b" * 10000) and names(tmp_path) == ["a.txt"]


def test_orphans_are_swept_and_files_of_the_living_are_not(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    orphan, other = tmp_path / f".a.txt.{dead.pid}.1", tmp_path / f".b.txt.{dead.pid}.1"
    namesake = tmp_path / f".a.txt.{os.getpid()}.1"  # of a process that had this one's number, as in a container
    living = tmp_path / f".a.txt.{os.getppid()}.1"
    for path in (orphan, namesake, other, living):
        path.write_text("half of it")
    with replacing(tmp_path / "a.txt") as unfinished:
        unfinished.write_text("new")
    assert names(tmp_path) == sorted(["a.txt", living.name, other.name])


def test_a_name_is_no_pattern(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    for name in (f".[ab].txt.{dead.pid}.1", f".a.txt.{dead.pid}.1"):
        (tmp_path / name).write_text("half of it")
    with replacing(tmp_path / "[ab].txt") as unfinished:
        unfinished.write_text("new")
    assert names(tmp_path) == [f".a.txt.{dead.pid}.1", "[ab].txt"]
