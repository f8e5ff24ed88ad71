"""Change the code in one place at a time, and see whether the tests notice.

python -m tests.mutants map                               which test runs which line (once, some minutes)
python -m tests.mutants map tests/ops/test_add.py         the same for new tests, added to what is known
python -m tests.mutants run mmdl/ops mmdl/verify          every mutant of these folders; prints the survivors
python -m tests.mutants run mmdl/ops --sample 200         so many of them, drawn by --seed

`pip install cosmic-ray` brings the operators. Its own runner would start an interpreter and all the tests for each
mutant; here the tests are collected once, and a fork of that process gives the changed functions their new code and
runs the tests that reach the line. What was changed outside of every function is tried where
nothing of the package has been imported yet, and so is, by the next run, what has survived. Verdicts are kept: a mutant
that was killed is not tried again while its file stays the same. What survives and is equivalent is told in
`mutation.md`.
"""

import argparse
import ast
import collections
import functools
import gc
import hashlib
import importlib.machinery
import json
import math
import os
import random
import resource
import select
import signal
import sys
import types
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
MAP = ROOT / "runs" / "mutants"
KNOWN = MAP / "map.json"
TESTED = ("cli", "data", "explain", "formulas", "fusion", "keras", "layers", "models", "ops", "training", "verify")
COLLECTED = [f"tests/{name}" for name in TESTED if name not in ("cli", "keras")]  # the others start processes
QUICK = ["-q", "-m", "not slow", "-p", "no:cacheprovider"]
SWAPS = {
    "BinaryOperator": "Add_Sub Sub_Add Mul_Div Div_Mul Pow_Mul FloorDiv_Mul Mod_Mul BitOr_BitAnd BitAnd_BitOr",
    "ComparisonOperator": "Lt_LtE LtE_Lt Gt_GtE GtE_Gt Eq_NotEq NotEq_Eq Is_IsNot Lt_Gt Gt_Lt",
}
OPERATORS = (
    *(f"Replace{kind}_{pair}" for kind, pairs in SWAPS.items() for pair in pairs.split()),
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


def draw_map(tests):
    """Run the quick tests under coverage, with the test as its context; keep lines and durations in `MAP`."""
    import coverage
    import pytest

    MAP.mkdir(parents=True, exist_ok=True)
    known = json.loads(KNOWN.read_text(encoding="utf-8")) if tests else {"seconds": {}, "lines": {}}
    measured = coverage.Coverage(data_file=None, source=["mmdl"], config_file=False)

    class Contexts(Durations):
        def pytest_runtest_setup(self, item):
            measured.switch_context(item.nodeid)

    plugin = Contexts()
    measured.start()
    pytest.main([*QUICK, *(tests or [f"tests/{name}" for name in TESTED])], plugins=[plugin])
    measured.stop()
    data = measured.get_data()
    for path in data.measured_files():
        lines = known["lines"].setdefault(os.path.relpath(path, ROOT), {})
        for line, reached_by in data.contexts_by_lineno(path).items():
            lines[str(line)] = sorted({*lines.get(str(line), []), *reached_by} - {""})
    known["seconds"] |= plugin.seconds
    KNOWN.write_text(json.dumps(known), encoding="utf-8")


def silent_places(source):
    """The (line, column) spans where a change changes no behaviour.

    These are annotations, the texts of errors, the -1 of `reshape` (to NumPy -2 is as good), the `strict` of `zip`, and
    which sizes and settings a property test draws from.
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
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("draws.of", "draws.size"):
            quiet = node.args
        elif isinstance(node, ast.keyword) and node.arg == "strict":
            quiet = [node.value]
        quiet = [part for part in quiet if part is not None]
        spans += [((part.lineno, part.col_offset), (part.end_lineno, part.end_col_offset)) for part in quiet]
    return spans


class Mutant(NamedTuple):
    """One change: an operator of cosmic-ray at one of the places in a file where it fits."""

    path: Path
    operator: str
    occurrence: int
    line: int

    def source(self):
        return self.path.read_text(encoding="utf-8")

    def mutated(self):
        from cosmic_ray.mutating import mutate_code
        from cosmic_ray.plugins import get_operator

        return mutate_code(self.source(), get_operator(f"core/{self.operator}")(), self.occurrence)

    def name(self):
        digest = hashlib.sha256(self.source().encode()).hexdigest()[:12]
        return f"{self.path.relative_to(ROOT)}@{digest} {self.operator} {self.occurrence}"

    def __str__(self):
        pairs = zip(self.source().splitlines(), self.mutated().splitlines(), strict=False)
        old, new = next(((a.strip(), b.strip()) for a, b in pairs if a != b), ("", ""))
        return f"{self.path.relative_to(ROOT)}:{self.line} {self.operator}\n    {old}\n    {new}"


def mutants(path):
    """Every change to a file, without those that no behaviour depends on."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.plugins import get_operator

    source = path.read_text(encoding="utf-8")
    silent = silent_places(source)
    nodes = list(ast_nodes(get_ast(source)))
    for name in OPERATORS:
        operator, occurrence = get_operator(f"core/{name}")(), -1
        for node in nodes:
            for start, _ in operator.mutation_positions(node):
                occurrence += 1
                if not any(first <= start <= last for first, last in silent):
                    yield Mutant(path, name, occurrence, start[0])


def enclosing(source, line):
    """The lines of the innermost function that holds a line, or of the whole file."""
    spans = [
        range(min([node.lineno, *(d.lineno for d in node.decorator_list)]), node.end_lineno + 1)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    ]
    return min((span for span in spans if line in span), key=len, default=range(1, len(source.splitlines()) + 1))


class Reach:
    """Which tests reach a line, and how long they take."""

    def __init__(self, budget):
        known = json.loads(KNOWN.read_text(encoding="utf-8"))
        self.lines, self.seconds, self.budget = known["lines"], known["seconds"], budget
        running = {test for lines in self.lines.values() for tests in lines.values() for test in tests}
        self.onlookers = self.seconds.keys() - running

    def tests_of(self, mutant):
        """The tests that reach a mutant, as many as together take `budget` seconds, and their time.

        Those of its own folder come first, and among these the quickest.
        What runs when the module is imported (a default, a constant) is reached by whoever runs the function or class
        around it, or else anything of the file, and by tests that look at functions without running them.
        """
        lines = self.lines.get(str(mutant.path.relative_to(ROOT)), {})
        reaching = {int(line): tests for line, tests in lines.items()}
        names = set()
        for numbers in ([mutant.line], enclosing(mutant.source(), mutant.line), list(reaching)):
            names = names or {test for number in numbers for test in reaching.get(number, []) if test in self.seconds}
        if not reaching.get(mutant.line):
            names |= self.onlookers
        own = f"tests/{mutant.path.relative_to(ROOT).parts[1]}/"
        chosen, total = [], 0.0
        for test in sorted(names, key=lambda test: (not test.startswith(own), self.seconds[test])):
            total += self.seconds[test]
            if total > self.budget:
                break
            chosen.append(test)
        return chosen, total


def in_a_fork(work, limit=None):
    """What `work()` returns, a string, in a forked process; "endless" if it takes more than `limit` CPU seconds."""
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        os.setsid()
        if limit:
            silence = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silence, 1), os.dup2(silence, 2)
            resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(limit), math.ceil(limit)))
        try:
            said = work()
        except BaseException as problem:
            said = f"killed by {problem!r}"
        os.write(writing, said.encode()[:4000])
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        done = select.select([pipe], [], [], limit and 20 * limit)[0]  # what sleeps takes no CPU time
        said = pipe.read().decode() if done else ""
    if not done:
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return said or "endless"


