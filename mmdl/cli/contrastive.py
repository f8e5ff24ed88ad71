"""`mmdl train --objective contrastive`: train two towers to match, and keep what they learned."""

import json
import sys
import time
from dataclasses import asdict, replace

from mmdl.cli.dataset import asked_for, dataset_of
from mmdl.cli.runs import HISTORY, MODEL, new_run, write_json

OBJECTIVE = "contrastive"
WHOLE = {"glyphs": {"whole_names": True, "word_dropout": 0.0}}  # as these are loaded where names are searched


def run(arguments):
    """Train, save, measure, draw, and report."""
    asked = asked_for(arguments)
    asked |= {"options": WHOLE.get(asked["data"], asked["options"])}
    start = time.perf_counter()
    dataset = dataset_of(asked)
    loading = time.perf_counter() - start
    with new_run(arguments.out, OBJECTIVE) as folder:
        results, figures = train(arguments, asked, dataset, folder)
    results["seconds"] = {"data": round(loading, 2), **results["seconds"]}
    if arguments.json:
        print(json.dumps(results))
    else:
        report(results, [MODEL, HISTORY, *figures], dataset)
    return 0


def train(arguments, asked, dataset, folder):
    """The results as a dictionary, and the names of the figures; all that is kept is in the folder."""
    import numpy as np

    from mmdl import tree
    from mmdl.models import contrastive_model
    from mmdl.training import Progress, save

    recipe, rng = recipe_of(arguments), np.random.default_rng(arguments.seed)
    model = contrastive_model(rng, dataset)
    introduce(dataset, model, recipe, arguments)
    start = time.perf_counter()
    model, history, interrupted = recipe.fit(model, dataset, rng, callbacks=[Progress()])
    seconds = time.perf_counter() - start

    epochs = len(history.get("loss", ()))
    how = {"objective": OBJECTIVE, "seed": arguments.seed, "recipe": asdict(recipe)}
    save(folder / MODEL, model, **asked, **how, history=history)
    write_json(folder / HISTORY, history)
    kept = f"after {epochs} of {recipe.epochs} epochs; what was learned so far is in {folder}"
    if interrupted:
        raise KeyboardInterrupt(kept)
    try:
        found, recall = recalls(model, dataset.test)
        figures = draw(folder, model, history, dataset.test)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(kept) from None
    results = {
        "recall": recall,
        "among": found,
        "seconds": {"train": round(seconds, 2)},
        "epochs": epochs,
        "parameters": tree.count(model),
        "out": str(folder),
    }
    return results, figures


def recipe_of(arguments):
    """The recipe, with the numbers that were given in place of its own."""
    from mmdl.training.contrastive import ContrastiveRecipe

    given = {name: getattr(arguments, name) for name in ("epochs", "batch_size", "learning_rate")}
    return replace(ContrastiveRecipe(), **{name: number for name, number in given.items() if number is not None})


def introduce(dataset, model, recipe, arguments):
    """Say what is about to happen."""
    from mmdl import tree
    from mmdl.data.distinct import identities

    learned, tested = (len(set(identities(split).tolist())) for split in (dataset.train, dataset.test))
    shown = f"{len(dataset.train):,} pairs of {learned:,} {things(dataset.train)}"
    how = f"epochs {recipe.epochs}, batch size {recipe.batch_size}, seed {arguments.seed}"
    print(
        *dataset.notes,
        f"{dataset.name}: {shown} to learn from, {tested:,} others for the test",
        f"{' and '.join(dataset.modalities)}: two towers, {tree.count(model):,} parameters, {how}",
        sep="\n",
        file=sys.stderr if arguments.json else sys.stdout,
        flush=True,
    )


def recalls(model, examples):
    """How many things are searched, and {"image to text": {"1": share, ...}, ..., "chance": ...}, ready for JSON."""
    from mmdl.training.retrieval import evaluate_retrieval, gallery

    found = evaluate_retrieval(model, examples)
    recall = {
        " to ".join(way) if isinstance(way, tuple) else way: {str(k): share for k, share in shares.items()}
        for way, shares in found.items()
    }
    return len(gallery(examples)), recall


def things(examples):
    """What is searched for: what `mmdl.data.distinct.identities` tells apart."""
    if "character" in examples.about:
        return "characters"
    return "texts" if "text" in examples.inputs else "classes"


def draw(folder, model, history, examples):
    """Save the figures of a run.  -> the names of their files"""
    from mmdl.cli.figures import display

    files = {name: f"{name}.png" for name in ("history", "similarity")}
    for name, file in files.items():
        display(name, model, history, examples).save(folder / file)
    return [*files.values()]


def report(results, files, dataset):
    """The results for a reader."""
    print(f"\ntrained for {results['seconds']['train']:.1f} s")
    print(f"how often the right one of {results['among']:,} unseen {things(dataset.test)} is found")
    width = max(map(len, results["recall"]))
    print(" " * (width + 2) + "".join(f"{words:>12}" for words in ("first", "among 5", "among 10")))
    for way, shares in results["recall"].items():
        print(f"  {way:{width}}" + "".join(f"{100 * share:10.1f} %" for share in shares.values()))
    print(f"\nwritten to {results['out']}: {', '.join(files)}")
    if {"image", "text"} <= {*dataset.modalities}:
        query = "LEFTWARDS DOUBLE ARROW" if dataset.name == "glyphs" else "..."
        print(f'try: mmdl search {results["out"]} "{query}"')
