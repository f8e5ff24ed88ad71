"""`mmdl evaluate`: how good a trained model is, on its own test set or on a labelled table."""

import math
from pathlib import Path

from mmdl import strict_json
from mmdl.cli import regress, write
from mmdl.cli.classify import in_words, key_of
from mmdl.cli.dataset import add_form, names
from mmdl.cli.parser import add_command, visible
from mmdl.cli.runs import NETWORKS, WRITING, load_model

DESCRIPTION = """\
Say how good a trained classifier is: how often it is right with every set of
modalities, class by class, and whether its probabilities can be trusted. A
figure shows which class is taken for which.

Of a model that writes, how many texts are exactly right, and how many of their
words or letters are wrong.

Of a model that predicts numbers, R² and mean errors.

Without --data it is asked about the test set of the data that it was trained
on. A CSV file is read with the model's own vocabulary, classes and statistics;
its columns are those of the training unless others are named. Rows that cannot
be read, and classes that the model does not know, are left out and named.

precision: of those that were called so, the share that is so; recall: of those
that are so, the share that was called so; F1: their harmonic mean. Calibration
error: how far, on average, the probability of an answer is from the share of
such answers that is right."""

EXAMPLES = """\
  mmdl evaluate runs/2025-01-31-attention
  mmdl evaluate runs/mine --data more.csv
  mmdl evaluate runs/mine --data other.csv --image file --label kind --json"""


def add(commands):
    """Describe `mmdl evaluate`."""
    parser = add_command(commands, run, "evaluate", "measure a trained model", DESCRIPTION, EXAMPLES)
    parser.add_argument("model", metavar="MODEL", help="model.npz, or the folder of its run")
    parser.add_argument("--data", metavar="FILE.csv", help="a labelled table (default: the model's own test set)")
    add_columns(parser)
    parser.add_argument("--label", metavar="COLUMN", help="the class, or the text to write (default: as in training)")
    parser.add_argument("--out", metavar="FILE.png", help="the figure (default: evaluation.png beside the model)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")


def add_columns(parser):
    """Columns of a table, if they are called otherwise than in training."""
    own = parser.add_argument_group("columns of the CSV file (default: as in training)")
    own.add_argument("--image", metavar="COLUMN", help="files of pictures, looked for from the CSV's folder on")
    own.add_argument("--text", metavar="COLUMN", help="texts")
    own.add_argument("--audio", metavar="COLUMN", help="WAV files")
    own.add_argument("--numbers", metavar="A,B,C", type=names, help="columns with numbers, in the model's order")
    add_form(own)


def run(arguments):
    """Measure, draw, print."""
    columns = ("image", "text", "audio", "numbers", "label")
    if not arguments.data and any(getattr(arguments, name) for name in columns):
        arguments.wrong_usage("columns are those of a CSV file: --data is needed")

    from mmdl.plots import ConfusionDisplay
    from mmdl.training import evaluate_subsets, predictions
    from mmdl.training.metrics import calibration_error, class_scores

    model, extras, file = load_model(arguments.model, *NETWORKS, *WRITING)
    examples = examples_of(model, extras, arguments)
    if type(model).__name__ in WRITING:
        return write.evaluate(model, examples, arguments)
    out = Path(arguments.out) if arguments.out else file.with_name("evaluation.png")
    if type(model).__name__ == "MultimodalRegressor":
        return regress.evaluate(model, examples, arguments, out)
    p = predictions(model, examples)
    predicted = p.argmax(axis=1)
    scores = class_scores(examples.labels, predicted, len(model.classes))
    subsets = evaluate_subsets(model, examples)
    seen = [name for name, present in examples.present.items() if present.any()]
    accuracy = {
        key_of(subset, seen): found["accuracy"]
        for subset, found in sorted(subsets.items(), key=lambda pair: -len(pair[0]))
        if set(subset) <= set(seen)
    }
    results = {
        "examples": len(examples),
        "accuracy": accuracy,
        "loss": subsets[tuple(examples.inputs)]["loss"],
        "calibration_error": calibration_error(p, examples.labels),
        "classes": {name: _row(scores, k) for k, name in enumerate(model.classes)},
    }
    figure = ConfusionDisplay.from_predictions(examples.labels, predicted, model.classes).plot().save(out)
    if arguments.json:
        print(strict_json.written(results | {"figure": str(figure)}))
    else:
        report(results, figure)
    return 0


def examples_of(model, extras, arguments):
    """The test set of the training's data, or the rows of a labelled table."""
    from mmdl.cli.new_data import labelled_rows
    from mmdl.cli.plot import test_examples

    if not arguments.data:
        return test_examples(extras, model)
    return labelled_rows(model, extras, arguments)


def report(results, figure):
    """The results for a reader."""
    print(f"{results['examples']:,} examples; right")
    words = {key: in_words(key) for key in results["accuracy"]}
    width = max(map(len, words.values()))
    for key, share in results["accuracy"].items():
        print(f"  {words[key]:{width}}  {100 * share:.1f} %")
    classes = {visible(name): row for name, row in results["classes"].items()}
    width = max(len("class"), *map(len, classes))
    print(f"\n{'class':{width}}  precision  recall     F1  examples")
    for name, row in classes.items():
        precision, recall, f1 = (
            "–" if row[score] is None else f"{row[score]:.3f}" for score in ("precision", "recall", "f1")
        )
        print(f"{name:{width}}  {precision:>9}  {recall:>6}  {f1:>5}  {row['support']:>8,}")
    print(f"\nloss {results['loss']:.3f}, calibration error {results['calibration_error']:.3f}")
    print(f"written to {figure}")


def _row(scores, k):
    """One class, ready for JSON, in which there is no NaN."""
    row = {name: float(getattr(scores, name)[k]) for name in ("precision", "recall", "f1")}
    return {name: None if math.isnan(value) else value for name, value in row.items()} | {
        "support": int(scores.support[k])
    }