def place(code):
    return code.co_filename, code.co_qualname, code.co_firstlineno


def living(paths):
    """The functions of some files that exist in this process, by their places."""
    found = collections.defaultdict(list)
    for each in gc.get_objects():
        if isinstance(each, types.FunctionType) and each.__code__.co_filename in paths:
            found[place(each.__code__)].append(each)
    return found


def parts(code):
    """A code object without what is written inside it, as text, and the code objects of that."""
    inner = [each for each in code.co_consts if isinstance(each, types.CodeType)]
    return repr((code.co_code, code.co_names, [each for each in code.co_consts if each not in inner])), inner


def changes(old, new, functions):
    """Pairs of a living function and its new code; None if anything but living functions changed."""
    if old == new:
        return []
    pairs = [(function, new) for function in functions.get(place(old), [])]
    (before, olds), (after, news) = parts(old), parts(new)
    within = [changes(*each, functions) for each in zip(olds, news, strict=False)]
    if not pairs and (before != after or None in within):
        return None
    return pairs + [pair for each in within for pair in each or []]


def tried(items, pairs):
    """Give functions their new code and run collected tests.  -> "survived", or "killed by" the first that fails"""
    for function, code in pairs:
        function.__code__ = code
    for item, following in zip(items, [*items[1:], None], strict=False):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if item.session.testsfailed:
            return f"killed by {item.nodeid}"
    return "survived"


def tried_anew(path, code, tests):
    """Run tests where the file, not yet imported, holds other code.  -> "killed" or "survived" """
    import pytest

    read = importlib.machinery.SourceFileLoader.get_code

    def get_code(loader, name):
        return compile(code, str(path), "exec") if Path(loader.path) == path else read(loader, name)

    importlib.machinery.SourceFileLoader.get_code = get_code
    return "killed" if pytest.main([*QUICK, "-x", *tests]) else "survived"


