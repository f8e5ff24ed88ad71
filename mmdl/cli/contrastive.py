"""What `mmdl train --objective contrastive` does: two towers that match, and how often they find the right one."""

from mmdl.cli.dataset import asked_for, is_own

WHOLE = {"glyphs": {"whole_names": True, "word_dropout": 0.0}}  # as these are loaded where names are searched


def ask(arguments):
    """Which data, and how to learn from it."""
    if arguments.fusion is not None:
        arguments.wrong_usage("--fusion is for classifiers; with --objective contrastive nothing is fused")
    asked = asked_for(arguments)
    if is_own(asked) and "label" not in asked["options"]:
        asked["options"]["task"] = "pairs"
    return asked | {"options": WHOLE.get(asked["data"], asked["options"])}, {"objective": "contrastive"}


def recipe_of(arguments, dataset):
    """One for all data."""
    from mmdl.training.contrastive import ContrastiveRecipe

    return ContrastiveRecipe()


def model_of(rng, arguments, dataset):
    """Towers that have learned nothing."""
    from mmdl.models import contrastive_model

    return contrastive_model(rng, dataset)


def introduction(arguments, dataset, size):
    """Two lines about what is about to happen."""
    from mmdl.data.distinct import identities

    learned, tested = (len(set(identities(split).tolist())) for split in (dataset.train, dataset.test))
    shown = f"{len(dataset.train):,} pairs of {learned:,} {things(dataset.train)}"
    return (
        f"{dataset.name}: {shown} to learn from, {tested:,} others for the test",
        f"{' and '.join(dataset.modalities)}: two towers, {size}",
    )


def measure(model, dataset):
    """How often the right one is found, {"image to text": {"1": share, ...}, ...}, and among how many."""
    from mmdl.training.retrieval import evaluate_retrieval, gallery

    recall = {
        " to ".join(way) if isinstance(way, tuple) else way: {str(k): share for k, share in shares.items()}
        for way, shares in evaluate_retrieval(model, dataset.test).items()
    }
    return {"recall": recall, "among": len(gallery(dataset.test))}


def answers(model, examples):
    """Of every pair that can be found, the rank of the one for the other, and what is nearest: names, and rows

    The row of any other example is None.
    """
    from mmdl.training.retrieval import places_of_gallery, ranks, similarities, titles

    places = places_of_gallery(examples)
    shown, (first, second) = examples.select(places), model.towers
    called = {name: shown.about.get(name, titles(shown, model.preprocessors)) for name in (first, second)}
    similarity = similarities(model, shown)
    columns = [called[first], called[second]]
    for name, each in ((second, similarity), (first, similarity.T)):
        columns += [ranks(each).tolist(), [called[name][nearest] for nearest in each.argmax(axis=1)]]
    rows = [None] * len(examples)
    for place, row in zip(places, zip(*columns, strict=True), strict=True):
        rows[place] = row
    return (first, second, f"rank of {second}", f"nearest {second}", f"rank of {first}", f"nearest {first}"), rows


def things(examples):
    """What is searched for: what `mmdl.data.distinct.identities` tells apart."""
    if "character" in examples.about:
        return "characters"
    return "texts" if "text" in examples.inputs else "classes" if examples.classes else "rows"


def report(results, files, dataset, asked):
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
