"""The house of mmdl: what may import what, and what may not stand in its source."""

import ast
import importlib
import inspect
import os
import subprocess
import sys

import pytest

from mmdl.verify.catalogue import CATALOGUE
from tests.source import ROOT, SOURCES, calls, circle, imports, names, nodes, packages, prints, public_functions

FLOORS = [
    {
        "formulas",
        "shapes",
        "errors",
        "tokens",
        "files",
        "fields",
        "outline",
        "curriculum",
        "memory",
        "strict_json",
        "terminal",
    },
    {"ops"},
    {"tree", "verify", "data"},
    {"layers", "fusion"},
    {"models"},
    {"training"},
    {"plots", "explain", "check", "keras", "estimator"},
    {"cli"},
    {"__main__"},
]
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
# The ways from a room to its neighbour: a fusion is made of layers, and a formula names the kinds of its arrays.
DOORS = {("fusion", "layers"), ("formulas", "shapes")}
HELPERS = {"split_heads", "merge_heads"}  # public in ops, but no formulas
SLOW = ("matplotlib", "hypothesis", "scipy")
SETTLED = {"np.seterr", "numpy.seterr", "np.set_printoptions", "warnings.filterwarnings", "warnings.simplefilter"}
OPS = {
    (module.removeprefix("mmdl.ops."), name)
    for module, source in SOURCES.items()
    if module.startswith("mmdl.ops.") and "._" not in module
    for name in public_functions(source)
}
FORWARD = sorted(
    (file, name) for file, name in OPS if not name.endswith(("_backward", "_gradient")) and name not in HELPERS
)
every_op = pytest.mark.parametrize(("file", "name"), FORWARD, ids=[name for _, name in FORWARD])


def own_imports(module):
    """The other modules of mmdl that a module imports; `mmdl` itself holds nothing but the version."""
    return {name for name in imports(SOURCES[module], SOURCES) if name.startswith("mmdl.")}


def room(module):
    """The folder, or the file beside the folders; the package itself is none."""
    return module.split(".")[1] if "." in module else None


def may_import(module, other):
    """Own folder or floors below; files beside the rooms are a folder too."""
    mine, theirs = room(module), room(other)
    neighbours = mine == theirs or (is_file(module) and is_file(other)) or (mine, theirs) in DOORS
    return FLOOR[theirs] < FLOOR[mine] or (FLOOR[theirs] == FLOOR[mine] and neighbours)


def is_file(module):
    return (ROOT / "mmdl" / f"{room(module)}.py").exists()


def where(found, but=()):
    """The modules, but those in some rooms, in whose source `found` finds something."""
    return [module for module, source in SOURCES.items() if room(module) not in but and found(source)]


def loaded_by(modules):
    """Which slow packages come along when these modules are imported, in a Python of their own."""
    program = f"import sys, {', '.join(modules)}; print(*[name for name in {SLOW} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(done.stdout.split())


class TestImports:
    def test_every_room_has_a_floor(self):
        assert {room(module) for module in SOURCES} - {None} <= FLOOR.keys()

    def test_own_folder_and_floors_below(self):
        refused = [
            f"{module} imports {other}"
            for module in SOURCES
            for other in own_imports(module)
            if not may_import(module, other)
        ]
        assert refused == []

    def test_imports_exist_and_are_written_out(self):
        assert set().union(*map(own_imports, SOURCES)) <= SOURCES.keys()
        assert where(lambda source: any(name.startswith(".") for name in imports(source))) == []

    def test_no_circles(self):
        assert circle({module: own_imports(module) for module in SOURCES}) is None

    def test_the_oracle_is_never_asked(self):
        """Ops and layers that called their own formulas would agree with them whatever they say."""
        asking = {room(module) for module in SOURCES if any(room(name) == "formulas" for name in own_imports(module))}
        assert asking <= {"formulas", "verify"}

    def test_the_package_itself_imports_nothing_of_its_own(self):
        assert imports(SOURCES["mmdl"]) == {"importlib.util"}

    def test_matplotlib_hangs_in_plots_only(self):
        assert where(lambda source: "matplotlib" in packages(source), but=["plots"]) == []

    def test_hypothesis_works_for_verify_and_check_only(self):
        found = where(lambda source: "hypothesis" in packages(source), but=["verify", "check"])
        assert set(found) <= {"mmdl.cli.verify"}

    def test_what_is_slow_waits_until_it_is_needed(self):
        assert loaded_by(["mmdl"]) == set()
        below = [module for module in SOURCES if room(module) and FLOOR[room(module)] <= FLOOR["training"]]
        assert loaded_by([module for module in below if room(module) != "verify"]) == set()


