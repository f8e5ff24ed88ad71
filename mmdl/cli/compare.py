"""`mmdl compare`: every fusion beside every modality alone, and what each modality is worth."""

import argparse
import json
import re
import sys
from dataclasses import asdict, replace
from functools import lru_cache, partial
from pathlib import Path
from textwrap import fill

from mmdl.cli.as_json import add_json, print_json
from mmdl.cli.comparisons import claim, finished, keep
from mmdl.cli.dataset import add_data_arguments, asked_for, dataset_of, names, sizes
from mmdl.cli.parser import add_command, whole_number
from mmdl.terminal import progress_bar

DESCRIPTION = """\
Train every fusion, and a model of each modality alone, several times each, with
the same encoders and the same recipe. Report the accuracy with every subset of
modalities, what each modality contributes, and the effect of noise on each.

Each run is saved when it finishes. After Ctrl-C, the same command continues
where it stopped. The folder gets tables (comparison.txt, comparison.csv) and
figures (comparison.png, contribution.png, noise.png).

With --scheduler the runs go to the workers of a Dask cluster, which have mmdl
and find the data under the same name. A run that a worker does not survive is
named, and the rest is done; the same command makes it up."""

EXAMPLES = """\
  mmdl compare --data spoken-mnist
  mmdl compare --fusions attention,sum,average --seeds 3 --epochs 2
  mmdl compare --data interactions --synergy 1 --linear-head --out runs/xor
  mmdl compare --data glyphs --scheduler tcp://10.0.0.1:8786"""

TEXT, TABLE = "comparison.txt", "comparison.csv"


