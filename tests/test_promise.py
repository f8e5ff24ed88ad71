"""What the README promises of `mmdl train`: right on characters that it never saw, and within a minute."""

import json
import os
import subprocess
import sys
import time

import pytest

from mmdl import tree
from mmdl.cli import main
from tests.kills import bits
from tests.source import ROOT

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("fusion", "least"), [("attention", 0.83), ("concatenate", 0.845)])
def test_training_with_the_defaults(fusion, least, tmp_path, capsys):
    start = time.process_time()
    assert main(["train", "--fusion", fusion, "--out", str(tmp_path), "--json"]) == 0
    seconds = time.process_time() - start  # of all cores, so that other programs on the machine do not count
    accuracy = json.loads(capsys.readouterr().out)["accuracy"]
    assert accuracy["all"] >= least
    assert accuracy["all"] >= accuracy["image"] + 0.06
    assert accuracy["all"] >= accuracy["text"] + 0.06
    assert seconds <= 2 * 60


def test_the_same_seed_gives_the_same_bits_whatever_surrounds_it(tmp_path):
    """Twenty processes with other hashes, locales, time zones and folders; sets and sorting could mix up the words"""
    words = ["PLUM", "tart", "übrig", "İstanbul", "zebra", "Äpfel", "ice", "ıslak", "東京", "éclair"]
    rows = [f"{words[n % 10]} {words[n * 7 % 9]},{n % 13},{'ab'[n % 2]}" for n in range(60)]
    (tmp_path / "small.csv").write_text("\n".join(["words,x,label", *rows]), encoding="utf-8")
    how = ["--data", "../small.csv", "--text", "words", "--numbers", "x", "--epochs", "2", "--out", "run"]
    kept = None
    for number in range(20):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        around = {
            "PYTHONHASHSEED": str(number),
            "LC_ALL": ("C", "C.UTF-8", "de_DE.UTF-8", "tr_TR.UTF-8")[number % 4],
            "TZ": ("UTC", "Asia/Kathmandu", "America/St_Johns")[number % 3],
            "PYTHONPATH": str(ROOT),
        }
        subprocess.run([sys.executable, "-m", "mmdl", "train", *how], cwd=folder, env=os.environ | around, check=True)
        found = bits(folder / "run")
        assert kept is None or tree.equal(found, kept)
        kept = found