class TestManners:
    def test_only_the_command_line_prints(self):
        """What reports progress or a mishap names the stream that it writes to; standard output is for answers."""
        assert where(prints, but=["cli"]) == []

    def test_nothing_opens_a_window(self):
        assert where(lambda source: any(name.endswith(".show") for name in calls(source))) == []

    def test_randomness_is_passed_in(self):
        allowed = {"default_rng", "Generator"}

        def drawn(source):
            found = {name.split(".")[2] for name in names(source) if name.startswith(("np.random.", "numpy.random."))}
            return found - allowed or "random" in packages(source)

        assert where(drawn) == []

    def test_no_global_state(self):
        assert where(lambda source: any(isinstance(node, ast.Global) for node in nodes(source))) == []
        assert where(lambda source: calls(source) & SETTLED) == []
        assert where(lambda source: any(name.endswith((".rcParams", ".style.use")) for name in names(source))) == []

    def test_nothing_is_run_from_a_file(self):
        """No pickle, no eval: a model file is numbers and names."""
        assert where(lambda source: packages(source) & {"pickle", "marshal", "shelve", "dill"}) == []
        assert where(lambda source: calls(source) & {"exec", "__import__"}) == ["mmdl.cli.telling"]  # the lessons
        own = ["mmdl.cli.telling", "mmdl.explain.line"]  # and lines of mmdl's own source
        assert where(lambda source: "eval" in calls(source)) == own

    def test_every_module_opens_with_a_sentence(self):
        def speechless(source):
            docstring = ast.get_docstring(ast.parse(source)) or ""
            return not docstring.split("\n\n")[0].endswith((".", ":", "`"))

        assert where(speechless) == []

    def test_every_module_fits_on_a_few_pages(self):
        assert where(lambda source: len(source.splitlines()) > 300) == []

    def test_no_function_takes_more_than_fourteen_arguments(self):
        """But formulas and operations, which take the symbols of their derivation."""

        def long(source):
            functions = [node.args for node in nodes(source) if isinstance(node, ast.FunctionDef)]
            return any(len(each.posonlyargs + each.args + each.kwonlyargs) > 14 for each in functions)

        assert where(long, but=["formulas", "ops"]) == []

    def test_no_path_of_a_machine(self):
        assert where(lambda source: any(text in source for text in ("/work/", "/tmp/", "/home/", "/root/"))) == []


class TestOps:
    @every_op
    def test_has_its_loops(self, file, name):
        formula = getattr(importlib.import_module(f"mmdl.formulas.{file}"), name, None)
        assert inspect.isfunction(formula), f"{file}.{name} has no formula"
        op = getattr(importlib.import_module(f"mmdl.ops.{file}"), name)
        mine, theirs = (list(inspect.signature(function).parameters) for function in (op, formula))
        assert theirs == [parameter for parameter in mine if parameter in theirs]

    @every_op
    def test_has_its_line_in_the_catalogue(self, file, name):
        assert name in CATALOGUE
        assert CATALOGUE[name].forward is getattr(importlib.import_module(f"mmdl.ops.{file}"), name)

    @every_op
    def test_has_its_backward_beside_it(self, file, name):
        """But for losses, which return their gradient, and for positions and filters, which are given."""
        given = file in ("losses", "positions", "filters") or name.endswith("_loss")
        assert (file, f"{name}_backward") in OPS or given

    @every_op
    def test_says_what_it_does(self, file, name):
        module = importlib.import_module(f"mmdl.ops.{file}")
        for function in (getattr(module, name), getattr(module, f"{name}_backward", None)):
            assert function is None or function.__doc__

    def test_files_of_loops_are_those_of_ops(self):
        files = {
            kind: {path.relative_to(folder) for path in folder.rglob("*.py") if path.name[0] != "_"}
            for kind in ("ops", "formulas")
            for folder in [ROOT / "mmdl" / kind]
        }
        assert files["ops"] == files["formulas"]

    def test_the_catalogue_knows_nothing_else(self):
        assert set(CATALOGUE) == {name for _, name in FORWARD}

    def test_helpers_are_where_they_are_said_to_be(self):
        assert {name for _, name in OPS} >= HELPERS


