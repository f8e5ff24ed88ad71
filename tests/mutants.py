"""Change the code in one place at a time, and see whether the tests notice.

python -m tests.mutants map                               which test runs which line (once, some minutes)
python -m tests.mutants run mmdl/ops mmdl/verify          every mutant of these folders; prints the survivors
python -m tests.mutants run mmdl/ops --sample 200         so many of them, drawn by --seed

`pip install cosmic-ray` brings the operators. Its own runner would start an interpreter and all the tests for each
mutant; here a process is forked from one that has imported the libraries, and runs only the tests that reach the line.
What survives and is equivalent is told in `mutation.md`.
"""

import argparse
import ast
import importlib.machinery
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
MAP = ROOT / "runs" / "mutants"
TESTED = ("data", "explain", "formulas", "fusion", "layers", "models", "ops", "training", "verify")
OPERATORS = (
    *(
        f"ReplaceBinaryOperator_{a}_{b}"
        for a, b in [
            ("Add", "Sub"),
            ("Sub", "Add"),
            ("Mul", "Div"),
            ("Div", "Mul"),
            ("Pow", "Mul"),
            ("FloorDiv", "Mul"),
        ]
        + [("Mod", "Mul"), ("BitOr", "BitAnd"), ("BitAnd", "BitOr")]
    ),
    *(
        f"ReplaceComparisonOperator_{a}_{b}"
        for a, b in [("Lt", "LtE"), ("LtE", "Lt"), ("Gt", "GtE"), ("GtE", "Gt"), ("Eq", "NotEq"), ("NotEq", "Eq")]
        + [("Is", "IsNot"), ("IsNot", "Is"), ("Lt", "Gt"), ("Gt", "Lt")]
    ),
    *("ReplaceUnaryOperator_Delete_Not", "ReplaceUnaryOperator_Delete_USub", "AddNot", "NumberReplacer"),
    *("ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "ReplaceAndWithOr", "ReplaceOrWithAnd"),
    *("ReplaceBreakWithContinue", "ReplaceContinueWithBreak", "ZeroIterationForLoop"),
)


class Durations:
    """A pytest plugin that keeps how long each test took, in seconds."""

    def __init__(self):
        self.seconds = {}

    def pytest_runtest_logreport(self, report):
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration


def draw_map():
    """Run the quick tests under coverage, with the test as its context; keep lines and durations in `MAP`."""
    import coverage
    import pytest

    MAP.mkdir(parents=True, exist_ok=True)
    measured = coverage.Coverage(data_file=str(MAP / "lines"), source=["mmdl"], config_file=False)

    class Contexts(Durations):
        def pytest_runtest_setup(self, item):
            measured.switch_context(item.nodeid)

    plugin = Contexts()
    measured.start()
    pytest.main(
        ["-q", "-m", "not slow", "-p", "no:cacheprovider", *(f"tests/{name}" for name in TESTED)], plugins=[plugin]
    )
    measured.stop()
    measured.save()
    (MAP / "seconds.json").write_text(json.dumps(plugin.seconds), encoding="utf-8")


def silent_places(source):
    """The (line, column) spans where a change changes no behaviour.

    These are annotations, the texts of errors, the -1 of `reshape` (to NumPy -2 is as good) and the `strict` of `zip`.
    """
    spans = []
    for node in ast.walk(ast.parse(source)):
        quiet = []
        if isinstance(node, ast.FunctionDef):
            quiet = [node.returns, *(a.annotation for a in ast.walk(node.args) if isinstance(a, ast.arg))]
        elif isinstance(node, ast.AnnAssign):
            quiet = [node.annotation]
        elif isinstance(node, ast.Raise):
            quiet = [node.exc]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "reshape":
            quiet = [size for size in node.args if isinstance(size, ast.UnaryOp)]
        elif isinstance(node, ast.keyword) and node.arg == "strict":
            quiet = [node.value]
        quiet = [part for part in quiet if part is not None]
        spans += [((part.lineno, part.col_offset), (part.end_lineno, part.end_col_offset)) for part in quiet]
    return spans


def mutants(path):
    """Every change to a file: (operator, occurrence, line), without those that no behaviour depends on."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.plugins import get_operator

    source = path.read_text(encoding="utf-8")
    silent = silent_places(source)
    for name in OPERATORS:
        operator, occurrence = get_operator(f"core/{name}")(), -1
        for node in ast_nodes(get_ast(source)):
            for start, _ in operator.mutation_positions(node):
                occurrence += 1
                if not any(first <= start <= last for first, last in silent):
                    yield name, occurrence, start[0]


def enclosing(source, line):
    """The lines of the innermost function that holds a line, or of the whole file."""
    spans = [
        range(min([node.lineno, *(d.lineno for d in node.decorator_list)]), node.end_lineno + 1)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    ]
    return min((span for span in spans if line in span), key=len, default=range(1, len(source.splitlines()) + 1))


def tests_of(lines, seconds, path, line, budget):
    """The tests that reach a line, the quickest first, as many as together take `budget` seconds.

    What runs when the module is imported (a default, a constant) is reached by whoever runs the function or class
    around it, or else anything of the file.
    """
    reaching = lines.contexts_by_lineno(str(path))
    span = enclosing(path.read_text(encoding="utf-8"), line)
    names = set()
    for candidates in ([line], span, list(reaching)):
        names = names or {test for number in candidates for test in reaching.get(number, []) if test in seconds}
    chosen, total = [], 0.0
    for test in sorted(names, key=seconds.get):
        total += seconds[test]
        if total > budget:
            break
        chosen.append(test)
    return chosen, total


def survives(path, code, tests, limit):
    """Run the tests in a forked process where the file holds other code.  -> bool: nothing failed in `limit` seconds"""
    import pytest

    if (child := os.fork()) == 0:
        read = importlib.machinery.SourceFileLoader.get_code

        def get_code(loader, name):
            return compile(code, str(path), "exec") if Path(loader.path) == path else read(loader, name)

        importlib.machinery.SourceFileLoader.get_code = get_code
        os.setsid()
        out = os.open(os.devnull, os.O_WRONLY)
        os.dup2(out, 1), os.dup2(out, 2)
        try:
            status = pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests])
        except BaseException:
            status = 1
        os._exit(int(status))
    end = time.monotonic() + limit
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status == 0
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False  # an endless loop is noticed


def run(folders, sample, seed, budget, report):
    """Try the mutants of some folders or files, and print those that no test noticed."""
    import coverage
    import hypothesis.strategies  # noqa: F401  (imported once, before the fork)
    import numpy as np  # noqa: F401
    import scipy.signal  # noqa: F401
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    lines = coverage.CoverageData(str(MAP / "lines"))
    lines.read()
    seconds = json.loads((MAP / "seconds.json").read_text(encoding="utf-8"))
    files = [
        path
        for name in folders
        for path in ([ROOT / name] if name.endswith(".py") else sorted((ROOT / name).rglob("*.py")))
    ]
    every = [(path, *mutant) for path in files for mutant in mutants(path)]
    chosen = random.Random(seed).sample(every, min(sample or len(every), len(every)))
    killed = unreached = 0
    for number, (path, operator, occurrence, line) in enumerate(chosen, 1):
        source = path.read_text(encoding="utf-8")
        code = mutate_code(source, get_operator(f"core/{operator}")(), occurrence)
        tests, total = tests_of(lines, seconds, path, line, budget)
        verdict = "killed"
        if not tests:
            verdict, unreached = "unreached", unreached + 1
        elif survives(path, code, tests, 20 + 20 * total):
            verdict = "survived"
        else:
            killed += 1
        if verdict != "killed":
            pairs = zip(source.splitlines(), code.splitlines(), strict=False)
            old, new = next(((a.strip(), b.strip()) for a, b in pairs if a != b), ("", ""))
            entry = f"{verdict} {path.relative_to(ROOT)}:{line} {operator} [{len(tests)} tests]\n    {old}\n    {new}"
            with open(report, "a", encoding="utf-8") as kept:
                print(entry, file=kept)
            print(entry, flush=True)
        if number % 50 == 0 or number == len(chosen):
            print(
                f"{killed} of {number} killed ({killed / number:.1%}), {unreached} not reached; {len(every)} in all",
                flush=True,
            )


if __name__ == "__main__":
    os.chdir(ROOT)
    os.environ |= {"CI": "true", "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    sys.path.insert(0, str(ROOT))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("map", help="find which test runs which line")
    running = actions.add_parser("run", help="try the mutants")
    running.add_argument("folders", nargs="+", metavar="FOLDER", help="a folder or file of the package")
    running.add_argument("--sample", type=int, default=0, help="how many, drawn at random (default: all)")
    running.add_argument("--seed", type=int, default=0)
    running.add_argument("--budget", type=float, default=60.0, help="seconds of tests a mutant (default 60)")
    running.add_argument("--report", default=str(MAP / "survivors.txt"))
    arguments = parser.parse_args()
    if arguments.action == "map":
        draw_map()
    else:
        run(arguments.folders, arguments.sample, arguments.seed, arguments.budget, arguments.report)
