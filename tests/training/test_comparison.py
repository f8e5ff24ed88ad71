"""Comparisons: which runs there are, and what one of them finds."""

import sys
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from mmdl import data, fusion, tree
from mmdl.errors import DataError, TrainingError
from mmdl.fusion import FUSIONS
from mmdl.models import multimodal_classifier
from mmdl.training import evaluate_subsets
from mmdl.training.comparison import RECIPE, Run, noise_curves, noise_levels, plan, run_all, run_one
from mmdl.training.recipes import Recipe

BOTH = ("first", "second")
SHORT = replace(RECIPE, epochs=2, batch_size=50)


class Pairs(FUSIONS["sum"]):
    """A fusion of two."""

    @classmethod
    def init(cls, rng, features, *rest, **settings):
        if len(features) > 2:
            raise DataError(f"this is a fusion of two, not of {len(features)}")
        return super().init(rng, features, *rest, **settings)


@pytest.fixture(scope="module")
def few():
    dataset = data.load("interactions")
    first = slice(0, 400)
    return replace(dataset, train=dataset.train.select(first), test=dataset.test.select(first))


@pytest.fixture(scope="module")
def found(few):
    return run_one(Run("sum", "sum", BOTH, 1), few, SHORT)


def test_plan_has_every_modality_and_every_fusion_with_every_seed(few):
    runs, refused = plan(few, seeds=2)
    models = ["first alone", "second alone", *FUSIONS]
    assert [(run.model, run.seed) for run in runs] == [(model, seed) for seed in (0, 1) for model in models]
    assert runs[0].modalities == ("first",) and runs[2].modalities == BOTH
    assert refused == {}


def test_what_cannot_fuse_so_many_is_left_out_unless_it_was_named(monkeypatch):
    monkeypatch.setitem(fusion.FUSIONS, "pairs", Pairs)
    three = data.load("interactions", modalities=3)
    runs, refused = plan(three, seeds=1)
    assert "pairs" not in {run.model for run in runs}
    assert refused == {"pairs": "this is a fusion of two, not of 3"}
    with pytest.raises(DataError, match="not of 3"):
        plan(three, ["sum", "pairs"], 1)
    assert {run.model for run in plan(data.load("interactions"), ["pairs"], 1)[0]} >= {"pairs"}


def test_one_modality_is_nothing_to_fuse(few):
    with pytest.raises(DataError, match="two modalities or more, and here is first alone"):
        plan(few.with_modalities("first"))


def test_unknown_fusions_are_refused(few):
    with pytest.raises(DataError, match='"magic"'):
        plan(few, ["magic"])


def test_a_run_measures_every_set_of_modalities(found):
    assert set(found["subsets"]) == {"first", "second", "first+second"}
    assert found["parameters"] > 1000 and found["milliseconds"] > 0
    assert 0.3 < found["nothing"] < 0.7
    together = found["subsets"]["first+second"]["accuracy"]
    assert together - found["nothing"] == pytest.approx(sum(found["contribution"].values()))


def test_heads_without_a_hidden_layer_are_linear(few):
    """A matrix and a bias from what was fused to the classes, and nothing between."""
    tiny = replace(few, train=few.train.select(slice(0, 50)), test=few.test.select(slice(0, 50)))
    found = run_one(Run("sum", "sum", BOTH, 0), tiny, replace(SHORT, epochs=1), hidden=False)
    model = multimodal_classifier(np.random.default_rng(0), few, "sum", depth=0)
    assert found["parameters"] == tree.count(model)


