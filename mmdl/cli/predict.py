"""`mmdl predict`: ask a trained model about a picture, a text, a sound, numbers, or all of them."""

import argparse
import math
import sys

from mmdl import strict_json
from mmdl.cli import regress, write
from mmdl.cli.dataset import add_form, names
from mmdl.cli.new_data import answer_table, modality_for
from mmdl.cli.parser import add_command, visible, whole_number
from mmdl.cli.runs import NETWORKS, WRITING, load_model

DESCRIPTION = """\
Classify an image, a text, a sound, numbers, or any combination of them, and
print the most probable classes.

An image may have any size. For models of letters or digits it may be dark on
light or light on dark, and is cropped to the ink. Unknown words are reported. A
sound that is longer than the model's input is cut off at the end.

With --data, every row of a CSV file is answered. Then --image, --text,
--audio and --numbers name columns; by default, those used in training. The
predictions are written to another CSV file with the line number of each row.
Rows that cannot be read are reported and skipped."""

EXAMPLES = """\
  mmdl predict runs/2025-01-31-attention --text "SMALL LETTER A WITH GRAVE"
  mmdl predict runs/2025-01-31-attention --image letter.png --top 3
  mmdl predict runs/mine --image plum.jpg --audio plum.wav --numbers 61,2.5
  mmdl predict model.npz --image letter.png --text "SMALL LETTER A" --json
  mmdl predict runs/mine --data new.csv --out answers.csv"""


def add(commands):
    """Describe `mmdl predict`."""
    parser = add_command(commands, run, "predict", "ask a trained model", DESCRIPTION, EXAMPLES)
    parser.add_argument("model", metavar="MODEL", help="model.npz, or the folder of its run")
    parser.add_argument("--image", metavar="FILE", action=Once, help="a picture in any format that Pillow reads")
    parser.add_argument("--text", metavar="WORDS", action=Once, help="words, in one argument")
    parser.add_argument("--audio", metavar="FILE", action=Once, help="a WAV file")
    parser.add_argument(
        "--numbers", metavar="X,Y,Z", action=Once, help="in their order: --numbers=-1.5,,2 if one is not known"
    )
    parser.add_argument("--data", metavar="FILE.csv", action=Once, help="a table of examples")
    parser.add_argument("--out", metavar="FILE.csv", help="where its answers go (default: predictions.csv)")
    add_form(parser)
    parser.add_argument("--probabilities", action="store_true", help="with a column for each class")
    parser.add_argument(
        "--top", metavar="N", type=whole_number(1), default=5, help="classes or texts to show (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")


def numbers(text):
    """A type for arguments: "1.5,2" -> [1.5, 2.0]; one that is left out is not known."""
    from mmdl.data.table.columns import number_of
    from mmdl.errors import DataError

    try:
        return [number_of(number.strip()) for number in text.split(",")]
    except DataError:
        raise argparse.ArgumentTypeError(f"numbers such as 1.5,2 are needed, not {text}") from None


class Once(argparse.Action):
    """An option that is refused when it is given twice: the first would be forgotten in silence."""

    def __call__(self, parser, namespace, value, option=None):
        if getattr(namespace, self.dest) is not None:
            parser.error(f"{option} is given twice, and a question has one of each")
        setattr(namespace, self.dest, value)


def run(arguments):
    """Print the most probable classes, and what was made of the question."""
    if arguments.data is not None:
        arguments.numbers = typed(arguments, names)
        return answer_table(arguments)
    if arguments.out or arguments.probabilities:
        arguments.wrong_usage("--out and --probabilities are for the answers to a table: --data is needed")
    arguments.numbers = typed(arguments, numbers)
    given = {name: getattr(arguments, name) for name in ("image", "text", "audio", "numbers")}
    if all(each is None for each in given.values()):
        arguments.wrong_usage("--image, --text, --audio or --numbers is needed")

    from mmdl.data.prepare import prepare
    from mmdl.errors import DataError

    model, *_ = load_model(arguments.model, *NETWORKS, *WRITING)
    modality = {kind: modality_for(model.preprocessors, kind) for kind, each in given.items() if each is not None}
    batch = prepare(model.preprocessors, **{name: [given[kind]] for kind, name in modality.items()})
    if not any(present.any() for present in batch.present.values()):
        raise DataError("a text without words, and nothing else: there is nothing to go by")
    if type(model).__name__ in WRITING:
        return write.answer(model, batch, arguments)
    if type(model).__name__ == "MultimodalRegressor":
        return regress.answer(model, batch, arguments)
    [p] = model.predict_proba(batch)
    top = [(model.classes[k], float(p[k])) for k in (-p).argsort(kind="stable")[: arguments.top]]
    text = None if arguments.text is None else reading(model.preprocessors[modality["text"]], arguments.text)
    blank = arguments.image is not None and not batch[modality["image"]].any()
    missed = 0.0 if arguments.audio is None else seconds_missed(model.preprocessors[modality["audio"]], arguments.audio)

    if arguments.json:
        classes = [{"name": name, "probability": probability} for name, probability in top]
        known = [None if math.isnan(number) else number for number in arguments.numbers or ()] or None
        said = {"classes": classes, "image": arguments.image, "blank": blank, "text": text}
        print(strict_json.written(said | {"audio": arguments.audio, "seconds_missed": missed, "numbers": known}))
        return 0
    for note in notes(arguments, blank, text, missed):
        print(f"mmdl: {visible(note)}", file=sys.stderr)
    top = [(visible(name), probability) for name, probability in top]
    width = max(len(name) for name, _ in top)
    for name, probability in top:
        print(f"{name:{width}}  {probability:.3f}")
    return 0


def typed(arguments, kind):
    """What --numbers says: numbers of one question, or with --data names of columns."""
    try:
        return None if arguments.numbers is None else kind(arguments.numbers)
    except argparse.ArgumentTypeError as mistake:
        arguments.wrong_usage(f"--numbers: {mistake}")


def reading(tokenizer, text):
    """What a tokenizer makes of a text: the words that it read, those it does not know, those beyond its length."""
    words = tokenizer.split(text)
    read, cut = words[: tokenizer.length], words[tokenizer.length :]
    unknown = [word for word in dict.fromkeys(read) if word not in tokenizer.ids]
    return {"words": read, "unknown": unknown, "cut": cut}


def seconds_missed(preprocessor, file):
    """How much of a sound is not heard, because it comes later than the model listens."""
    from mmdl.data.preprocessors.audio import wave_of

    heard = preprocessor.window + preprocessor.hop * preprocessor.length
    return round(max(0, len(wave_of(file, preprocessor.rate)) - heard) / preprocessor.rate, 2)


def notes(arguments, blank, text, missed):
    """Sentences about what a reader might not expect."""
    if blank:
        yield f"{arguments.image} is blank"
    if missed:
        yield f"{arguments.audio} is long; its last {missed:.2f} s are not heard"
    if text is None:
        return
    if not text["words"]:
        yield "the text has no words and counts as absent"
    if text["unknown"]:
        known = len(set(text["words"])) - len(text["unknown"])
        yield f"{'' if known else 'no word is known; '}not known: {', '.join(text['unknown'])}"
    if text["cut"]:
        yield f"too long; left out: {', '.join(text['cut'])}"
