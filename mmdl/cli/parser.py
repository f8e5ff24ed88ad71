"""What all commands share: a parser that complains in one line, and numbers that make sense."""

import argparse
import difflib
import math
import re

WRONG_USAGE = 2


class Parser(argparse.ArgumentParser):
    """argparse's, with texts kept as they are written, options spelled out, and one line for a mistake."""

    def __init__(self, **settings):
        super().__init__(**settings, allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter)

    def parse_known_args(self, args=None, namespace=None):
        """argparse's, but a command complains itself of what it does not know: it knows its options."""
        known, unknown = super().parse_known_args(args, namespace)
        if unknown:
            options = [each.partition("=")[0] for each in unknown if each.startswith("--")]
            near = [best for each in options for best in near_to(each, self._option_string_actions)]
            guess = f"; did you mean {near[0]}?" if near else ""
            self.error(f"unrecognized arguments: {' '.join(unknown)}{guess}")
        return known, unknown

    def error(self, message):
        """Leave with the exit code for wrong usage, and with a guess at what was meant."""
        sentence = message.removeprefix("argument ")
        if found := re.search(r"invalid choice: '([^']*)' \(choose from (.*)\)", sentence):
            near = near_to(found[1], re.findall(r"[\w-]+", found[2]))
            sentence += f"; did you mean {near[0]}?" if near else ""
        self.exit(WRONG_USAGE, f"mmdl: {sentence} (see {self.prog} --help)\n")


def near_to(word, known):
    """The closest of the known words, if one is close.  -> list of one, or of none"""
    return difflib.get_close_matches(word, known, n=1)


def visible(text):
    """A text from a file of somebody else, with escapes for all that a terminal would not show, but obey."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in str(text))


def add_command(commands, run, name, summary, description, examples):
    """The parser of one command.

    Parameters
    ----------
    commands : what `add_subparsers` returned
    run : function of the parsed arguments that returns the exit code
    name, summary : str
        As `mmdl --help` lists them.
    description, examples : str
        Above and below the arguments in `mmdl NAME --help`.
    """
    parser = commands.add_parser(name, help=summary, description=description, epilog=f"examples:\n{examples}")
    parser.set_defaults(run=run, wrong_usage=parser.error)
    return parser


class WhenShown(str):
    """A help text that is made when it is shown: no other command waits for the imports that it takes."""

    def __new__(cls, make):
        text = super().__new__(cls, "made when it is shown")
        text.make = make
        return text

    def __mod__(self, values):
        return self.make()


def whole_number(least):
    """A type for arguments: a whole number that is not below `least`."""

    def parse(text):
        try:
            number = int(text)
        except ValueError:
            number = None
        if number is None or number < least:
            raise argparse.ArgumentTypeError(f"a whole number of at least {least} is needed, not {text}")
        return number

    return parse


def positive_number(text):
    """A type for arguments: a number above 0 that is not infinite."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"a number above 0 is needed, not {text}")
    return number