def add(commands):
    """Describe `mmdl compare`."""
    parser = add_command(commands, run, "compare", "train all fusions and compare them", DESCRIPTION, EXAMPLES)
    add_data_arguments(parser)
    parser.add_argument("--fusions", metavar="A,B", type=names, default=("all",), help="only these (default: all)")
    parser.add_argument(
        "--seeds", metavar="N", type=whole_number(1), default=5, help="how often each model is trained (default: 5)"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--jobs", metavar="N", type=whole_number(1), help="how many are trained at a time (default: 2)")
    where.add_argument("--scheduler", metavar="tcp://HOST:PORT", type=address, help="train on the Dask cluster there")
    parser.add_argument("--epochs", metavar="N", type=whole_number(1), help="times through the data")
    parser.add_argument("--examples", metavar="N", type=whole_number(1), help="learn from this many only")
    parser.add_argument(
        "--linear-head", action="store_true", help="no hidden layer after fused vectors: the fusion alone must do it"
    )
    parser.add_argument(
        "--out", metavar="DIR", help="folder to write to, or to go on in (default: runs/compare-<data>)"
    )
    add_json(parser)


def run(arguments):
    """Plan, train what is not yet done, put it together."""
    from mmdl.training.comparison import plan
    from mmdl.training.summary import gather

    asked = asked_for(arguments)
    fusions = None if arguments.fusions == ("all",) else arguments.fusions
    demand_fusions(fusions or ())
    dataset = dataset_of(asked)
    recipe = recipe_of(arguments, dataset)
    runs, refused = plan(dataset, fusions, arguments.seeds)
    folder = Path(arguments.out or f"runs/compare-{Path(arguments.data).stem}")
    fused = [*dict.fromkeys(each.model for each in runs if len(each.modalities) > 1)]
    settings = {**asked, "fusions": fused, "seeds": arguments.seeds, "examples": arguments.examples}
    settings |= {"linear_head": arguments.linear_head, **asdict(recipe)}
    claim(folder, settings)
    for fusion, reason in refused.items():
        print(f"without {fusion}: {reason}", file=sys.stderr)
    dataset = fewer(dataset, arguments.examples)
    load = partial(loaded, json.dumps(asked), arguments.examples)
    found = trained(arguments, runs, dataset, load, recipe, folder)
    options = [f"{name.replace('_', ' ')} {value}" for name, value in asked["options"].items()]
    options += ["linear head"] * arguments.linear_head
    rows = gather((each, found[each]) for each in runs)
    text = written(rows, dataset, recipe, options, folder)
    if arguments.json:
        best = {"+".join(subset): limits for subset, limits in dataset.best.items()}
        told = {"data": dataset.name, "settings": settings, "folder": str(folder), "refused": refused}
        print_json(**told, nothing=rows[0].nothing, best=best, models=[fields(row) for row in rows])
    else:
        print(f"\n{text}")
    return 0


def address(text):
    """A type for arguments: where a program listens."""
    if not re.fullmatch(r"(tcp|tls|ucx)://\S+:\d+", text):
        raise argparse.ArgumentTypeError(f"an address such as tcp://10.0.0.1:8786 is needed, not {text!r}")
    return text


def demand_fusions(fusions):
    """Fusions of these names, or one sentence, before time is spent on the data."""
    from mmdl.cli.classify import demand_fusion

    for fusion in fusions:
        demand_fusion(fusion)


def recipe_of(arguments, dataset):
    """The recipe that all models share, with the numbers that the data needs and those that were given."""
    from mmdl.training.comparison import RECIPE

    given = {"epochs": arguments.epochs} if arguments.epochs else {}
    return replace(RECIPE, **dataset.recipe | given)


def fewer(dataset, count):
    """The dataset with so many examples to learn from, drawn by chance but always the same."""
    import numpy as np

    if count is None:
        return dataset
    drawn = np.random.default_rng(0).permutation(len(dataset.train))[:count]
    return replace(dataset, train=dataset.train.select(np.sort(drawn)))


@lru_cache(1)
def loaded(asked, count):
    """The dataset that was asked for, in JSON, with so many examples: kept by a worker for its next run."""
    return fewer(dataset_of(json.loads(asked)), count)


def trained(arguments, runs, dataset, load, recipe, folder):
    """Train what is not yet there, and keep it.  -> dict of Run to what it found

    Raises
    ------
    TrainingError
        If a worker of a cluster did not do its run; all others are done before.
    """
    from mmdl.errors import TrainingError
    from mmdl.training.cluster import run_on_cluster
    from mmdl.training.comparison import noise_levels, run_all

    found, failed = finished(folder, runs, noise_levels(dataset)), 0
    left = [each for each in runs if each not in found]
    if left and arguments.scheduler:
        results = run_on_cluster(left, arguments.scheduler, load, recipe, not arguments.linear_head)
    else:
        results = run_all(left, dataset, recipe, not arguments.linear_head, arguments.jobs or 2)
    bar = progress_bar(
        total=len(runs), initial=len(found), unit="run", file=sys.stderr, disable=not sys.stderr.isatty()
    )
    try:
        with bar:
            for each, what in results:
                if isinstance(what, str):
                    bar.write(f"{each.model}, seed {each.seed}, failed: {what}", file=sys.stderr)
                    failed += 1
                    continue
                keep(folder, each, what)
                found[each] = what
                right = what["subsets"]["+".join(each.modalities)]["accuracy"]
                said = f"{each.model}, seed {each.seed}: {100 * right:.1f} %"
                bar.set_postfix_str(said, refresh=False)
                bar.update()
                if bar.disable:
                    print(f"{len(found)}/{len(runs)} {said}", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        told = (
            f"after {len(found)} of {len(runs)} runs, which are kept in {folder}; the same command goes on from there"
        )
        raise KeyboardInterrupt(told) from None
    if failed:
        told = (
            f"{failed} of {len(runs)} runs failed; the others are kept in {folder}, and the same command makes up for"
        )
        raise TrainingError(f"{told} {'it' if failed == 1 else 'them'}")
    return found


def fields(row):
    """What was found of a model, for other programs."""
    subsets = {"+".join(subset): spread._asdict() for subset, spread in row.accuracy.items()}
    worth = {name: spread._asdict() for name, spread in row.contribution.items()}
    found = {"model": row.model, "modalities": row.modalities, "parameters": row.parameters, "accuracy": subsets}
    return found | {"loss": row.loss._asdict(), "milliseconds": row.milliseconds._asdict(), "contribution": worth}


def written(rows, dataset, recipe, options, folder):
    """Write tables and figures.  -> the tables, and where they are"""
    from mmdl.cli.comparison_table import as_csv, as_text
    from mmdl.files import replacing
    from mmdl.plots import ComparisonDisplay, ContributionDisplay, NoiseDisplay

    how = fill(", ".join(f"{name.replace('_', ' ')} {each}" for name, each in asdict(recipe).items()), 100)
    what = ", ".join([dataset.name, *options])
    text = "\n".join([f"{what}: {sizes(dataset)}", how, as_text(rows, dataset.best)])
    for file, content in ((TEXT, text), (TABLE, as_csv(rows, dataset.best))):
        with replacing(folder / file) as unfinished:
            unfinished.write_text(content, encoding="utf-8")
    displays = {
        "comparison": ComparisonDisplay(rows, dataset.best),
        "contribution": ContributionDisplay(rows),
        "noise": NoiseDisplay(rows),
    }
    for name, display in displays.items():
        display.save(folder / f"{name}.png")
    return f"{text}\nwritten to {folder}: {', '.join([TEXT, TABLE, *(f'{name}.png' for name in displays)])}"
