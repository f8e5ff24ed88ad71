"""How a model is to learn: the options of `mmdl train` that stand in place of a recipe's numbers."""

from argparse import ArgumentTypeError

from mmdl.cli.dataset import names, share
from mmdl.cli.parser import positive_number, whole_number

OF_MODELS = ("width", "depth", "dropout", "text_reader")
OF_RECIPES = ("patience", "smoothing", "modality_dropout", "class_weight", "augment")
OF_CLASSES = ("smoothing", "class_weight")
READERS = ("convolution", "lstm", "gru", "attention")
OF_ALL = ("epochs", "batch_size", "learning_rate")


def add_learning_arguments(parser):
    """The numbers of all recipes, and what is for classifiers only."""
    group = parser.add_argument_group("how to learn (default: what suits the fusion and the data)")
    group.add_argument("--epochs", metavar="N", type=whole_number(1), help="times through the data")
    group.add_argument("--batch-size", metavar="N", type=whole_number(1), help="examples in a step")
    group.add_argument(
        "--learning-rate", metavar="X", type=positive_number, help="the highest: it rises, then falls to zero"
    )
    group = parser.add_argument_group("how a classifier is built")
    group.add_argument(
        "--width",
        metavar="N",
        type=whole_number(1),
        help="numbers that stand for a word, a patch or a modality: more hold more, and take longer (default: 64, or "
        "192 for a text alone with --text-reader convolution)",
    )
    group.add_argument(
        "--depth",
        metavar="N",
        type=whole_number(0),
        help="hidden layers between what was fused and the classes (default: 1 after a fusion of vectors, else 0)",
    )
    group.add_argument(
        "--text-reader",
        metavar="NAME",
        choices=READERS,
        help="what reads the words of a text: convolution (3, 4 and 5 words at a time; the strongest and the mean "
        "count), lstm, gru (word after word), attention (all at once); by default lstm, or the fusion if that attends "
        "to words",
    )
    group = parser.add_argument_group("regularisation of a classifier, against overfitting")
    group.add_argument(
        "--dropout",
        metavar="X",
        type=rate,
        help="share of the numbers before each dense layer that is set to zero in training (default: 0.3, and 0.5 of a "
        "picture's)",
    )
    group.add_argument(
        "--modality-dropout",
        metavar="X",
        type=rate,
        help="share of the examples that lose a modality in training: the model learns to do without (default: 0.15, "
        "more where there are many modalities)",
    )
    group.add_argument(
        "--smoothing",
        metavar="X",
        type=rate,
        help="share of each target that is spread over all classes, so that no answer is ever too sure (default: 0.1)",
    )
    group.add_argument(
        "--augment",
        metavar="A,B",
        type=names,
        help="make other examples of those there are: flip (mirror half of the pictures; not where left and right tell "
        "something), shift (move pictures by up to a tenth), mixup (add up pairs of examples and their classes)",
    )
    group.add_argument(
        "--class-weight",
        choices=("balanced",),
        help="balanced: rare classes count for as much as frequent ones (default: every example counts alike)",
    )
    group.add_argument(
        "--patience",
        metavar="N",
        type=whole_number(1),
        help="stop after N epochs in a row without a smaller validation loss (default: train all epochs)",
    )
    group.add_argument(
        "--no-early-stopping",
        action="store_true",
        default=None,
        help="keep the model of the last epoch, not that of the epoch with the smallest validation loss",
    )


def rate(text):
    """A type for arguments: a number from 0 on that is less than 1."""
    number = share(text)
    if number == 1:
        raise ArgumentTypeError("with 1 nothing would be left to learn from: a number below 1 is needed")
    return number


def demand_sense(arguments):
    """Options that fit the objective and each other, or wrong usage."""
    given = [name for name in (*OF_MODELS, *OF_RECIPES, "no_early_stopping") if getattr(arguments, name) is not None]
    if given and arguments.objective != "classify":
        option = given[0].replace("_", "-")
        arguments.wrong_usage(f"--{option} is for classifiers, not for --objective {arguments.objective}")
    if arguments.task == "regression" and (given := given_of(arguments, OF_CLASSES)):
        arguments.wrong_usage(f"--{next(iter(given)).replace('_', '-')} is for classes, not for --task regression")
    if arguments.task == "regression" and "mixup" in (arguments.augment or ()):
        arguments.wrong_usage("--augment mixup is for classes, not for --task regression")
    if arguments.patience and arguments.no_early_stopping:
        arguments.wrong_usage("--patience is for stopping early, and --no-early-stopping against it: leave one out")


def recipe_numbers(arguments):
    """What was given in place of a recipe's own numbers, by their names there."""
    numbers = given_of(arguments, OF_ALL + OF_RECIPES)
    return numbers | ({"early_stopping": False} if arguments.no_early_stopping else {})


def model_settings(arguments):
    """What was given in place of the settings of `mmdl.models.multimodal_classifier`, by their names there."""
    return given_of(arguments, OF_MODELS)


def given_of(arguments, names):
    """The arguments of these names that were given."""
    return {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}
