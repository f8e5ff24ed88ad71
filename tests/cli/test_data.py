"""`mmdl data`: the list, pages of examples, and downloads from a server of our own."""

import hashlib
import json

import pytest

from mmdl import data
from mmdl.cli import main
from mmdl.data.files.fetch import Download
from mmdl.data.registry import Source
from tests.data.sources.test_mnist import drawn, write
from tests.server import CONTENT, running

MNIST = data.DATASETS["mnist"]


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    """An empty data folder, and an empty current one."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("MMDL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("NO_PROXY", "*")
    return tmp_path / "data"


@pytest.fixture
def sources(monkeypatch):
    """Three datasets: of two files that a server has, of one that it has not, and of none."""
    with running() as server:

        def file(name, page):
            checksum = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
            return Download(name, (f"{server.url}/{page}",), checksum, len(CONTENT))

        files = {"good": [file("a/1", "right"), file("a/2", "moved")], "bad": [file("b/1", "404")], "made": []}
        found = {name: Source(None, ("image",), "about", "free", tuple(each)) for name, each in files.items()}
        monkeypatch.setattr(data, "DATASETS", dict(reversed(found.items())))
        yield server


def table(capsys):
    """The printed rows of the list by the name of the dataset, as they are, and all other lines."""
    assert main(["data"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines[:-1])) <= 80  # the last one is a path
    rows = {line.split()[0]: line for line in lines if line and not line.startswith(" ")}
    return rows, lines


def test_the_list_names_everything_in_columns(capsys, folder):
    rows, lines = table(capsys)
    text = " ".join(" ".join(lines).split())
    place = rows["dataset"].index("on this machine")
    for name, source in data.DATASETS.items():
        assert rows[name][len(name) :].lstrip().startswith(", ".join(source.modalities))
        assert source.about in text and f"licence: {source.licence}" in text
        assert rows[name][place - 2 :].startswith("  ") and rows[name][place] != " "
        assert rows[name][place:] == ("no" if source.downloads else "made here")
    assert " 11.6  no" in rows["mnist"] and " -  made here" in rows["glyphs"]
    assert lines[-1] == f"downloads lie in {folder}"


def test_the_list_sees_what_is_there(capsys, folder):
    for count, state in enumerate(["no", "1 of 4 files", "2 of 4 files", "3 of 4 files", "yes"]):
        assert table(capsys)[0]["mnist"].endswith(f"  {state}")
        if count < 4:
            path = folder / MNIST.downloads[count].file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()


def test_a_page_of_examples_in_the_current_folder(folder, tmp_path, capsys):
    write(folder / "mnist", [download.file[6:] for download in MNIST.downloads[2:]], *drawn(200, 0))
    assert main(["data", "show", "mnist"]) == 0
    out, err = capsys.readouterr()
    assert out == "mnist.png\n"
    assert err.startswith("mmdl: only the 200 pictures of the published test ") and err.count("\n") == 1
    assert (tmp_path / "here" / "mnist.png").read_bytes().startswith(b"\x89PNG")


def test_the_seed_chooses_and_out_places(few, capsys, tmp_path):
    pages = {}
    for seed, name in [("0", "a"), ("0", "b"), ("1", "c")]:
        path = tmp_path / "new folder" / f"{name}.png"
        assert main(["data", "show", "glyphs", "--seed", seed, "--out", str(path)]) == 0
        assert capsys.readouterr().out == f"{path}\n"
        pages[name] = path.read_bytes()
    assert pages["a"] == pages["b"] != pages["c"]


def test_fetching_prints_a_line_for_each_file_and_costs_nothing_twice(sources, folder, capsys):
    paths = [folder / "a" / "1", folder / "a" / "2"]
    assert main(["data", "fetch", "good"]) == 0
    out, err = capsys.readouterr()
    assert out == "".join(f"{path} is fetched\n" for path in paths) and err == ""
    assert all(path.read_bytes() == CONTENT for path in paths)

    sources.asked.clear()
    assert main(["data", "fetch", "good"]) == 0
    assert capsys.readouterr().out == "".join(f"{path} is here already\n" for path in paths)
    assert sources.asked == []


def test_as_json(sources, folder, capsys):
    assert main(["data", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    named = {each["name"]: each for each in found["datasets"]}
    assert found["schema"] == 1 and found["folder"] == str(folder) and named["made"]["here"] == "made here"
    assert named["good"]["bytes"] == 2 * len(CONTENT) and named["good"]["here"] == "no"


def test_one_that_fails_does_not_keep_the_others_from_coming(sources, folder, capsys):
    assert main(["data", "fetch", "all"]) == 1
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "made is made on this machine, and needs no download",
        f"{folder / 'a' / '1'} is fetched",
        f"{folder / 'a' / '2'} is fetched",
    ]
    assert err.startswith("mmdl: bad: 1 cannot be downloaded: ") and err.count("\n") == 1
    assert [path.name for path in sorted(folder.rglob("*")) if path.is_file()] == ["1", "2"]


def test_a_bar_follows_the_bytes(sources, folder, monkeypatch, capsys):
    from tqdm import auto

    bars = []

    class Bar(auto.tqdm):
        def __init__(self, **settings):
            super().__init__(**settings | {"disable": False})
            bars.append(self)

    monkeypatch.setattr(auto, "tqdm", Bar)
    assert main(["data", "fetch", "good"]) == 0
    assert [(bar.desc, bar.n, bar.total) for bar in bars] == [(name, len(CONTENT), len(CONTENT)) for name in "12"]
    assert "\n" not in capsys.readouterr().err  # it goes when it is done


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["show", "nonsense"], 1, "no dataset 'nonsense'; there is digit-strings, fashion-mnist, glyph-names"),
        (
            ["fetch", "nonsense"],
            1,
            "no dataset 'nonsense'; there is digit-strings, fashion-mnist, glyph-names",
        ),
        (["show", "mnist"], 1, "t10k-images-idx3-ubyte.gz, which is not there; mmdl data fetch mnist brings it"),
        (["show", "interactions", "--out", "page.jpg"], 1, "saved as .png"),
        (["show", "interactions", "--seed", "-1"], 2, "a whole number of at least 0"),
        (["show"], 2, "NAME (see mmdl data show --help)"),
        (["draw"], 2, "(see mmdl data --help)"),
    ],
)
def test_what_cannot_be_done_is_said(arguments, code, said, capsys):
    assert main(["data", *arguments]) == code
    out, err = capsys.readouterr()
    assert out == "" and said in err.splitlines()[-1]
    assert "Traceback" not in err


def test_a_broken_file_is_named(folder, complaint):
    write(folder / "mnist", [download.file[6:] for download in MNIST.downloads[2:]], *drawn(200, 0))
    path = folder / MNIST.downloads[2].file
    path.write_bytes(path.read_bytes()[:1000])
    assert complaint("data", "show", "mnist") == (1, f"{path} is cut short")


@pytest.mark.parametrize("action", ["show", "fetch"])
def test_help_of_actions_fits_a_terminal(action, capsys):
    assert main(["data", action, "--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert f"  mmdl data {action}" in "\n".join(lines[lines.index("examples:") :])
    assert max(map(len, lines)) <= 80
