"""What `mmdl train` does to learn classes: a classifier, its accuracies, and what to try next."""

import shlex
from pathlib import Path

from mmdl.cli.dataset import asked_for, is_own, sizes
from mmdl.cli.learning import model_settings
from mmdl.cli.parser import visible

FUSION = "attention"
OF_VECTORS = "concatenate"  # by default, if texts are vectors already: maxima and means of a text CNN


def ask(arguments):
    """Which data, and how to learn from it; wrong names are found out before time is spent on the data."""
    settle_fusion(arguments)
    settings = model_settings(arguments)
    return asked_for(arguments), {"fusion": arguments.fusion} | ({"built": settings} if settings else {})


def settle_fusion(arguments):
    """The fusion that is asked for, or else the one that suits what reads the words."""
    arguments.fusion = arguments.fusion or (OF_VECTORS if arguments.text_reader == "convolution" else FUSION)
    demand_fusion(arguments.fusion)


def demand_fusion(name):
    """A fusion of that name, or one sentence."""
    from mmdl.fusion import fusion_named

    fusion_named(name)


def recipe_of(arguments, dataset):
    """The recipe of the fusion, with the numbers that the data needs."""
    from mmdl.training.recipes import RECIPES, adapted, augmentation

    augmentation(dataset, arguments.augment or ())  # what does not suit the data is refused before a folder is made
    return adapted(RECIPES[arguments.fusion], dataset, arguments.text_reader)


def model_of(rng, arguments, dataset):
    """A classifier that has learned nothing."""
    from mmdl.errors import DataError
    from mmdl.models import multimodal_classifier

    if arguments.text_reader and "text" not in dataset.train.kinds.values():
        raise DataError(f"--text-reader is for texts, and {dataset.name} has none to learn from")
    return multimodal_classifier(rng, dataset, arguments.fusion, **model_settings(arguments))


def introduction(arguments, dataset, size):
    """Two lines about what is about to happen."""
    return f"{dataset.name}: {sizes(dataset)}, {len(dataset.classes)} classes", f"{arguments.fusion}: {size}"


def measure(model, dataset):
    """Test accuracy with all modalities, "all", and with every set of them alone, "image+text" or "image", say."""
    from mmdl.training import evaluate_subsets

    found = evaluate_subsets(model, dataset.test)
    largest_first = sorted(found, key=len, reverse=True)
    shares = {key_of(subset, dataset.modalities): found[subset]["accuracy"] for subset in largest_first}
    return {"accuracy": shares} | pointing_of(model, dataset)


def pointing_of(model, dataset):
    """How often a word looks at what it names, where words attend to patches and it is known what stands where."""
    from mmdl.training.pointing import can_point, pointing

    return {"pointing": pointing(model, dataset.test)._asdict()} if can_point(model, dataset.test) else {}


def answers(model, examples):
    """Of every example what is true, what the model says, and its probability: names of columns, and rows"""
    from mmdl.training import predictions

    p, classes = predictions(model, examples), model.classes
    rows = zip(examples.labels, p.argmax(axis=1), p.max(axis=1), strict=True)
    return ("truth", "prediction", "probability"), ([classes[true], classes[k], f"{top:.6f}"] for true, k, top in rows)


def key_of(subset, modalities):
    """What the results call a set of modalities."""
    return "all" if len(subset) == len(modalities) else "+".join(subset)


def report(results, files, dataset, asked):
    """The results for a reader."""
    best = {key_of(subset, dataset.modalities): limits["accuracy"] for subset, limits in dataset.best.items()}
    words = {key: in_words(key) for key in results["accuracy"]}
    width = max(map(len, words.values()))
    print(f"\ntrained for {results['seconds']['train']:.1f} s{kept(results)}; right on the test set")
    for key, share in results["accuracy"].items():
        possible = f"  (possible: {100 * best[key]:.1f} %)" if key in best else ""
        print(f"  {words[key]:{width}}  {100 * share:.1f} %{possible}")
    if pointing := results.get("pointing"):
        trained, untrained, chance = (f"{100 * pointing[who]:.1f} %" for who in ("trained", "untrained", "chance"))
        print(f"\nwords that look at what they name  {trained}  (untrained: {untrained}, at random: {chance})")
    print(f"\nwritten to {results['out']}: {', '.join(files)}")
    print(f"try: {visible(suggestion(results['out'], dataset, asked))}")


def kept(results):
    """Which epoch's model is kept, as a part of a sentence."""
    return f", epoch {results['kept_epoch']} of {results['epochs']} kept" if "kept_epoch" in results else ""


def in_words(key):
    """ "image" -> "with the image alone", "image+text" -> "with the image and the text" """
    if key == "all":
        return "with all there is"
    *first, last = [f"the {name}" for name in key.split("+")]
    return f"with {', '.join(first)} and {last}" if first else f"with {last} alone"


def suggestion(out, dataset, asked):
    """A command to try next: ask about something that the model never saw, if there is anything to be named."""
    import numpy as np

    if dataset.name == "glyphs" and "text" in dataset.modalities:
        return f'mmdl predict {out} --text "SMALL LETTER A WITH GRAVE"'
    if not is_own(asked):
        return f"mmdl plot confusion {out}"
    test = dataset.test
    fullest = int(np.argmax(np.sum(list(test.present.values()), axis=0)))
    given = {name: test.about[name][fullest] for name in dataset.modalities if test.present[name][fullest]}
    given |= {name: str(Path(asked["data"]).parent / given[name]) for name in ("image", "audio") if name in given}
    return shlex.join(["mmdl", "predict", out, *(f"--{name}={each}" for name, each in given.items())])