def test_milliseconds_are_those_of_a_step(few, monkeypatch):
    """Two epochs of 110 examples are twice three steps; here they take 3 s by the clock, and everything one thread."""
    from threadpoolctl import threadpool_info, threadpool_limits

    def threads(*_):
        seen.update(each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas")
        return {names: {"loss": 1.0, "accuracy": 0.5} for names in (*zip(BOTH, strict=True), BOTH)}

    clock, seen = iter((1000.0, 1003.0)), set()
    monkeypatch.setattr(
        "mmdl.training.comparison.time", SimpleNamespace(thread_time=lambda: next(clock), perf_counter=0)
    )
    monkeypatch.setattr("mmdl.training.comparison.evaluate_subsets", threads)
    with threadpool_limits(2, "blas"):
        found = run_one(Run("sum", "sum", BOTH, 0), replace(few, train=few.train.select(slice(0, 110))), SHORT)
    assert found["milliseconds"] == 500 and seen <= {1}


def test_the_time_of_a_step_is_between_nothing_and_a_second(found):
    assert 0 < found["milliseconds"] < 1000


def test_the_same_seed_gives_the_same_numbers(few, found):
    again, other = (run_one(Run("sum", "sum", BOTH, seed), few, SHORT) for seed in (1, 2))
    assert {**again, "milliseconds": 0} == {**found, "milliseconds": 0}
    assert other["subsets"] != found["subsets"]


def test_a_modality_alone_is_a_model_of_its_own(few):
    found = run_one(Run("second alone", "concatenate", ("second",), 0), few, SHORT)
    assert set(found["subsets"]) == {"second"} and "noise" not in found and "contribution" not in found


def test_who_sees_nothing_says_what_was_usual_in_training(few):
    labels = np.zeros(400, int)
    labels[:100] = 1
    usual = replace(few, train=replace(few.train, labels=labels), test=replace(few.test, labels=1 - labels))
    assert run_one(Run("sum", "sum", BOTH, 0), usual, SHORT)["nothing"] == 0.25


def test_curves_go_from_all_to_missing():
    """A model that reads one modality only does not mind noise on the other."""
    dataset = data.load("interactions", redundant=1)

    class Reader:
        """Knows the best direction of the first modality."""

        def __call__(self, batch):
            seen = dataset.train.inputs["first"]
            weights = (seen * np.where(dataset.train.labels, 1, -1)[:, None]).mean(axis=0)
            score = batch["first"] @ weights * batch.present["first"]
            return np.stack([-score, score], axis=1)

    curves = noise_curves(Reader(), dataset)
    first, second = curves["first"], curves["second"]
    assert first["levels"] == second["levels"] == [0, 0.5, 1.0, 2.0, None]
    assert noise_levels(dataset) == {name: curve["levels"] for name, curve in curves.items()}
    assert len(set(second["accuracy"])) == 1 and second["accuracy"][0] > 0.9
    assert first["accuracy"][0] > first["accuracy"][2] > first["accuracy"][3] > 0.55
    assert first["accuracy"][-1] == pytest.approx(0.5, abs=0.06)
    assert first["accuracy"][0] == pytest.approx(
        evaluate_subsets(Reader(), dataset.test)["first",]["accuracy"], abs=0.03
    )


@pytest.mark.parametrize("count, met", [(40, 40), (1000, 1000), (2500, 1000)])
def test_curves_are_of_as_many_examples_as_there_are_or_are_enough(few, count, met):
    """Spread evenly over all, from the first to the last, each of them once at every level."""
    examples, seen = few.test.select(np.arange(count) % len(few.test)), []
    first = np.arange(count, dtype=np.float32)[:, None] + np.zeros_like(examples.inputs["first"])
    few = replace(few, test=replace(examples, inputs=examples.inputs | {"first": first}))

    class Reader:
        def __call__(self, batch):
            seen.extend(batch["first"][:, 0].astype(int))
            return np.zeros((len(batch), len(few.classes)))

    curves = noise_curves(Reader(), few)
    assert all(len(curve["levels"]) == len(curve["accuracy"]) == 5 for curve in curves.values())
    assert len(seen) == met * (1 + 2 * 4)  # all as they are once, and each modality at each level
    places = np.array(seen[:met])
    assert (places[0], places[-1]) == (0, count - 1)
    assert {*np.diff(places).tolist()} <= {count // met, -(-count // met)}


def test_one_job_needs_no_other_process(few, monkeypatch):
    monkeypatch.setitem(sys.modules, "joblib", None)
    monkeypatch.setattr("mmdl.training.comparison.run_one", lambda run, *rest: run.seed)
    assert list(run_all([Run("sum", "sum", BOTH, 7)], few, SHORT)) == [(Run("sum", "sum", BOTH, 7), 7)]


def test_jobs_give_what_one_gives(few, found):
    runs = [Run("sum", "sum", BOTH, 1), Run("average", "average", BOTH, 0)]
    one, two = (dict(run_all(runs, few, SHORT, jobs=jobs)) for jobs in (1, 2))
    assert set(one) == set(two) == set(runs)
    assert one[runs[0]]["subsets"] == two[runs[0]]["subsets"] == found["subsets"]


def test_where_there_are_no_processes_runs_come_one_after_the_other(few, found, monkeypatch):
    monkeypatch.setattr(sys, "platform", "emscripten")
    monkeypatch.setitem(sys.modules, "joblib", None)
    monkeypatch.delattr("time.thread_time")  # a browser has none
    [(_, here)] = run_all([Run("sum", "sum", BOTH, 1)], few, SHORT, jobs=2)
    assert here["milliseconds"] > 0 and here["subsets"] == found["subsets"]


def test_what_went_astray_says_where(few):
    with pytest.raises(TrainingError, match=r"product, seed 0: the .* became"):
        run_one(Run("product", "product", BOTH, 0), few, Recipe(epochs=2, learning_rate=1e30))


def test_a_process_that_was_ended_from_outside(few, monkeypatch):
    def broken(**settings):
        return lambda work: (_ for _ in ()).throw(BrokenProcessPool)

    monkeypatch.setattr("joblib.Parallel", broken)
    with pytest.raises(TrainingError, match="a process ended before its run did"):
        list(run_all([Run("sum", "sum", BOTH, 0)], few, SHORT, jobs=2))


def test_a_run_that_was_interrupted_is_none(few, monkeypatch):
    def stop(*arguments, **settings):
        raise KeyboardInterrupt

    monkeypatch.setattr("mmdl.training.loop.Training._means", stop)
    with pytest.raises(KeyboardInterrupt):
        run_one(Run("sum", "sum", BOTH, 0), few, SHORT)


def test_a_linear_head_keeps_additive_fusions_from_xor():
    """Pure synergy: the hidden layer of the head is what lets a sum solve it; a product needs none."""
    dataset = data.load("interactions", synergy=1)
    dataset = replace(dataset, train=dataset.train.select(slice(0, 4000)), test=dataset.test.select(slice(0, 1000)))

    def result(name, hidden):
        return run_one(Run(name, name, BOTH, 0), dataset, replace(RECIPE, epochs=4), hidden)["subsets"]["first+second"]

    possible = dataset.best[BOTH]["accuracy"]
    assert result("sum", True)["accuracy"] > 0.95 * possible
    assert result("product", False)["accuracy"] > 0.95 * possible
    for name in ("sum", "product-of-experts"):
        assert result(name, False)["loss"] == pytest.approx(np.log(2), abs=0.02)
