"""`mmdl follow`: one number through a trained model and back."""

import argparse

from mmdl.cli.parser import add_command, visible, whole_number
from mmdl.cli.plot import given_example, test_examples
from mmdl.cli.runs import load_model

DESCRIPTION = """\
Follow one pixel of a picture through a trained model to the loss: every stage
with its equation, the numbers in it, and the file and line that compute it.
Then follow the gradient back to the pixel, and compare the change of the loss
that it predicts with the change that is measured.

A pixel changes many numbers; each stage continues with the one through which
it changes the loss most. Attention, cross-attention and bottleneck fusion are
shown step by step: norm, query or key, score, weight, weighted sum, output
projection, norm, widen, narrow. Other paths, such as residuals and values, are
not shown, but every gradient includes them.

Of a model that writes, --token chooses which token's loss is followed (counted
from 0): of the target for a test example, of what it writes for a picture of
your own. Its decoder is one stage."""

EXAMPLES = """\
  mmdl follow --pixel 12,9 runs/2025-01-31-attention
  mmdl follow --pixel 12,9 --example 17 runs/2025-01-31-concatenate
  mmdl follow --pixel 12,9 --image letter.png --label Greek model.npz
  mmdl follow --pixel 3,14 --token 5 runs/2025-01-31-write"""

TIE = 0.01  # further from the promise than this no smooth function is, after so small a nudge


def add(commands):
    """Describe `mmdl follow`."""
    parser = add_command(commands, run, "follow", "follow one number through a model and back", DESCRIPTION, EXAMPLES)
    parser.add_argument("model", metavar="MODEL", help="model.npz, or the folder of its run")
    parser.add_argument("--pixel", metavar="ROW,COLUMN", type=pixel, required=True, help="counted from 0")
    parser.add_argument("--example", metavar="N", type=whole_number(0), help="an example of the test set (default: 0)")
    parser.add_argument("--image", metavar="FILE", help="a picture of your own instead")
    parser.add_argument("--text", metavar="WORDS", help="its words, in one argument")
    parser.add_argument("--label", metavar="CLASS", help="its class (default: what the model says)")
    parser.add_argument("--token", metavar="N", type=whole_number(0), help="of a model that writes (default: 0)")


def pixel(text):
    """A type for arguments: "12,9" -> (12, 9)"""
    try:
        row, column = (int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"a pixel is two whole numbers such as 12,9, not {text}") from None
    return row, column


def run(arguments):
    """Print the way there and the way back."""
    from mmdl.explain import follow

    own = arguments.image is not None
    if not own and (arguments.text is not None or arguments.label is not None):
        arguments.wrong_usage("--text and --label go with --image")
    if own and arguments.example is not None:
        arguments.wrong_usage("--example takes the place of --image")
    model, extras, _ = load_model(arguments.model, "MultimodalClassifier", "Writer")
    batch = given_example(model, arguments) if own else chosen(test_examples(extras, model), arguments.example or 0)
    if type(model).__name__ == "Writer":
        return follow_token(model, batch, arguments)
    if arguments.token is not None:
        arguments.wrong_usage("--token is for a model that writes")
    label = labelled(model, batch, arguments.label) if own else int(batch.labels[0])
    print(
        "\n".join(told(follow(model, batch, label, arguments.pixel), arguments.pixel, [*map(visible, model.classes)]))
    )
    return 0


def follow_token(model, batch, arguments):
    """The same for one token that a writer writes."""
    from dataclasses import replace

    from mmdl.errors import DataError
    from mmdl.explain import follow
    from mmdl.training.text_writing import write

    if arguments.label is not None:
        arguments.wrong_usage("--label is for a classifier: a model that writes has --token")
    if batch.targets is None:
        [[best]] = write(model, batch)
        batch = replace(batch, targets=best.target)
    token, ids = arguments.token or 0, batch.targets.values[0][batch.targets.full_mask[0]]
    units = [*model.target.split(model.target.text(ids)), "(end)"][: len(ids)]
    if token >= len(ids):
        raise DataError(f"there is no token {token}; the text has {len(ids)}, counted from 0: {' '.join(units)}")
    names = ("(end)", *map(visible, model.target.units))
    way = follow(model, batch, int(ids[token]), arguments.pixel, token=token)
    first, *rest = told(way, arguments.pixel, names)
    print(
        first.replace("a picture that is", f"a picture, and token {token} of “{visible(' '.join(units))}”,"),
        *rest,
        sep="\n",
    )
    return 0


def chosen(examples, number):
    """One example as a batch."""
    from mmdl.data import batches
    from mmdl.errors import DataError

    if number >= len(examples):
        raise DataError(f"there is no example {number}; the test set has {len(examples)}, counted from 0")
    return next(batches(examples.select(slice(number, number + 1)), 1))


def labelled(model, batch, name):
    """The number of a class by its name; without one, that of the most probable class."""
    from mmdl.errors import DataError

    if name is None:
        return int(model.predict_proba(batch)[0].argmax())
    if name not in model.classes:
        raise DataError(f"there is no class {name!r}; there are {', '.join(model.classes)}")
    return model.classes.index(name)


def told(way, pixel, classes):
    """The lines of the story."""
    yield f"Pixel {pixel[0]},{pixel[1]} of a picture that is {classes[way.label]}\n\nForward"
    for number, stop in enumerate(way.stops):
        yield f"{number:>3}  {stop.stage:12} {stop.equation:34} {stop.place}"
        yield f"     {'':12} {stop.numbers}"
    yield f"     {'loss':12} loss = −log p = −log {way.p[way.label]:.4f} = {way.loss:.4f}"
    yield "\nBackward: the derivative of the loss by each number, and the part of it along this path"
    yield f"     {'logits':12} p − target: softmax and logarithm in one step"
    along = way.stops[-1].gradient
    for number in range(len(way.stops) - 1, -1, -1):
        stop = way.stops[number]
        by = way.stops[number + 1].back if number + 1 < len(way.stops) else ""
        yield f"{number:>3}  {stop.stage:12} {stop.gradient:+.3e}, this path {along:+.3e}   {by}".rstrip()
        along *= stop.share
    yield f"\nIncrease the pixel by {way.nudge:g}."
    yield f"The gradient predicts that the loss changes by {way.promised:+.6e}."
    yield f"It changes by                                  {way.measured:+.6e}."
    if abs(way.measured - way.promised) > TIE * abs(way.promised):
        yield "They differ because a ReLU or a maximum on the path is at a tie, where the slopes to both sides differ."
