"""`mmdl search`: find pictures by words, or words by a picture."""

import re
import sys
from pathlib import Path
from typing import NamedTuple

from mmdl import strict_json
from mmdl.cli.parser import add_command, visible, whole_number

DESCRIPTION = """\
Find the pictures that best match some words, or the names that best match a
picture, with a model trained by `mmdl train --objective contrastive`. The
results are printed, best first, with their cosine similarities, and drawn on a
page beside the model.

By default only the test set is searched, which training has not seen. The order
of the words does not matter; unknown words are reported."""

EXAMPLES = """\
  mmdl search runs/2025-01-31-contrastive "LEFTWARDS DOUBLE ARROW"
  mmdl search runs/2025-01-31-contrastive "double arrow" --among all --top 20
  mmdl search runs/2025-01-31-contrastive --image letter.png"""

LONGEST = 60  # characters of a question in the name of a file
SPLITS = {"test": ("test",), "all": ("train", "validation", "test")}


class Answer(NamedTuple):
    """One thing that was found."""

    score: float
    character: str
    name: str
    picture: object  # (R, C, D)


def add(commands):
    """Describe `mmdl search`."""
    summary = "find pictures by words, or words by a picture"
    parser = add_command(commands, run, "search", summary, DESCRIPTION, EXAMPLES)
    parser.add_argument("model", metavar="MODEL", help="model.npz, or the folder of its run")
    parser.add_argument("text", metavar="WORDS", nargs="?", help="what to search for, in one argument")
    parser.add_argument("--image", metavar="FILE", help="a picture to search for instead")
    parser.add_argument(
        "--top", metavar="N", type=whole_number(1), default=10, help="answers to show (default: %(default)s)"
    )
    parser.add_argument(
        "--among", choices=SPLITS, default="test", help="what to search: test, never seen (the default), or all"
    )
    parser.add_argument("--out", metavar="FILE.png", help="page to write (default: beside the model)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")


def run(arguments):
    """Search, print what was found, and draw it."""
    if (arguments.text is None) == (arguments.image is None):
        arguments.wrong_usage("words to search for are needed, or --image, and not both")

    from mmdl.cli.dataset import dataset_of
    from mmdl.cli.runs import load_model

    model, extras, file = load_model(arguments.model, "ContrastiveModel")
    query, unknown = question(model, arguments)
    dataset = dataset_of(extras)
    answers, among = search(model, dataset, arguments)
    page = Path(arguments.out) if arguments.out else file.with_name(f"search-{slug(arguments)}.png")
    page = draw(query, answers, among, page)
    if arguments.json:
        found = [{"character": each.character, "name": each.name, "score": each.score} for each in answers]
        asked = {"text": arguments.text, "image": arguments.image, "unknown": unknown}
        print(strict_json.written(asked | {"among": among, "found": found, "page": str(page)}))
        return 0
    for note in notes(unknown, dataset, arguments):
        print(f"mmdl: {visible(note)}", file=sys.stderr)
    for each in answers:
        print(visible("  ".join(filter(None, (each.character, f"{each.score:.3f}", each.name)))))
    print(f"\nfound among {among}; drawn on {page}")
    return 0


def question(model, arguments):
    """What is searched for, words or a picture (R, C, D), and the words that the model does not know

    Raises
    ------
    DataError
        If there is nothing to go by.
    """
    from mmdl.cli.predict import reading
    from mmdl.data.prepare import prepare
    from mmdl.errors import DataError

    if {*model.towers} != {"image", "text"}:
        raise DataError(f"search goes from words to pictures and back; this model matches {' and '.join(model.towers)}")
    if arguments.image is not None:
        [picture] = prepare(model.preprocessors, image=arguments.image)["image"]
        if not picture.any():
            raise DataError(f"{arguments.image} is blank: there is nothing to search for")
        return picture, []
    read = reading(model.preprocessors["text"], arguments.text)
    if not read["words"]:
        raise DataError("a text without words: there is nothing to search for")
    if {*read["words"]} == {*read["unknown"]}:
        raise DataError(f"the model knows none of these words: {', '.join(read['unknown'])}")
    return arguments.text, read["unknown"]


def search(model, dataset, arguments):
    """The best answers, and in words among how many they were found."""
    from mmdl.cli.contrastive import things
    from mmdl.plots.inputs import as_batch
    from mmdl.training import retrieval

    answers, count = [], 0
    for split in SPLITS[arguments.among]:
        shown = retrieval.gallery(getattr(dataset, split))
        count += len(shown)
        places, scores = retrieval.search(model, shown, arguments.top, text=arguments.text, image=arguments.image)
        names = retrieval.titles(shown, model.preprocessors)
        characters = shown.about.get("character", [""] * len(shown))
        for place, score, picture in zip(places, scores, as_batch(shown, places)["image"], strict=True):
            answers.append(Answer(float(score), str(characters[place]), names[place], picture))
    best_first = sorted(answers, key=lambda each: -each.score)
    among = f"all {count:,}" if arguments.among == "all" else f"{count:,} unseen"
    return best_first[: arguments.top], f"{among} {things(dataset.test)}"


def draw(query, answers, among, path):
    """Save the page.  -> its path"""
    from mmdl.plots import SearchDisplay
    from mmdl.plots.inputs import viewable

    query = query if isinstance(query, str) else viewable(query)
    pictures, names = [viewable(each.picture) for each in answers], [each.name for each in answers]
    return SearchDisplay(query, pictures, names, [each.score for each in answers], among).save(path)


def notes(unknown, dataset, arguments):
    """Sentences about what a reader might not expect."""
    from mmdl.training.retrieval import titles

    if unknown:
        yield f"not known: {', '.join(unknown)}"
    if arguments.text is not None and arguments.among == "test":
        wanted = " ".join(arguments.text.upper().split())
        learned = titles(dataset.train, dataset.preprocessors) + titles(dataset.validation, dataset.preprocessors)
        if wanted in learned:
            yield f"{wanted} itself was there in training, so it is not among them; --among all searches there, too"


def slug(arguments):
    """The question as a part of a file's name."""
    asked = arguments.text if arguments.image is None else Path(arguments.image).stem
    return re.sub(r"[^a-z0-9]+", "-", asked.lower()).strip("-")[:LONGEST] or "page"
