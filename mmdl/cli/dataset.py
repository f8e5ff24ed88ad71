"""Which data a command is about: a dataset by name or a CSV file of one's own, and how to find it again."""

import argparse
import hashlib
import math
import re
import sys
from contextlib import contextmanager
from pathlib import Path

from mmdl.cli.parser import WhenShown, positive_number, visible, whole_number

DATA = "glyphs"
COLUMNS = ("image", "text", "audio", "numbers", "label", "target", "split", "group")
CHOICES = ("image_size", "text_length", "text_unit", "sound_seconds", "decimal", "thousands", "keep_na")
SHARES = ("redundant", "unique", "synergy")


def add_data_arguments(parser):
    """What says which data is meant."""
    parser.add_argument("--data", metavar="NAME", help=WhenShown(data_help))
    parser.add_argument("--modalities", metavar="A,B", type=names, help="learn from these only")
    own = parser.add_argument_group("columns of a CSV file")
    own.add_argument("--image", metavar="COLUMN", help="files of pictures, looked for from the CSV's folder on")
    own.add_argument("--text", metavar="COLUMN", help="texts")
    own.add_argument("--audio", metavar="COLUMN", help="WAV files")
    own.add_argument("--numbers", metavar="A,B,C", type=names, help="columns with numbers")
    own.add_argument("--label", metavar="COLUMN", help="the class (default: label; of --objective contrastive: none)")
    own.add_argument("--target", metavar="COLUMN", help="texts that are to be written, with --objective write")
    own.add_argument("--split", metavar="COLUMN", help="train, validation or test (default: drawn by chance)")
    own.add_argument("--group", metavar="COLUMN", help="rows with the same cell here stay in one split")
    add_form(own)
    own.add_argument("--keep-na", action="store_const", const=True, help="NA, nan and NULL are words, not missing")
    own.add_argument("--image-size", metavar="ROWSxCOLUMNS", type=size, help="pixels of all pictures")
    own.add_argument("--text-length", metavar="N", type=whole_number(1), help="words of a text that are read")
    own.add_argument(
        "--unit",
        dest="text_unit",
        choices=("auto", "word", "character"),
        help="what texts are read by (default: words, and characters of scripts without spaces)",
    )
    own.add_argument("--sound-seconds", metavar="X", type=positive_number, help="seconds of a sound that are heard")
    shares = parser.add_argument_group("what interactions is made of: shares of 1, the rest equal (default: 1/3 each)")
    shares.add_argument("--redundant", metavar="X", type=share, help="every modality tells the class")
    shares.add_argument("--unique", metavar="X", type=share, help="one modality tells it, and the others nothing")
    shares.add_argument("--synergy", metavar="X", type=share, help="only all of them together tell it")


def add_form(parser):
    """How the numbers of a CSV file are written."""
    parser.add_argument(
        "--decimal", metavar="MARK", choices=(".", ","), help="in numbers (default: what fits a column)"
    )
    parser.add_argument("--thousands", metavar="MARK", help="between thousands, or '' (default: what fits a column)")


def data_help():
    """The names of all data sets."""
    from mmdl.data import DATASETS

    return f"{', '.join(DATASETS)}, or a file.csv (default: {DATA})"


def names(text):
    """A type for arguments: "a, b" -> ("a", "b")"""
    found = tuple(name.strip() for name in text.split(","))
    if not all(found):
        raise argparse.ArgumentTypeError(f"names with commas between them are needed, not {text!r}")
    return found


