"""`mmdl train`: train a classifier of whatever modalities the data has, and keep what it learned."""

import json
import sys
import time
from dataclasses import asdict, replace

from mmdl.cli import classify, contrastive
from mmdl.cli.dataset import add_data_arguments, dataset_of
from mmdl.cli.parser import WhenShown, add_command, positive_number, whole_number
from mmdl.cli.runs import HISTORY, MODEL, new_run, write_json

DESCRIPTION = """\
Train a classifier of images, text, sound or numbers, with gradients derived by
hand, and report its accuracy on unseen examples: with all modalities, and with
each modality alone.

The default data set, glyphs, needs no download: the characters of matplotlib's
fonts with the words of their Unicode names. `mmdl data` lists the others. To
train on your own data, pass a CSV file with one row per example, and name the
columns to learn from and the column of the class.

The model (model.npz), its history (history.json) and figures are written to a
new folder; an existing run is never overwritten. Ctrl-C stops early and keeps
what has been learned."""

EXAMPLES = """\
  mmdl train                              words and patches attend to each other
  mmdl train --fusion concatenate --seed 1
  mmdl train --data spoken-mnist --modalities image,audio
  mmdl train --data my.csv --image photo --text title --label kind
  mmdl train --objective contrastive      pictures and names find each other
  mmdl train --epochs 2 --out runs/short --json"""

OBJECTIVES = {"classify": classify, "contrastive": contrastive}


def add(commands):
    """Describe `mmdl train`."""
    parser = add_command(commands, run, "train", "train a classifier and save it", DESCRIPTION, EXAMPLES)
    add_data_arguments(parser)
    parser.add_argument(
        "--fusion",
        metavar="NAME",
        default=classify.FUSION,
        help=WhenShown(lambda: f"how modalities become one: {fusions()} (default: {classify.FUSION})"),
    )
    parser.add_argument(
        "--objective",
        metavar="NAME",
        default="classify",
        help="what is learned: classify (the default), or contrastive, to match two modalities for `mmdl search`",
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


def fusions():
    """The names of all fusions."""
    from mmdl.fusion import FUSIONS

    return ", ".join(FUSIONS)


def run(arguments):
    """Train, save, measure, draw, and report."""
    from mmdl.errors import DataError

    if arguments.objective not in OBJECTIVES:
        raise DataError(f'there is no objective "{arguments.objective}"; there are {", ".join(OBJECTIVES)}')
    objective = OBJECTIVES[arguments.objective]
    asked, how = objective.ask(arguments)
    start = time.perf_counter()
    dataset = dataset_of(asked)
    loading = time.perf_counter() - start
    with new_run(arguments.out, next(iter(how.values()))) as folder:
        results, figures = train(objective, arguments, asked | how, dataset, folder)
    results["seconds"] = {"data": round(loading, 2), **results["seconds"]}
    if arguments.json:
        print(json.dumps(results))
    else:
        objective.report(results, [MODEL, HISTORY, *figures], dataset, asked)
    return 0


def train(objective, arguments, asked, dataset, folder):
    """The results as a dictionary, and the names of the figures; all that is kept is in the folder."""
    import numpy as np

    from mmdl import tree
    from mmdl.training import Progress, save

    recipe, rng = recipe_of(objective, arguments, dataset), np.random.default_rng(arguments.seed)
    model = objective.model_of(rng, arguments, dataset)
    print(
        *dataset.notes,
        *objective.introduction(arguments, dataset, f"{tree.count(model):,} parameters"),
        sep="\n",
        end=f", epochs {recipe.epochs}, batch size {recipe.batch_size}, seed {arguments.seed}\n",
        file=sys.stderr if arguments.json else sys.stdout,
        flush=True,
    )
    start = time.perf_counter()
    model, history, interrupted, _ = recipe.fit(model, dataset, rng, callbacks=[Progress()])
    seconds = time.perf_counter() - start

    epochs = len(history.get("loss", ()))
    save(folder / MODEL, model, **asked, seed=arguments.seed, recipe=asdict(recipe), history=history)
    write_json(folder / HISTORY, history)
    kept = f"after {epochs} of {recipe.epochs} epochs; what was learned so far is in {folder}"
    if interrupted:
        raise KeyboardInterrupt(kept)
    try:
        found = objective.measure(model, dataset)
        figures = draw(folder, model, history, dataset.test)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(kept) from None
    results = {
        **found,
        "seconds": {"train": round(seconds, 2)},
        "epochs": epochs,
        "parameters": tree.count(model),
        "out": str(folder),
    }
    return results, figures


def recipe_of(objective, arguments, dataset):
    """The objective's recipe, with the numbers that were given in place of its own."""
    given = {name: getattr(arguments, name) for name in ("epochs", "batch_size", "learning_rate")}
    given = {name: number for name, number in given.items() if number is not None}
    return replace(objective.recipe_of(arguments, dataset), **given)


def draw(folder, model, history, examples):
    """Save the figures of a run.  -> the names of their files"""
    from mmdl.cli.figures import display, drawable, wordy_example

    shown, files = wordy_example(examples), []
    for name in drawable(model, examples):
        files.append(f"{name}.png")
        display(name, model, history, examples, shown).save(folder / files[-1])
    return files