class Trials:
    """A pytest plugin that tries mutants with the collected tests, in the place of running them."""

    def __init__(self, chosen, reach, keep):
        self.chosen, self.reach, self.keep = chosen, reach, keep
        self.sound = {}

    def pytest_collection(self):
        """A failure need not be made small."""
        from hypothesis import Phase, settings

        settings.register_profile("mutants", settings.default, phases=[Phase.explicit, Phase.generate])
        settings.load_profile("mutants")

    def pytest_runtestloop(self, session):
        self.items = {item.nodeid: item for item in session.items}
        self.functions = living({str(mutant.path) for mutant in self.chosen})
        gc.freeze()
        for mutant in self.chosen:
            self.keep(mutant, self.verdict(mutant))
        return True

    def verdict(self, mutant):
        try:
            old, new = (compile(text, str(mutant.path), "exec") for text in (mutant.source(), mutant.mutated()))
        except SyntaxError:
            return "no code"
        pairs = changes(old, new, self.functions)
        tests, total = self.reach.tests_of(mutant)
        if not tests:
            return "unreached"
        if pairs is None:
            return "outside"
        while True:
            items = [self.items[test] for test in tests if test in self.items and self.sound.get(test, True)]
            said = in_a_fork(functools.partial(tried, items, pairs), 5 + 2 * total)
            killer = said.removeprefix("killed by ")
            if killer not in self.items or self.is_sound(killer):
                return said

    def is_sound(self, test):
        """Whether a test passes in a fork where nothing has changed; one that does not shows nothing."""
        if test not in self.sound:
            self.sound[test] = in_a_fork(functools.partial(tried, [self.items[test]], []), 120) == "survived"
        return self.sound[test]


def run(folders, sample, seed, first, budget):
    """Try the mutants of some folders or files, and print those that no test noticed."""
    import hypothesis.strategies  # noqa: F401  (imported once, before the fork)
    import numpy as np  # noqa: F401
    import pytest
    import scipy.signal  # noqa: F401

    reach = Reach(budget)
    kept = MAP / "verdicts.jsonl"
    verdicts = dict(map(json.loads, kept.read_text(encoding="utf-8").splitlines())) if kept.exists() else {}

    def keep(mutant, verdict):
        verdicts[mutant.name()] = verdict
        with open(kept, "a", encoding="utf-8") as file:
            print(json.dumps([mutant.name(), verdict]), file=file)
        if verdict.startswith(("survived", "unreached", "endless")):
            print(verdict, mutant, flush=True)

    paths = [ROOT / folder for folder in folders]
    files = [file for path in paths for file in ([path] if path.suffix else sorted(path.rglob("*.py")))]
    every = [mutant for file in files for mutant in mutants(file)]
    chosen = random.Random(seed).sample(every, min(sample or len(every), len(every)))
    alive = [each for each in chosen if not verdicts.get(each.name(), "").startswith(("killed", "endless", "no code"))]
    if untried := [each for each in alive if each.name() not in verdicts]:
        trials = Trials(untried, reach, keep)
        in_a_fork(lambda: str(pytest.main([*QUICK, "-s", "-n0", *COLLECTED], plugins=[trials])))
        verdicts |= dict(map(json.loads, kept.read_text(encoding="utf-8").splitlines()))
    if not first:
        for mutant in set(alive) - {each for each in untried if verdicts[each.name()] != "outside"}:
            tests, total = reach.tests_of(mutant)
            anew = functools.partial(tried_anew, mutant.path, mutant.mutated(), tests)
            keep(mutant, in_a_fork(anew, 30 + 2 * total))
    counts = collections.Counter(verdicts[mutant.name()].split()[0] for mutant in chosen)
    del counts["no"]
    print(f"{counts.total()} of {len(every)} mutants:", ", ".join(f"{count} {word}" for word, count in counts.items()))


if __name__ == "__main__":
    os.chdir(ROOT)
    os.environ |= {"CI": "true", "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    sys.path.insert(0, str(ROOT))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    actions = parser.add_subparsers(dest="action", required=True)
    mapping = actions.add_parser("map", help="find which test runs which line")
    mapping.add_argument("tests", nargs="*", metavar="TEST", help="a file of new tests (default: all of them)")
    running = actions.add_parser("run", help="try the mutants")
    running.add_argument("folders", nargs="+", metavar="FOLDER", help="a folder or file of the package")
    running.add_argument("--sample", type=int, default=0, help="how many, drawn at random (default: all)")
    running.add_argument("--seed", type=int, default=0)
    running.add_argument("--first", action="store_true", help="only what was never tried, and only in forks")
    running.add_argument("--budget", type=float, default=8.0, help="seconds of tests a mutant (default 8)")
    arguments = vars(parser.parse_args())
    {"map": draw_map, "run": run}[arguments.pop("action")](**arguments)
