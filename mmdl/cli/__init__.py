"""The command line: each command is a module that adds its arguments to a parser and runs.

`add(commands)` describes the command; `run(arguments)` does the work and returns the exit code. What is slow to
import, NumPy included, is imported in `run`, so that `mmdl --help` comes at once.
"""

from mmdl.cli import interrupts

# isort: split
import os
import sys
import warnings
from contextlib import suppress

from mmdl import __version__
from mmdl.cli import (
    check,
    compare,
    data,
    duel,
    evaluate,
    follow,
    lesson,
    plot,
    predict,
    progress,
    search,
    train,
    verify,
)
from mmdl.cli.parser import Parser, visible
from mmdl.errors import DataError, ShapeError, TrainingError
from mmdl.terminal import tolerate

COMMANDS = (train, compare, predict, evaluate, search, plot, data, verify, lesson, check, progress, follow, duel)

FAILED, INTERRUPTED, READER_GONE = 1, 130, 141  # the last two as shells count: 128 + the signal's number


def main(argv=None):
    """Run one command; the exit code is 0, 1 if it fails, 2 if it was asked wrongly, 130 after Ctrl-C.

    Whatever goes wrong for a reason that the reader can know becomes one line on stderr.
    """
    # Set before NumPy is imported. Two threads make products of this size hardly faster, and many times slower while
    # another program uses one of the cores: each waits for the other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    tolerate(sys.stdout)
    warnings.formatwarning = lambda sentence, *_, **__: f"mmdl: {visible(sentence)}\n"
    try:
        interrupts.tell()
        code = run(argv)
        if sys.stdout is not None:  # it is None if it was closed when the program started
            sys.stdout.flush()
        return code
    except KeyboardInterrupt as stop:  # a command may have added what it kept, and which signal it was
        interrupts.end_at_once()
        return complain(" ".join(["interrupted", *map(str, stop.args)]), getattr(stop, "code", INTERRUPTED))
    except BrokenPipeError:  # whoever read along has seen enough; nor is there anywhere to flush to at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE
    except (DataError, ShapeError, TrainingError) as error:
        return complain(error, FAILED)
    except MemoryError:
        return complain("there is not enough memory for that", FAILED)
    except OSError as error:
        return complain(f"{error.filename}: {error.strerror}" if error.filename else error, FAILED)
    finally:
        interrupts.ignore()


def run(argv):
    """Parse and run; an exit by the parser, after --help or a wrong argument, is an exit code like others."""
    try:
        arguments = parser().parse_args(argv)
        arguments.argv = sys.argv[1:] if argv is None else argv
        return arguments.run(arguments)
    except SystemExit as done:
        return done.code


def parser():
    """The parser of `mmdl` with all its commands."""
    top = Parser(
        prog="mmdl",
        description="Multimodal deep learning from scratch: images, text and sound, every gradient derived by hand.",
        epilog="The whole journey with a table of your own, in six commands:\n"
        "  mmdl train --data my.csv --image photo --text title --label kind --out RUN\n"
        "  mmdl evaluate RUN --data labelled.csv     how good it is, class by class\n"
        "  mmdl predict RUN --data new.csv           an answer for every row\n"
        "  mmdl plot attention RUN                   where it looks\n"
        "  mmdl train --init RUN --data more.csv     go on learning from more\n"
        "  mmdl train --resume RUN                   go on after a stop or a crash\n\n"
        "Start with `mmdl train`. `mmdl COMMAND --help` shows its arguments and examples. In Python,\n"
        '`from mmdl.training import load; model, extras = load("RUN/model.npz")` reads a trained model.',
    )
    top.add_argument("--version", action="version", version=f"mmdl {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(commands)
    return top


def complain(sentence, code):
    """One line on stderr, and the exit code that goes with it."""
    with suppress(OSError, ValueError):  # nobody may be there to read it
        if sys.stderr is not None:
            print(f"mmdl: {visible(sentence)}", file=sys.stderr, flush=True)
    return code
