"""The comparisons in the repository show what their page says."""

import csv
import re

import numpy as np
import pytest

from mmdl import curriculum
from mmdl.fusion import FUSIONS

LESSONS = curriculum.folder()
FIGURES = LESSONS.parent / "figures"
ADDITIVE = {"product-of-experts", "article-product", "average"}
HALF = {"mixture-of-experts"}


def measured(name, measure, of):
    """{model: (mean, deviation)}"""
    with (FIGURES / f"comparison_{name}.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if (row["measure"], row["of"]) == (measure, of)]
    return {row["model"]: (float(row["mean"]), float(row["deviation"] or 0)) for row in rows}


def test_links_lead_somewhere_and_figures_are_small():
    links = re.findall(r"\]\(([^)]+)\)", (LESSONS / "comparison.md").read_text(encoding="utf-8"))
    assert len(links) > 10 and all((LESSONS / link).exists() for link in links)
    assert all(file.stat().st_size <= 150_000 for file in FIGURES.glob("comparison_*.png"))


@pytest.mark.parametrize(
    ("name", "of"),
    [("synergy", "first+second"), ("interactions", "first+second"), ("glyphs", "image+text"),
     ("spoken_mnist", "image+audio+text")],
)  # fmt: skip
def test_every_fusion_was_measured_three_times_or_more(name, of):
    assert set(measured(name, "accuracy", of)) - {"best possible"} == set(FUSIONS)
    with (FIGURES / f"comparison_{name}.csv").open(encoding="utf-8") as file:
        assert all(int(row["runs"]) >= 3 for row in csv.DictReader(file) if row["runs"])


def test_pure_synergy_is_solved_or_left_at_log_2():
    accuracies, losses = (measured("synergy", measure, "first+second") for measure in ("accuracy", "loss"))
    possible, _ = accuracies.pop("best possible")
    for fusion in set(FUSIONS) - ADDITIVE - HALF:
        assert accuracies[fusion][0] > 0.95 * possible
    for fusion in ADDITIVE:
        assert losses[fusion][0] == pytest.approx(np.log(2), abs=0.01)
    assert np.log(2) / 2 < losses["mixture-of-experts"][0] < 0.9 * np.log(2)


def test_with_a_linear_head_the_additive_ones_are_more():
    accuracies, losses = (measured("synergy_linear", measure, "first+second") for measure in ("accuracy", "loss"))
    possible, _ = accuracies.pop("best possible")
    for fusion in ("concatenate", "sum"):
        assert losses[fusion][0] == pytest.approx(np.log(2), abs=0.01)
    for fusion in ("product", "gated", "film", "tensor", "low-rank"):
        assert accuracies[fusion][0] > 0.95 * possible


def test_on_spoken_mnist_fusion_beats_every_modality_alone():
    best = max(measured("spoken_mnist", "accuracy", "image+audio+text").values())
    for name in ("image", "audio", "text"):
        mean, deviation = measured("spoken_mnist", "accuracy", name)[f"{name} alone"]
        assert best[0] - mean > 2 * max(best[1], deviation)