class TestTheReader:
    """What the tests above stand on."""

    def test_imports(self):
        source = "import a.b as c\ndef f():\n    from d.e import g, h\nif 1:\n    from . import i\n"
        assert imports(source) == {"a.b", "d.e", "."}
        assert imports(source, {"d.e.g"}) == {"a.b", "d.e.g", "d.e", "."}
        assert packages(source) == {"a", "d", ""}

    def test_calls_and_names(self):
        source = "plt.figure().show()\nprint(np.random.seed)\nx = [y.z(1)]"
        assert calls(source) == {"plt.figure", ".show", "print", "y.z"}
        assert names(source) >= {"np.random.seed", "y.z", "x"}

    def test_prints(self):
        assert prints("if 1:\n    print(2)") and prints("print(2, file=None)")
        assert not prints("import sys\nprint(2, file=sys.stderr)\nprint = 3")

    def test_circles(self):
        assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
        assert circle({"a": {"a"}}) == ["a", "a"]
        assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) is None

    def test_who_may_import_whom(self):
        assert may_import("mmdl.ops.dense", "mmdl.shapes")
        assert may_import("mmdl.ops.dense", "mmdl.ops.rnn")
        assert may_import("mmdl.shapes", "mmdl.errors")
        assert may_import("mmdl.fusion.vectors", "mmdl.layers.dense")
        assert not may_import("mmdl.layers.dense", "mmdl.fusion.vectors")
        assert not may_import("mmdl.errors", "mmdl.tree")
        assert not may_import("mmdl.data.preprocessors.text", "mmdl.verify.oracle")
        assert not may_import("mmdl.formulas.dense", "mmdl.errors")
        assert not may_import("mmdl.ops.dense", "mmdl.layers.dense")

    def test_files_are_found(self):
        assert len(FORWARD) > 30 and {"mmdl", "mmdl.tree", "mmdl.ops", "mmdl.ops.dense"} <= SOURCES.keys()

    def test_what_is_loaded_is_seen(self):
        assert "scipy" in loaded_by(["scipy"])


UNSAFE = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "yaml", "_pickle"}
RUNS = {"eval", "exec", "compile", "__import__", "import_module", "importlib.import_module", "joblib.load"}
OWN = {  # what runs our own sources, or those that somebody asks to have run: none of it reads a data or model file
    "mmdl",
    "mmdl.check.library",
    "mmdl.data.registry",
    "mmdl.explain.line",
    "mmdl.fusion",
    "mmdl.verify",
    "mmdl.cli.telling",
    "mmdl.verify.catalogue",
    "mmdl.verify.entry",
}


@pytest.mark.parametrize("module", sorted(set(SOURCES) - OWN))
def test_nothing_that_stands_in_a_file_is_run(module):
    """No pickle, no eval, and no import by name in any reader; NumPy is told so, too."""
    assert not {name.split(".")[0] for name in imports(SOURCES[module])} & UNSAFE
    for call in (node for node in nodes(SOURCES[module]) if isinstance(node, ast.Call)):
        name = ast.unparse(call.func)
        assert name not in RUNS, f"{module}:{call.lineno}"
        if name in ("np.load", "np.lib.format.read_array", "np.fromregex", "np.genfromtxt"):
            assert "allow_pickle=False" in ast.unparse(call), f"{module}:{call.lineno}"


def test_no_comparison_broadcasts():
    """Tests compare with `tests.close`: an empty array is all close to a row, and a row may be to a table."""
    for path in (ROOT / "tests").rglob("test_*.py"):
        attributes = {node.attr for node in nodes(path.read_text("utf-8")) if isinstance(node, ast.Attribute)}
        assert "allclose" not in attributes, path
