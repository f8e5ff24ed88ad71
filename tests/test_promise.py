"""What the README promises of `mmdl train`: right on characters that it never saw, and within a minute."""

import json
import time

import pytest

from mmdl.cli import main

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