def share(text):
    """A type for arguments: a number from 0 to 1."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"a share is a number from 0 to 1, not {text}")
    return number


def size(text):
    """A type for arguments: "48x64" -> (48, 64), "48" -> (48, 48)"""
    if not re.fullmatch(r"\d{1,4}(x\d{1,4})?", text):
        raise argparse.ArgumentTypeError(f"a size is rows and columns such as 48x64, not {text}")
    rows, _, columns = text.partition("x")
    return int(rows), int(columns or rows)


def asked_for(arguments):
    """What `dataset_of` needs, in a form that JSON can keep: the name of the data, its options, its modalities."""
    from mmdl.data import is_table
    from mmdl.errors import DataError
    from mmdl.files import remedy

    arguments.data = arguments.data or DATA
    options = {name: getattr(arguments, name) for name in COLUMNS + CHOICES if getattr(arguments, name) is not None}
    asked = {"data": arguments.data, "options": options, "modalities": arguments.modalities}
    shares = {name: getattr(arguments, name) for name in SHARES if getattr(arguments, name) is not None}
    if shares and arguments.data != "interactions":
        arguments.wrong_usage(f"--{next(iter(shares))} is for the data interactions, not for {arguments.data}")
    if not is_table(arguments.data):
        if remedy(arguments.data):
            raise DataError(f"{arguments.data} cannot be read{remedy(arguments.data)}")
        if options:
            option = {"text_unit": "unit"}.get(first := next(iter(options)), first).replace("_", "-")
            arguments.wrong_usage(f"--{option} is for a CSV file, and {arguments.data} is none")
        return asked | {"options": shares}
    writes = getattr(arguments, "objective", "") == "write"
    if "target" in options and not writes:
        arguments.wrong_usage("--target names texts that are to be written, with --objective write")
    if "label" in options and writes:
        arguments.wrong_usage("--label is no part of --objective write: --target names what is to be written")
    if not {"image", "text", "audio", "numbers"} & options.keys():
        arguments.wrong_usage("a CSV file needs --image, --text, --audio or --numbers: what is to be learned from")
    path = Path(arguments.data).absolute()  # from wherever it will be looked for
    return asked | {"data": str(path), "checksum": checksum(path) if path.is_file() else ""}


def is_own(asked):
    """Whether what was asked for is a CSV file."""
    return "checksum" in asked


def dataset_of(asked, model=None):
    """The dataset that was asked for, now or when a model was trained

    Where learning went on from a trained model (--init), `model` is that or what became of it: its words, statistics
    and classes are those of the data.

    Raises
    ------
    DataError
        If it is a CSV file that has changed since: other rows would be tested, and some that were learned from.
    """
    from mmdl.errors import DataError

    if is_own(asked) and Path(asked["data"]).is_file() and checksum(asked["data"]) != asked["checksum"]:
        raise DataError(f"{asked['data']} is not what it was when the model was trained, so its test set is not known")
    with bars():
        return _loaded(asked, dict(asked.get("options", {})), model)


def _loaded(asked, options, model):
    """The dataset; see `dataset_of`."""
    from mmdl import data
    from mmdl.errors import DataError
    from mmdl.training.evaluation import demand_same_language

    if asked.get("init") and model is not None:
        if data.is_table(asked["data"]):
            options.pop("task", None)
            return data.load(asked["data"], like=model, **options)
        dataset = data.load(asked["data"], **options)
        try:
            dataset = dataset.with_modalities(*model.preprocessors)
            demand_same_language(model, dataset.train)
        except DataError:
            same = f"the model has not learned from {asked['data']} as it is asked for here"
            raise DataError(f"{same}: --init goes on with the same data set, or with a CSV file") from None
        return dataset
    dataset = data.load(asked["data"], **options)
    return dataset.with_modalities(*asked["modalities"]) if asked.get("modalities") else dataset


@contextmanager
def bars():
    """Progress bars for what takes longer than a second of loading data, on a terminal."""
    from mmdl.data.watching import watching

    def show(things, what):
        from tqdm import tqdm

        count = len(things) if hasattr(things, "__len__") else None
        as_counts = {"unit": "", "unit_scale": True}  # 24k, not 23914it
        bar = tqdm(things, visible(what), count, leave=False, disable=None, delay=1, file=sys.stderr, **as_counts)
        return bar if sys.stderr is not None else things

    with watching(show):
        yield


def checksum(path):
    """Of a file's content."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def sizes(dataset):
    """How many examples there are, as a part of a sentence."""
    return f"{len(dataset.train):,} examples to learn from, {len(dataset.test):,} for the test"
