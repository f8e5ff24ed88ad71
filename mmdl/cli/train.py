"""`mmdl train`: train a classifier of pictures and texts, and keep what it learned."""

import json
import sys
import time
from dataclasses import asdict, replace

from mmdl.cli.parser import add_command, positive_number, whole_number
from mmdl.cli.runs import HISTORY, MODEL, new_run, write_json

DESCRIPTION = """\
Train a classifier of pictures and texts with gradients that were derived by
hand, and say how often it is right on examples that it never saw: with both,
with the picture alone, and with the text alone.

The data is always there: glyphs are the characters of matplotlib's fonts with
the words of their Unicode names. A folder gets the model (model.npz), its
history (history.json) and figures. A run is never overwritten: the next one
gets a number. Ctrl-C ends training early, and what was learned is kept."""

EXAMPLES = """\
  mmdl train                              words and patches attend to each other
  mmdl train --fusion concatenate --seed 1
  mmdl train --epochs 2 --out runs/short --json"""


def add(commands):
    """Describe `mmdl train`."""
    parser = add_command(commands, run, "train", "train a classifier and save it", DESCRIPTION, EXAMPLES)
    parser.add_argument("--data", metavar="NAME", default="glyphs", help="the dataset: glyphs")
    parser.add_argument(
        "--fusion",
        metavar="NAME",
        default="attention",
        help="how modalities become one: attention (the default), concatenate, sum, product, "
        "product-of-experts or average",
    )
    parser.add_argument("--epochs", metavar="N", type=whole_number(1), help="times through the data")
    parser.add_argument("--batch-size", metavar="N", type=whole_number(1), help="examples in a step")
    parser.add_argument(
        "--learning-rate", metavar="X", type=positive_number, help="the highest: it rises, then falls to zero"
    )
    parser.add_argument(
        "--seed",
        metavar="N",
        type=whole_number(0),
        default=0,
        help="the same gives the same model (default: 0)",
    )
    parser.add_argument("--out", metavar="DIR", help="folder to write to (default: runs/<date>-<fusion>)")
    parser.add_argument("--json", action="store_true", help="print one JSON object; all else goes to stderr")


def run(arguments):
    """Train, save, measure, draw, and report."""
    from mmdl import data

    recipe = recipe_of(arguments)
    start = time.perf_counter()
    dataset = data.load(arguments.data)
    loading = time.perf_counter() - start
    with new_run(arguments.out, arguments.fusion) as folder:
        results, figures = train(arguments, recipe, dataset, folder)
    results["seconds"] = {"data": round(loading, 2), **results["seconds"]}
    if arguments.json:
        print(json.dumps(results))
    else:
        report(results, [MODEL, HISTORY, *figures])
    return 0


def recipe_of(arguments):
    """The recipe of the fusion, with the numbers that were given in place of its own."""
    from mmdl.errors import DataError
    from mmdl.training.recipes import RECIPES

    if arguments.fusion not in RECIPES:
        raise DataError(f'there is no fusion "{arguments.fusion}"; there are {", ".join(RECIPES)}')
    given = {name: getattr(arguments, name) for name in ("epochs", "batch_size", "learning_rate")}
    return replace(RECIPES[arguments.fusion], **{name: n for name, n in given.items() if n is not None})


def train(arguments, recipe, dataset, folder):
    """The results as a dictionary, and the names of the figures; all that is kept is in the folder."""
    import numpy as np

    from mmdl import tree
    from mmdl.models import multimodal_classifier
    from mmdl.training import Progress, save

    rng = np.random.default_rng(arguments.seed)
    model = multimodal_classifier(rng, dataset, arguments.fusion)
    introduce(dataset, model, recipe, arguments)
    start = time.perf_counter()
    model, history, interrupted = recipe.fit(model, dataset, rng, callbacks=[Progress()])
    seconds = time.perf_counter() - start

    epochs = len(history.get("loss", ()))
    asked = {"data": arguments.data, "fusion": arguments.fusion, "seed": arguments.seed}
    save(folder / MODEL, model, **asked, recipe=asdict(recipe), history=history)
    write_json(folder / HISTORY, history)
    kept = f"after {epochs} of {recipe.epochs} epochs; what was learned so far is in {folder}"
    if interrupted:
        raise KeyboardInterrupt(kept)
    try:
        accuracy = accuracies(model, dataset)
        figures = draw(folder, model, history, dataset.test)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(kept) from None
    results = {
        "accuracy": accuracy,
        "seconds": {"train": round(seconds, 2)},
        "epochs": epochs,
        "parameters": tree.count(model),
        "out": str(folder),
    }
    return results, figures


def introduce(dataset, model, recipe, arguments):
    """Say what is about to happen."""
    from mmdl import tree

    sizes = f"{len(dataset.train):,} examples to learn from, {len(dataset.test):,} for the test"
    how = f"epochs {recipe.epochs}, batch size {recipe.batch_size}, seed {arguments.seed}"
    print(
        f"{dataset.name}: {sizes}, {len(dataset.classes)} classes",
        f"{arguments.fusion}: {tree.count(model):,} parameters, {how}",
        sep="\n",
        file=sys.stderr if arguments.json else sys.stdout,
        flush=True,
    )


def accuracies(model, dataset):
    """Test accuracy with all modalities, and with each alone."""
    from mmdl.training import evaluate

    alone = {name: evaluate(model, dataset.test, only=name)["accuracy"] for name in dataset.modalities}
    return {"all": evaluate(model, dataset.test)["accuracy"], **alone}


def draw(folder, model, history, examples):
    """Save the figures of a run.  -> the names of their files"""
    from mmdl.cli.figures import display, talkative
    from mmdl.fusion import AttentionFusion

    names = ["history", "confusion", "kernels", "images"]
    if isinstance(model.fusion, AttentionFusion):
        names.append("attention")
    shown, files = talkative(examples), [f"{name}.png" for name in names]
    for name, file in zip(names, files, strict=True):
        display(name, model, history, examples, shown).save(folder / file)
    return files


def report(results, files):
    """The results for a reader."""
    accuracy = {f"with the {name} alone": share for name, share in results["accuracy"].items()}
    accuracy = {"with all there is": accuracy.pop("with the all alone"), **accuracy}
    width = max(map(len, accuracy))
    print(f"\ntrained for {results['seconds']['train']:.1f} s; right on the test set")
    for how, share in accuracy.items():
        print(f"  {how:{width}}  {100 * share:.1f} %")
    print(f"\nwritten to {results['out']}: {', '.join(files)}")
    print(f'try: mmdl predict {results["out"]} --text "SMALL LETTER A WITH GRAVE"')
