"""The runs of a comparison on a Dask cluster: one that fails, or that its worker does not survive, is named, not fatal.

joblib has a backend for Dask, but one of its calls never returns once a task has outlived its workers.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import Any

from mmdl import __version__
from mmdl.data import Dataset
from mmdl.errors import DataError, TrainingError
from mmdl.training.comparison import Run, run_one
from mmdl.training.recipes import Recipe

PATIENCE = 10.0  # seconds that a scheduler may take to answer, and a cluster to have a worker


def run_on_cluster(
    runs: Sequence[Run],
    scheduler: str,
    load: Callable[[], Dataset],
    recipe: Recipe,
    hidden: bool = True,
    patience: float = PATIENCE,
) -> Iterator[tuple[Run, dict[str, Any] | str]]:
    """Yield (Run, what `run_one` found, or why it failed) as soon as each is done; as many are under way as workers
    have threads

    Parameters
    ----------
    runs : sequence of Run
    scheduler : str
        The address of Dask's scheduler, such as "tcp://10.0.0.1:8786".
    load : callable
        Called on the workers, which know the data by its name; it can be pickled.
    recipe, hidden : see `run_one`
    patience : float
        Seconds to wait for the scheduler, and for a worker where there is none (any more).

    Raises
    ------
    DataError
        If there is no cluster at this address.
    TrainingError
        If its workers have gone.
    """
    with _connected(scheduler, patience) as client:
        left, under_way, done = list(runs), dict[Any, Run](), SimpleQueue[Any]()
        while left or under_way:
            threads = sum(client.nthreads().values())
            while left and len(under_way) < threads:  # a worker that dies takes along what waits there, too
                run = left.pop(0)
                future = client.submit(_remote, __version__, load, run, recipe, hidden, pure=False)
                under_way[future.key] = run
                future.add_done_callback(done.put)
            try:
                future = done.get(timeout=patience)
            except Empty:
                if not client.nthreads():
                    raise TrainingError(f"the Dask cluster at {scheduler} has no worker any more") from None
                continue
            yield under_way.pop(future.key), _outcome(future)


@contextmanager
def _connected(scheduler: str, patience: float) -> Iterator[Any]:
    """A client of the cluster, which has at least one worker."""
    try:
        from distributed import Client
    except ImportError:
        raise DataError("--scheduler needs Dask: pip install 'mmdl-from-scratch[cluster]'") from None
    try:
        client = Client(scheduler, timeout=patience, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TypeError) as error:
        raise DataError(f"no Dask scheduler answers at {scheduler} within {patience:g} s") from error
    with client:
        try:
            client.wait_for_workers(1, timeout=patience)
        except TimeoutError:
            raise DataError(f"the Dask cluster at {scheduler} has no worker within {patience:g} s") from None
        yield client


def _remote(version: str, load: Callable[[], Dataset], run: Run, recipe: Recipe, hidden: bool) -> dict[str, Any] | str:
    """What a worker does: `run_one`, or why it cannot"""
    if version != __version__:
        return f"its worker has mmdl {__version__}, not {version}"
    try:
        return run_one(run, load(), recipe, hidden)
    except (DataError, TrainingError) as error:
        return str(error)


def _outcome(future: Any) -> dict[str, Any] | str:
    if future.status == "finished":
        found: dict[str, Any] | str = future.result()
        return found
    if future.status == "cancelled":
        return "the scheduler has gone"
    error = future.exception()
    if type(error).__name__ == "KilledWorker":
        return "its worker ended before it did, perhaps for want of memory"
    return f"{type(error).__name__}: {error}".splitlines()[0]
