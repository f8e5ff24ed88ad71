"""`mmdl compare`: tables, files, going on after Ctrl-C, and what is refused."""

import csv
import json
from dataclasses import replace

import pytest

from mmdl import data
from mmdl.cli import main
from mmdl.cli.comparison_table import initials
from mmdl.training import comparison

SMALL = ["--data", "interactions", "--fusions", "sum,average", "--seeds", "2", "--jobs", "1", "--epochs", "1"]
COMMAND = ["compare", *SMALL, "--examples", "300", "--out", "xor"]
FILES = {"settings.json", "runs", "comparison.txt", "comparison.csv", "comparison.png", "contribution.png", "noise.png"}


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Interactions with a test set of 200, and the current folder is an empty one."""
    load = data.load

    def fewer(name, **options):
        dataset = load(name, **options)
        return replace(dataset, test=dataset.test.select(slice(0, 200)))

    monkeypatch.setattr(data, "load", fewer)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def counted(monkeypatch):
    """The runs that were trained; a run of `stop_at` is interrupted."""
    trained, run_one = [], comparison.run_one

    def counting(run, *how):
        if len(trained) == counting.stop_at:
            raise KeyboardInterrupt
        found = run_one(run, *how)
        trained.append((run.model, run.seed))
        return found

    counting.stop_at, counting.trained = None, trained
    monkeypatch.setattr(comparison, "run_one", counting)
    return counting


def test_tables_and_files(small, capsys):
    assert main(COMMAND) == 0
    said, progress = capsys.readouterr()
    assert {file.name for file in (small / "xor").iterdir()} == FILES
    assert said.strip().startswith((small / "xor" / "comparison.txt").read_text().strip())
    assert max(map(len, said.splitlines())) <= 100
    assert "300 examples to learn from, 200 for the test" in said and "epochs 1, batch size 64" in said
    for model in ("sum", "average", "first alone", "second alone", "best possible"):
        assert f"\n{model} " in said
    assert len(progress.splitlines()) == 8 and progress.startswith("1/8 first alone, seed 0: ")
    assert main([*COMMAND, "--json"]) == 0
    found = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert found["schema"] == 1 and found["settings"] == json.loads((small / "xor" / "settings.json").read_text())
    models = {each["model"]: each for each in found["models"]}
    assert models.keys() == {"sum", "average", "first alone", "second alone"}
    row = next(line for line in csv.DictReader((small / "xor" / "comparison.csv").open()) if line["model"] == "sum")
    assert models["sum"]["accuracy"][row["of"]]["mean"] == pytest.approx(float(row["mean"]), abs=1e-4)
    assert found["best"][row["of"]]["accuracy"] <= 1


def test_every_number_is_in_the_csv(small):
    main(COMMAND)
    rows = list(csv.DictReader((small / "xor" / "comparison.csv").open()))
    of = {(row["model"], row["measure"], row["of"]): row for row in rows}
    results = [json.loads((small / "xor" / "runs" / f"sum-{seed}.json").read_text()) for seed in (0, 1)]
    accuracies = [each["subsets"]["first+second"]["accuracy"] for each in results]
    mean = float(of["sum", "accuracy", "first+second"]["mean"])
    assert mean == pytest.approx(sum(accuracies) / 2, abs=1e-4)
    contributions = [float(of["sum", "contribution", name]["mean"]) for name in ("first", "second")]
    assert sum(contributions) + float(of["sees nothing", "accuracy", ""]["mean"]) == pytest.approx(mean, abs=3e-4)
    assert of["best possible", "accuracy", "first+second"]["mean"] == "0.9500"
    assert {name for name, measure, _ in of if measure == "accuracy under noise"} == {"sum", "average"}
    assert ("sum", "accuracy under noise", "first missing") in of
    best = [row for row in rows if (row["measure"], row["of"], row["mark"]) == ("accuracy", "first+second", "best")]
    assert len(best) == 1


def test_it_goes_on_where_it_stopped(small, counted, capsys):
    counted.stop_at = 3
    assert main(COMMAND) == 130
    [line] = [line for line in capsys.readouterr().err.splitlines() if line.startswith("mmdl: ")]
    assert line == "mmdl: interrupted after 3 of 8 runs, which are kept in xor; the same command goes on from there"
    first = list(counted.trained)
    assert len(list((small / "xor" / "runs").iterdir())) == 3
    counted.stop_at = None
    assert main(COMMAND) == 0
    assert len(counted.trained) == len(set(counted.trained)) == 8 and counted.trained[:3] == first
    table = (small / "xor" / "comparison.csv").read_bytes()
    assert main(COMMAND) == 0 and len(counted.trained) == 8  # all is there, and the table is made once more
    assert (small / "xor" / "comparison.csv").read_bytes() == table


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (["--epochs", "3"], "epochs 1 and not 3"),
        (["--seeds", "3"], "seeds 2 and not 3"),
        (["--examples", "200"], "examples 300 and not 200"),
        (["--fusions", "sum"], "fusions sum,average and not sum"),
        (["--synergy", "1"], "options none and not synergy 1.0"),
        (["--linear-head"], "linear head no and not yes"),
    ],
)
def test_other_settings_are_named(small, counted, complaint, capsys, other, told):
    counted.stop_at = 1
    main(COMMAND)
    capsys.readouterr()
    code, line = complaint(*COMMAND, *other)
    assert code == 1
    assert line == f"the comparison in xor was started with {told}: give it that, or another --out"
    assert len(counted.trained) == 1


@pytest.mark.parametrize("name", ["settings.json", "runs/first-alone-0.json"])
def test_a_broken_file_is_named(name, small, counted, complaint, capsys):
    counted.stop_at = 1
    main(COMMAND)
    capsys.readouterr()
    (small / "xor" / name).write_text("[" * 100_000)
    code, line = complaint(*COMMAND)
    assert code == 1 and line.startswith(f"xor/{name} is not as a comparison writes it; ")
    assert len(counted.trained) == 1


@pytest.mark.parametrize(
    ("wrong", "code", "words"),
    [
        (["--jobs", "0"], 2, "--jobs: a whole number of at least 1 is needed, not 0"),
        (["--seeds", "0"], 2, "--seeds: a whole number of at least 1"),
        (["--scheduler", "nowhere"], 2, "an address such as tcp://10.0.0.1:8786 is needed, not 'nowhere'"),
        (["--scheduler", "tcp://a:1", "--jobs", "2"], 2, "--jobs: not allowed with argument --scheduler"),
        (["--fusions", "sum,magic"], 1, 'there is no fusion "magic"; there are attention, '),
        (["--data", "interactions", "--modalities", "first"], 1, "two modalities or more, and here is first alone"),
        (["--data", "glyphs", "--synergy", "1"], 2, "--synergy is for the data interactions, not for glyphs"),
        (["--data", "interactions", "--synergy", "2"], 2, "a share is a number from 0 to 1, not 2"),
        (["--data", "nothing"], 1, "there is no dataset 'nothing'"),
    ],
)
def test_what_is_refused(small, counted, complaint, wrong, code, words):
    found, line = complaint("compare", *wrong)
    assert found == code and words in line
    assert counted.trained == []


def test_a_fusion_that_cannot_do_it_is_left_out_with_a_note(small, counted, monkeypatch, complaint, capsys):
    def refuse(*arguments, **settings):
        raise data.DataError("film is not for these")

    monkeypatch.setattr("mmdl.fusion.FiLM.init", refuse)
    counted.stop_at = 0
    main(["compare", "--data", "interactions", "--jobs", "1"])
    assert "without film: film is not for these" in capsys.readouterr().err
    code, line = complaint("compare", "--data", "interactions", "--fusions", "film,sum")
    assert (code, line) == (1, "film is not for these")


def test_a_folder_that_cannot_be_written(small, complaint):
    (small / "file").write_text("")
    code, line = complaint(*COMMAND[:-1], "file")
    assert code == 1 and "file" in line


def test_a_run_that_fails_on_a_cluster_is_named_and_made_up(small, complaint, monkeypatch, capsys):
    def on_cluster(runs, scheduler, load, recipe, hidden):
        assert scheduler == "tcp://10.0.0.1:8786" and len(load().train) == 300
        for run in runs:
            failed = on_cluster.fails and run == runs[2]
            yield run, "its worker ended" if failed else comparison.run_one(run, load(), recipe, hidden)

    monkeypatch.setattr("mmdl.training.cluster.run_on_cluster", on_cluster)
    jobs = COMMAND.index("--jobs")
    command = [*COMMAND[:jobs], "--scheduler", "tcp://10.0.0.1:8786", *COMMAND[jobs + 2 :]]
    on_cluster.fails = True
    assert main(command) == 1
    *_, said = capsys.readouterr().err.splitlines()
    assert said == "mmdl: 1 of 8 runs failed; the others are kept in xor, and the same command makes up for it"
    assert not (small / "xor" / "comparison.txt").exists()
    on_cluster.fails = False
    assert main(command) == 0
    assert len(capsys.readouterr().err.splitlines()) == 1 and (small / "xor" / "comparison.txt").exists()


def test_initials():
    assert initials(("image", "audio", "text")) == {"image": "I", "audio": "A", "text": "T"}
    assert initials(("first", "fourth", "text")) == {"first": "FI", "fourth": "FO", "text": "TE"}
