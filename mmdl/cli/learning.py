"""How a model is to learn: the options of `mmdl train` that stand in place of a recipe's numbers."""

from mmdl.cli.parser import positive_number, whole_number

OF_CLASSIFIERS = ("patience", "no_early_stopping")
OF_ALL = ("epochs", "batch_size", "learning_rate")


def add_learning_arguments(parser):
    """The numbers of all recipes, and what is for classifiers only."""
    group = parser.add_argument_group("how to learn (default: what suits the fusion and the data)")
    group.add_argument("--epochs", metavar="N", type=whole_number(1), help="times through the data")
    group.add_argument("--batch-size", metavar="N", type=whole_number(1), help="examples in a step")
    group.add_argument(
        "--learning-rate", metavar="X", type=positive_number, help="the highest: it rises, then falls to zero"
    )
    group = parser.add_argument_group("what keeps a classifier from learning by heart")
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


def demand_sense(arguments):
    """Options that fit the objective and each other, or wrong usage."""
    given = [name.replace("_", "-") for name in OF_CLASSIFIERS if getattr(arguments, name) is not None]
    if given and arguments.objective != "classify":
        arguments.wrong_usage(f"--{given[0]} is for classifiers, not for --objective {arguments.objective}")
    if arguments.patience and arguments.no_early_stopping:
        arguments.wrong_usage("--patience is for stopping early, and --no-early-stopping against it: leave one out")


def numbers_of(arguments):
    """What was given in place of a recipe's own numbers, by their names there."""
    numbers = {name: getattr(arguments, name) for name in (*OF_ALL, "patience")}
    numbers = {name: number for name, number in numbers.items() if number is not None}
    return numbers | ({"early_stopping": False} if arguments.no_early_stopping else {})
