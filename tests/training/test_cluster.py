"""Comparisons on a Dask cluster: a scheduler and two workers on this machine, one of which dies."""

import json
import os
from dataclasses import replace
from functools import partial

import pytest

from mmdl import data
from mmdl.cli.compare import loaded
from mmdl.errors import DataError, TrainingError
from mmdl.training.cluster import run_on_cluster
from mmdl.training.comparison import Run, run_all
from mmdl.training.recipes import Recipe

distributed = pytest.importorskip("distributed", reason="the extra cluster is missing: pip install '.[cluster]'")

BOTH = ("first", "second")
SHORT = Recipe(epochs=1, learning_rate=1e-2)
RUNS = [Run("sum", "sum", BOTH, 0), Run("average", "average", BOTH, 0), Run("sum", "sum", BOTH, 1)]


def few():
    """Small enough for a test."""
    dataset = data.load("interactions")
    return replace(dataset, train=dataset.train.select(slice(0, 200)), test=dataset.test.select(slice(0, 100)))


def few_after_a_death(flag):
    """The first worker that asks does not survive it."""
    try:
        os.close(os.open(flag, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return few()
    os._exit(1)


@pytest.fixture(scope="module")
def cluster():
    """A scheduler that gives up a run with its first worker, so that the test need not wait for three more."""
    import dask

    settings = {"distributed.scheduler.allowed-failures": 0, "distributed.admin.tick.limit": "1h"}
    where = {"host": "127.0.0.1", "dashboard_address": None, "silence_logs": 50}
    with dask.config.set(settings), distributed.LocalCluster(n_workers=2, threads_per_worker=1, **where) as started:
        yield started


def without_time(found):
    return {run: {name: each for name, each in what.items() if name != "milliseconds"} for run, what in found.items()}


def test_it_finds_what_one_process_finds(cluster):
    there, here = dict(run_on_cluster(RUNS, cluster.scheduler_address, few, SHORT)), dict(run_all(RUNS, few(), SHORT))
    assert without_time(there) == without_time(here)


def test_a_worker_that_dies_costs_its_run_only(cluster, tmp_path):
    load = partial(few_after_a_death, tmp_path / "flag")
    found = dict(run_on_cluster(RUNS, cluster.scheduler_address, load, SHORT))
    [failed] = [run for run in RUNS if found[run] == "its worker ended before it did, perhaps for want of memory"]
    assert set(found) == set(RUNS) and all("subsets" in found[run] for run in RUNS if run != failed)
    [(again, made_up)] = run_on_cluster([failed], cluster.scheduler_address, load, SHORT)
    assert again == failed and "subsets" in made_up


def test_what_fails_on_a_worker_is_said(cluster, monkeypatch):
    address = cluster.scheduler_address
    asked = {"data": "/nowhere/t.csv", "options": {"text": "a", "label": "b"}, "modalities": None, "checksum": ""}
    (_, missing), (_, astray) = (
        *run_on_cluster(RUNS[:1], address, partial(loaded, json.dumps(asked), None), SHORT),
        *run_on_cluster([Run("product", "product", BOTH, 0)], address, few, Recipe(epochs=2, learning_rate=1e30)),
    )
    assert "/nowhere/t.csv" in missing and "product, seed 0: the " in astray
    monkeypatch.setattr("mmdl.training.cluster.__version__", "0.0.1")
    [(_, other)] = run_on_cluster(RUNS[:1], address, few, SHORT)
    assert other.startswith("its worker has mmdl ") and other.endswith(", not 0.0.1")


def test_no_scheduler_and_no_worker():
    with pytest.raises(DataError, match=r"no Dask scheduler answers at tcp://127.0.0.1:9 within 0.5 s"):
        list(run_on_cluster(RUNS, "tcp://127.0.0.1:9", few, SHORT, patience=0.5))
    where = {"host": "127.0.0.1", "dashboard_address": None, "silence_logs": 50}
    empty = distributed.LocalCluster(n_workers=0, processes=False, protocol="tcp://", **where)
    with empty, pytest.raises(DataError, match=r"has no worker within 0.5 s"):
        list(run_on_cluster(RUNS, empty.scheduler_address, few, SHORT, patience=0.5))


class Task:
    """What was given to the cluster, and is done once somebody does it."""

    def __init__(self, key, work):
        self.key, self.work = key, work

    def add_done_callback(self, tell):
        self.tell = tell

    def do(self):
        try:
            self.found, self.status = self.work(), "finished"
        except Exception as error:
            self.error, self.status = error, "error"
        self.tell(self)

    def result(self):
        return self.found

    def exception(self):
        return self.error


@pytest.fixture
def pretended(monkeypatch):
    """A cluster in this process, of one worker with two threads, which does a task whenever it is asked for these."""

    class Client:
        default, most = None, 0

        def __init__(self, address, timeout, set_as_default=True):
            self.waiting, self.count = [], 0
            if set_as_default:
                Client.default = self

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def wait_for_workers(self, count, timeout):
            if count > 1:
                raise TimeoutError

        def nthreads(self):
            if self.waiting:
                self.waiting.pop(0).do()
            return {"tcp://a:2": 2}

        def submit(self, function, *given, pure=True):
            self.count += 1
            self.waiting.append(Task(str(given) if pure else self.count, partial(function, *given)))
            Client.most = max(Client.most, len(self.waiting))
            return self.waiting[-1]

    monkeypatch.setattr("distributed.Client", Client)
    monkeypatch.setattr("mmdl.training.cluster.run_one", lambda run, *rest: {"seed": run.seed})
    return Client


def test_runs_begin_in_their_order_as_many_as_there_are_threads(pretended):
    """Also where none of them is done within the patience, and where two are the same."""
    runs = [RUNS[number % 3]._replace(seed=number // 2) for number in range(7)] + RUNS[:1] * 2
    found = list(run_on_cluster(runs, "tcp://a:1", dict, SHORT, patience=0.001))
    assert found == [(run, {"seed": run.seed}) for run in runs]
    assert pretended.most == 2
    assert pretended.default is None  # what the program's own client is stays


def test_why_a_run_failed_is_said_in_a_line(pretended, monkeypatch):
    def failing(run, *rest):
        raise OSError("no room\nat all\nanywhere") if run.seed else KilledWorker()

    class KilledWorker(Exception):
        """As Dask says it."""

    monkeypatch.setattr("mmdl.training.cluster.run_one", failing)
    found = [said for _, said in run_on_cluster(RUNS[1:], "tcp://a:1", dict, SHORT, patience=0.001)]
    assert found == ["its worker ended before it did, perhaps for want of memory", "OSError: no room"]


def test_workers_that_have_gone(monkeypatch):
    class Client:
        def __init__(self, *_, **__):
            self.threads = iter(({"a": 1}, {}))

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def wait_for_workers(self, *_, **__):
            pass

        def nthreads(self):
            return next(self.threads)

        def submit(self, *_, **__):
            class Forever:
                key = "0"

                def add_done_callback(self, _):
                    pass

            return Forever()

    monkeypatch.setattr("distributed.Client", Client)
    with pytest.raises(TrainingError, match="tcp://a:1 has no worker any more"):
        list(run_on_cluster(RUNS, "tcp://a:1", few, SHORT, patience=0.01))
