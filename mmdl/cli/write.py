"""What `mmdl train --objective write` does: a model that writes about what it sees, reads and hears."""

import math
import sys

from mmdl import strict_json
from mmdl.cli.classify import in_words, key_of
from mmdl.cli.dataset import asked_for, is_own, sizes
from mmdl.cli.parser import visible

WRITTEN = "written", "probability"  # columns of what a model writes
DECODER, CTC = "transformer", "ctc"
RECIPES = {  # chosen on validation data
    "transformer": {"epochs": 18, "batch_size": 64, "learning_rate": 3e-3, "picture_shift": 1},
    "attentive-lstm": {"epochs": 12, "batch_size": 64, "learning_rate": 3e-3, "picture_shift": 1},
    "lstm": {"epochs": 8, "batch_size": 32, "learning_rate": 4e-3, "picture_shift": 1},
    "lstm-without-attention": {"epochs": 15, "batch_size": 32, "learning_rate": 4e-3, "picture_shift": 1},
    CTC: {"epochs": 12, "batch_size": 32, "learning_rate": 3e-3},
}


def ask(arguments):
    """Which data, and how to learn from it; wrong names are found out before time is spent on the data."""
    from mmdl import data
    from mmdl.errors import DataError

    if arguments.fusion is not None:
        arguments.wrong_usage("--fusion is for classifiers; with --objective write all tokens are one memory")
    decoder = arguments.decoder or DECODER
    if decoder not in RECIPES:
        raise DataError(f'there is no decoder "{decoder}"; there are {", ".join(RECIPES)}')
    asked = asked_for(arguments)
    if is_own(asked):
        if "target" not in asked["options"]:
            arguments.wrong_usage("--objective write needs --target: the column with what is to be written")
        return asked, {"objective": "write", "decoder": decoder}
    source = data.source(asked["data"])
    if not source.to_write:
        writable = [name for name, each in data.DATASETS.items() if each.to_write == name]
        raise DataError(f"{asked['data']} has nothing to be written; there is {', '.join(writable)}, or a CSV file")
    return asked | {"data": source.to_write}, {"objective": "write", "decoder": decoder}


def recipe_of(arguments, dataset):
    """The decoder's, with the numbers that the data needs."""
    from mmdl.training.text_writing import WritingRecipe

    return WritingRecipe(**RECIPES[arguments.decoder or DECODER] | dataset.recipe)


def model_of(rng, arguments, dataset):
    """A model that has learned nothing."""
    from mmdl.models import transcriber, writer

    if arguments.decoder == CTC:
        return transcriber(rng, dataset)
    return writer(rng, dataset, arguments.decoder or DECODER)


def introduction(arguments, dataset, size):
    """Two lines about what is about to happen."""
    return (
        f"{dataset.name}: {sizes(dataset)}; to be written: {dataset.target.describe()}",
        f"{arguments.decoder or DECODER}: {size}",
    )


def measure(model, dataset):
    """Exact match and error rate on the test set: with all modalities, "all", and with every set of them alone."""
    from mmdl.training.text_writing import evaluate_writing_subsets

    found = evaluate_writing_subsets(model, dataset.test)
    largest_first = sorted(found, key=len, reverse=True)
    return {"written": {key_of(subset, dataset.modalities): found[subset] for subset in largest_first}}


def answers(model, examples):
    """Of every example what is true, what the model writes, and its probability, if it has one: names, and rows"""
    truth = model.target.texts(examples.targets)
    return ("truth", *WRITTEN), ([true, *row] for true, row in zip(truth, rows_of(model, examples), strict=True))


def rows_of(model, examples):
    """Of every example what the model writes, and its probability, if it has one."""
    from mmdl.data.batches import batches
    from mmdl.training.text_writing import AT_ONCE, write

    written = [best for batch in batches(examples, AT_ONCE) for best, *_ in write(model, batch)]
    return [[each.text, "" if math.isnan(each.probability) else f"{each.probability:.6f}"] for each in written]


def report(results, files, dataset, asked):
    """The results for a reader."""
    print(f"\ntrained for {results['seconds']['train']:.1f} s; on the test set")
    table(results["written"], dataset.target.unit)
    print(f"\nwritten to {results['out']}: {', '.join(files)}")
    print(f"try: mmdl evaluate {results['out']}")


def table(written, unit):
    """Exact matches and error rates, a row for each set of modalities."""
    words = {key: in_words(key) for key in written}
    width = max(map(len, words.values()))
    print(f"  {'':{width}}  exactly right  wrong {unit}s")
    for key, found in written.items():
        exact, rate = 100 * found["exact"], 100 * found["error_rate"]
        print(f"  {words[key]:{width}}  {exact:11.1f} %  {rate:{len(unit) + 5}.1f} %")


def answer(model, batch, arguments):
    """Print the best texts for one question, with their probabilities."""
    from mmdl.models.answers import answered
    from mmdl.training.text_writing import write

    found = []

    def ask():
        found[:] = write(model, batch, beams=max(arguments.top, 5), penalty=0, best=arguments.top)[0]  # by probability
        return [each.probability for each in found]

    answered(ask)
    texts = [{"text": each.text, "probability": each.probability} for each in found]
    if arguments.json:
        print(strict_json.written({"texts": texts}))
        return 0
    told = [(visible(each["text"]), each["probability"]) for each in texts]
    width = max((len(text) for text, _ in told), default=0)
    for text, probability in told:
        print(f"{text:{width}}  {probability:.3f}")
    return 0


def evaluate(model, examples, arguments):
    """Print how often a writer is right on these examples."""
    from mmdl.data.table.report import counted
    from mmdl.training.text_writing import evaluate_writing_subsets

    seen = [name for name, present in examples.present.items() if present.any()]
    found = evaluate_writing_subsets(model, examples)
    found = {key_of(subset, seen): each for subset, each in reversed(found.items()) if set(subset) <= set(seen)}
    if arguments.json:
        print(strict_json.written({"examples": len(examples), "written": found}))
        return 0
    print(counted(len(examples), "example"))
    table(found, model.target.unit)
    if arguments.out:
        print("mmdl: a model that writes has no confusion figure", file=sys.stderr)
    return 0
