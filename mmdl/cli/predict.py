"""`mmdl predict`: ask a trained model about a picture, a text, or both."""

import json
import sys

from mmdl.cli.parser import add_command, whole_number
from mmdl.cli.runs import model_file

DESCRIPTION = """\
Show a trained model a picture, a text, or both, and print the classes that it
finds most probable.

A picture may be of any size, dark on light or light on dark; the ink is cut out
and shrunk to the size that the model knows. Words that the model never met
count as unknown, and are named."""

EXAMPLES = """\
  mmdl predict runs/2025-01-31-attention --text "SMALL LETTER A WITH GRAVE"
  mmdl predict runs/2025-01-31-attention --image letter.png --top 3
  mmdl predict model.npz --image letter.png --text "SMALL LETTER A" --json"""


def add(commands):
    """Describe `mmdl predict`."""
    parser = add_command(
        commands, run, "predict", "ask a trained model about a picture and a text", DESCRIPTION, EXAMPLES
    )
    parser.add_argument("model", metavar="MODEL", help="model.npz, or the folder of its run")
    parser.add_argument("--image", metavar="FILE", help="a picture in any format that Pillow reads")
    parser.add_argument("--text", metavar="WORDS", help="words, in one argument")
    parser.add_argument(
        "--top", metavar="N", type=whole_number(1), default=5, help="classes to show (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")


def run(arguments):
    """Print the most probable classes, and what was made of the question."""
    if arguments.image is None and arguments.text is None:
        arguments.wrong_usage("--image, --text or both are needed")

    from mmdl.data.prepare import prepare
    from mmdl.errors import DataError
    from mmdl.training import load

    model, _ = load(model_file(arguments.model))
    batch = prepare(model.preprocessors, image=arguments.image, text=arguments.text)
    if not any(present.any() for present in batch.present.values()):
        raise DataError("a text without words, and no picture: there is nothing to go by")
    [p] = model.predict_proba(batch)
    top = [(model.classes[k], float(p[k])) for k in (-p).argsort(kind="stable")[: arguments.top]]
    text = None if arguments.text is None else reading(model.preprocessors["text"], arguments.text)
    blank = arguments.image is not None and not batch["image"].any()

    if arguments.json:
        classes = [{"name": name, "probability": probability} for name, probability in top]
        print(json.dumps({"classes": classes, "image": arguments.image, "blank": blank, "text": text}))
        return 0
    for note in notes(arguments.image, blank, text):
        print(f"mmdl: {note}", file=sys.stderr)
    width = max(len(name) for name, _ in top)
    for name, probability in top:
        print(f"{name:{width}}  {probability:.3f}")
    return 0


def reading(tokenizer, text):
    """What a tokenizer makes of a text: the words that it read, those it does not know, those beyond its length."""
    from mmdl.data.text import split_words

    words = split_words(text)
    read, cut = words[: tokenizer.length], words[tokenizer.length :]
    unknown = [word for word in dict.fromkeys(read) if word not in tokenizer.ids]
    return {"words": read, "unknown": unknown, "cut": cut}


def notes(image, blank, text):
    """Sentences about what a reader might not expect."""
    if blank:
        yield f"{image} is blank"
    if text is None:
        return
    if not text["words"]:
        yield "the text has no words and counts as absent"
    if text["unknown"]:
        known = len(set(text["words"])) - len(text["unknown"])
        yield f"{'' if known else 'no word is known; '}not known: {', '.join(text['unknown'])}"
    if text["cut"]:
        yield f"too long; left out: {', '.join(text['cut'])}"
