"""Comparisons: every modality alone and every fusion, trained by one recipe, several times each."""

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from mmdl import tree
from mmdl.data import Dataset
from mmdl.data.noise import deviation_of, disturbed, levels_of
from mmdl.errors import DataError, TrainingError
from mmdl.fusion import FUSIONS
from mmdl.models import multimodal_classifier
from mmdl.training.contribution import shapley
from mmdl.training.evaluation import evaluate, evaluate_subsets
from mmdl.training.recipes import Recipe

RECIPE = Recipe(learning_rate=2e-3)  # suits all: attention learns less surely from a larger step
ALONE = "concatenate"  # of one modality: its encoder and the head
NOISE_EXAMPLES = 1000  # of the test set at most, for the curves


class Run(NamedTuple):
    """One training."""

    model: str  # the name of a fusion, or "image alone"
    fusion: str
    modalities: tuple[str, ...]
    seed: int


def plan(dataset: Dataset, fusions: Sequence[str] | None = None, seeds: int = 5) -> tuple[list[Run], dict[str, str]]:
    """The runs of a comparison, all models with one seed before the next, and why some fusions are left out

    Parameters
    ----------
    dataset : Dataset
    fusions : sequence of str, optional
        Without it, all that can fuse this number of modalities.
    seeds : int
        How often each model is trained.

    Returns
    -------
    list of Run, dict of str to str

    Raises
    ------
    DataError
        If there is nothing to fuse, or a fusion was named that does not exist, or not for so many modalities.
    """
    names = dataset.modalities
    if len(names) < 2:
        raise DataError(f"a comparison of fusions needs two modalities or more, and here is {names[0]} alone")
    chosen, refused = [], {}
    for fusion in dict.fromkeys(fusions or FUSIONS):
        try:
            multimodal_classifier(np.random.default_rng(0), dataset, fusion)
            chosen.append(fusion)
        except DataError as reason:
            if fusions:
                raise
            refused[fusion] = str(reason)
    models = [(f"{name} alone", ALONE, (name,)) for name in names] + [(fusion, fusion, names) for fusion in chosen]
    return [
        Run(name, fusion, modalities, seed) for seed in range(seeds) for name, fusion, modalities in models
    ], refused


def run_all(
    runs: Sequence[Run], dataset: Dataset, recipe: Recipe, hidden: bool = True, jobs: int = 1
) -> Iterator[tuple[Run, dict[str, Any]]]:
    """Yield (Run, what `run_one` found) as soon as each is done; `jobs` of them are under way at a time, in processes
    of their own unless that is 1. TrainingError if one of these was ended from outside."""
    if jobs == 1 or sys.platform == "emscripten":  # a browser has no processes; joblib deals with Ctrl-C in its own way
        yield from ((run, run_one(run, dataset, recipe, hidden)) for run in runs)
        return
    from concurrent.futures.process import BrokenProcessPool

    from joblib import Parallel, delayed

    work = Parallel(n_jobs=jobs, return_as="generator_unordered")
    try:
        yield from work(delayed(_labelled)(run, dataset, recipe, hidden) for run in runs)
    except BrokenProcessPool:
        raise TrainingError("a process ended before its run did, perhaps for want of memory") from None


def run_one(run: Run, dataset: Dataset, recipe: Recipe, hidden: bool = True) -> dict[str, Any]:
    """Train one model and measure it, on one thread.

    Returns
    -------
    dict, ready for JSON
        parameters; milliseconds of processor time a step; subsets, {"image+text": {"loss": ..., "accuracy": ...}} for
        every set of modalities that the model knows; nothing, the accuracy of who sees nothing and always says the most
        usual class of the training set; of a fusion also contribution, {"image": ...}, and noise, see `noise_curves`.

    Raises
    ------
    TrainingError
        If training went astray.
    """
    from threadpoolctl import threadpool_limits

    dataset = dataset.with_modalities(*run.modalities)
    rng = np.random.default_rng(run.seed)
    # The time of this thread: a worker of a cluster may have others. A browser has one, and no such clock.
    clock = getattr(time, "thread_time", time.perf_counter)
    with threadpool_limits(1):
        model = multimodal_classifier(rng, dataset, run.fusion, depth=None if hidden else 0)
        start = clock()
        try:
            fitted = recipe.fit(model, replace(dataset, validation=None), rng)  # nothing is chosen by it
        except TrainingError as error:
            raise TrainingError(f"{run.model}, seed {run.seed}: {error}") from None
        model = fitted.model
        if fitted.interrupted:
            raise KeyboardInterrupt
        seconds = clock() - start
        subsets = evaluate_subsets(model, dataset.test)
        curves = noise_curves(model, dataset) if len(run.modalities) > 1 else {}
    usual = np.bincount(dataset.train.labels).argmax()
    nothing = float((dataset.test.labels == usual).mean())
    found = {
        "parameters": tree.count(model),
        "milliseconds": 1000 * seconds / (recipe.epochs * -(-len(dataset.train) // recipe.batch_size)),
        "subsets": {"+".join(names): metrics for names, metrics in subsets.items()},
        "nothing": nothing,
    }
    if curves:
        accuracies = {names: metrics["accuracy"] for names, metrics in subsets.items()}
        found |= {"contribution": shapley({(): nothing} | accuracies), "noise": curves}
    return found


def noise_curves(model: Any, dataset: Dataset) -> dict[str, dict[str, list[Any]]]:
    """Test accuracy when noise hides one modality more and more, until it is missing; the others stay as they are

    Returns
    -------
    dict of str to dict
        {"image": {"levels": [0, ..., None], "accuracy": [...]}}; None stands for missing. Every model meets the same
        noise, on the same examples.
    """
    evenly = np.linspace(0, len(dataset.test) - 1, NOISE_EXAMPLES).astype(int)
    examples = dataset.test.select(np.unique(evenly))
    clear = evaluate(model, examples)["accuracy"]
    curves: dict[str, dict[str, list[Any]]] = {}
    for name in dataset.modalities:
        rng, preprocessor = np.random.default_rng(0), dataset.preprocessors[name]
        deviation, levels = deviation_of(dataset.train.inputs[name]), noise_levels(dataset)[name]
        accuracy = [clear]
        for level in levels[1:-1]:
            column = disturbed(examples.inputs[name], level, rng, preprocessor, deviation)
            noisy = replace(examples, inputs=examples.inputs | {name: column})
            accuracy.append(evaluate(model, noisy)["accuracy"])
        others = [other for other in dataset.modalities if other != name]
        accuracy.append(evaluate(model, examples, only=others)["accuracy"])
        curves[name] = {"levels": levels, "accuracy": accuracy}
    return curves


def noise_levels(dataset: Dataset) -> dict[str, list[Any]]:
    """{"image": [0, ..., None]}: how strong noise is in the curves of each modality; None stands for missing"""
    return {name: [0, *levels_of(dataset.preprocessors[name]), None] for name in dataset.modalities}


def _labelled(run: Run, *how: Any) -> tuple[Run, dict[str, Any]]:
    return run, run_one(run, *how)
