"""`mmdl verify`: hold the operations against their formulas and their gradients."""

import tempfile
from contextlib import contextmanager
from dataclasses import asdict

from mmdl.cli.as_json import add_json, print_json
from mmdl.cli.parser import add_command, whole_number
from mmdl.terminal import progress_bar

DESCRIPTION = """\
Check every operation on random shapes, settings and numbers: it equals the
loops of its formula, its backward pass equals the complex-step gradient, it
satisfies the adjoint identity and its own laws, and it does not modify its
arguments.

For each failure the smallest failing case is described, and the exit code is
1."""

EXAMPLES = """\
  mmdl verify                          all of them: one or two minutes
  mmdl verify conv2d lstm attention    these three
  mmdl verify softmax --examples 500   one of them, thoroughly"""


def add(commands):
    """Describe `mmdl verify`."""
    parser = add_command(commands, run, "verify", "check every operation and its gradient", DESCRIPTION, EXAMPLES)
    parser.add_argument("ops", metavar="OP", nargs="*", help="operations to check; all if none is named")
    parser.add_argument(
        "--examples",
        metavar="N",
        type=whole_number(1),
        default=50,
        help="cases for each property of each operation (default: %(default)s)",
    )
    add_json(parser)


def run(arguments):
    """Print a row for each operation; 1 if any fails."""
    from mmdl.verify.catalogue import CATALOGUE
    from mmdl.verify.run import table, verify

    running = verify(arguments.ops, arguments.examples)
    reports = []
    try:
        with quiet_hypothesis():
            # disable=None: a bar on a terminal only
            for report in progress_bar(running, "ops", len(arguments.ops or CATALOGUE), leave=False, disable=None):
                reports.append(report)
    finally:
        if arguments.json:  # after Ctrl-C, too
            ops = [{**asdict(report), "passed": not report.failures} for report in reports]
            print_json(passed=all(op["passed"] for op in ops), ops=ops)
        elif reports:
            print(table(reports))
    return 1 if any(report.failures for report in reports) else 0


@contextmanager
def quiet_hypothesis():
    """Hypothesis without its notes in the current folder, and without its advice to authors of tests."""
    from hypothesis.configuration import set_hypothesis_home_dir
    from hypothesis.reporting import with_reporter

    with tempfile.TemporaryDirectory() as folder, with_reporter(lambda line: None):
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)
