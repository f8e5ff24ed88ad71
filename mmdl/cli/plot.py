"""`mmdl plot`: draw a trained model from inside."""

from pathlib import Path

from mmdl.cli.figures import FIGURES, display, wordy_example
from mmdl.cli.parser import add_command, whole_number
from mmdl.cli.runs import NETWORKS, load_model

DESCRIPTION = """\
Draw a figure of a trained model, save it as a PNG file, and print where. The
figures are

""" + "\n".join(f"  {name:12}  {meaning}" for name, meaning in FIGURES.items())

EXAMPLES = """\
  mmdl plot kernels runs/2025-01-31-attention
  mmdl plot attention runs/2025-01-31-attention --example 17
  mmdl plot feature-maps model.npz --image letter.png --out maps.png"""

OF_ONE, OF_ALL = (
    ("attention", "feature-maps", "alignment", "posteriors"),
    ("confusion", "regression", "images", "pointing", "similarity"),
)  # which examples a figure needs
MODEL_KINDS = {  # whose figures these are; all others are of classifiers
    "similarity": ("ContrastiveModel",),
    "history": (),
    "attention": (*NETWORKS, "Writer"),
    "feature-maps": NETWORKS,
    "kernels": NETWORKS,
    "regression": ("MultimodalRegressor",),
    "alignment": ("Writer",),
    "posteriors": ("Transcriber",),
}


def add(commands):
    """Describe `mmdl plot`."""
    parser = add_command(commands, run, "plot", "draw a trained model from inside", DESCRIPTION, EXAMPLES)
    parser.add_argument("figure", metavar="FIGURE", help="one of those above")
    parser.add_argument("model", metavar="MODEL", help="model.npz, or the folder of its run")
    parser.add_argument("--image", metavar="FILE", help="a picture for attention and feature-maps")
    parser.add_argument("--text", metavar="WORDS", help="words for attention, in one argument")
    parser.add_argument(
        "--example", metavar="N", type=whole_number(0), help="instead of these, an example of the test set"
    )
    parser.add_argument(
        "--data",
        metavar="FILE.csv",
        help="a labelled table with the columns of the training, instead of the test set (for a file that has moved)",
    )
    parser.add_argument("--out", metavar="FILE.png", help="file to write (default: beside the model)")


def run(arguments):
    """Draw, save, print the path."""
    from mmdl.errors import DataError

    figure, given = arguments.figure, arguments.image is not None or arguments.text is not None
    if figure not in FIGURES:
        raise DataError(f'there is no figure "{figure}"; there are {", ".join(FIGURES)}')
    if (given or arguments.example is not None) and figure not in OF_ONE:
        arguments.wrong_usage(f"--image, --text and --example are for {' and '.join(OF_ONE)}")
    if given and arguments.example is not None:
        arguments.wrong_usage("--example takes the place of --image and --text")

    if arguments.data and (given or figure not in OF_ONE + OF_ALL):
        arguments.wrong_usage("--data is for figures of examples, and takes the place of --image and --text")

    model, extras, file = load_model(arguments.model, *MODEL_KINDS.get(figure, ("MultimodalClassifier",)))
    out = Path(arguments.out) if arguments.out else file.with_name(f"{figure}.png")
    history = extras.get("history", {})
    if given:
        shown = display(figure, model, history, given_example(model, arguments))
    elif figure in OF_ONE + OF_ALL:
        examples = table_examples(model, extras, arguments) if arguments.data else test_examples(extras, model)
        example = wordy_example(examples) if arguments.example is None else arguments.example
        shown = display(figure, model, history, examples, example)
    else:
        shown = display(figure, model, history)
    print(shown.save(out))
    return 0


def given_example(model, arguments):
    """The picture and the text on the command line as a batch of one."""
    from mmdl.data.prepare import prepare

    return prepare(model.preprocessors, image=arguments.image, text=arguments.text)


def table_examples(model, extras, arguments):
    """All rows of a labelled table, read as the model was trained."""
    from mmdl.cli.new_data import labelled_rows
    from mmdl.errors import DataError

    if not hasattr(model, "preprocessors") or type(model).__name__ == "ContrastiveModel":
        raise DataError("--data is for classifiers, models of numbers, and models that write")
    return labelled_rows(model, extras, arguments)


def test_examples(extras, model=None):
    """The test set of the data that the model was trained on."""
    from mmdl.cli.dataset import dataset_of
    from mmdl.errors import DataError

    if "data" not in extras:
        raise DataError("the model file does not say on which data it was trained; give --image and --text")
    return dataset_of(extras, model).test
