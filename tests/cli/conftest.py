"""A twelfth of the glyphs, so that training takes seconds, and a run that several tests look at."""

import functools

import pytest

from mmdl import data
from mmdl.cli import main


@pytest.fixture(scope="session")
def few_glyphs():
    return functools.cache(functools.partial(data.load, fonts=("DejaVuSans",)))


@pytest.fixture
def few(monkeypatch, few_glyphs, tmp_path):
    """`data.load` knows one font only, and the current folder is an empty one."""
    monkeypatch.setattr(data, "load", few_glyphs)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def finished_run(few_glyphs, tmp_path_factory):
    """The folder of a training with attention; tests read it and leave it as it is."""
    folder = tmp_path_factory.mktemp("runs") / "attention"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "load", few_glyphs)
        assert main(["train", "--epochs", "2", "--out", str(folder), "--json"]) == 0
    return folder


@pytest.fixture
def complaint(capsys):
    """Run a command that fails: `complaint(*arguments) -> exit code, the one line on stderr`"""

    def run(*arguments):
        code = main([str(each) for each in arguments])
        captured = capsys.readouterr()
        lines = [line for line in captured.err.splitlines() if line.startswith("mmdl: ")]
        assert captured.out == ""
        assert len(lines) == 1
        return code, lines[0].removeprefix("mmdl: ")

    return run
