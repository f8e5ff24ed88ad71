"""The house of mmdl: what may import what, and what may not stand in its source."""

import ast
import importlib
import inspect
import os
import subprocess
import sys

import pytest

from mmdl.verify.catalogue import CATALOGUE
from tests.source import FILES, MODULES, ROOT, calls, circle, imports, module_of, names, packages, public_functions

FLOORS = [
    {"formulas", "shapes", "errors", "tokens"},
    {"ops"},
    {"tree", "verify", "data"},
    {"layers", "fusion"},
    {"models"},
    {"training"},
    {"plots", "keras"},
    {"cli"},
    {"__main__"},
]
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
DOORS = {("fusion", "layers")}  # a fusion is made of layers: the one way from a room to its neighbour
HELPERS = {"split_heads", "merge_heads", "initial_states", "keep"}  # public in ops, but no formulas
SLOW = ("matplotlib", "hypothesis", "scipy")
SETTLED = ("np.seterr", "numpy.seterr", "np.set_printoptions", "warnings.filterwarnings", "warnings.simplefilter")
OPS = {
    (module.removeprefix("mmdl.ops."), name)
    for module, path in MODULES.items()
    if module.startswith("mmdl.ops.") and "._" not in module
    for name in public_functions(path.read_text())
}
FORWARD = sorted(
    (file, name) for file, name in OPS if not name.endswith(("_backward", "_gradient")) and name not in HELPERS
)
every_module = pytest.mark.parametrize("module", [module for module in MODULES if module != "mmdl"])
every_file = pytest.mark.parametrize("path", FILES, ids=module_of)
every_op = pytest.mark.parametrize(("file", "name"), FORWARD, ids=[name for _, name in FORWARD])


def own_imports(module):
    """The other modules of mmdl that a module imports; `mmdl` itself holds nothing but the version."""
    return {name for name in imports(MODULES[module].read_text(), MODULES) if name.startswith("mmdl.")}


def room(module):
    return module.split(".")[1]


def may_import(module, other):
    """Own folder or floors below; files beside the rooms are a folder too."""
    mine, theirs = room(module), room(other)
    neighbours = mine == theirs or (is_file(module) and is_file(other)) or (mine, theirs) in DOORS
    return FLOOR[theirs] < FLOOR[mine] or (FLOOR[theirs] == FLOOR[mine] and neighbours)


def is_file(module):
    return (ROOT / "mmdl" / f"{room(module)}.py").exists()


class TestImports:
    @every_module
    def test_every_room_has_a_floor(self, module):
        assert room(module) in FLOOR

    @every_module
    def test_own_folder_and_floors_below(self, module):
        refused = {other for other in own_imports(module) if not may_import(module, other)}
        assert not refused, f"{module} on floor {FLOOR[room(module)]} imports {refused}"

    @every_module
    def test_imports_exist_and_are_written_out(self, module):
        assert own_imports(module) <= MODULES.keys()
        assert not any(name.startswith(".") for name in imports(MODULES[module].read_text()))

    def test_no_circles(self):
        assert circle({module: own_imports(module) for module in MODULES}) is None

    def test_the_oracle_is_never_asked(self):
        """Ops and layers that called their own formulas would agree with them whatever they say."""
        asking = {module for module in MODULES if any(room(name) == "formulas" for name in own_imports(module))}
        assert {room(module) for module in asking} <= {"formulas", "verify"}

    def test_the_package_itself_imports_nothing(self):
        assert not imports(MODULES["mmdl"].read_text())

    @every_file
    def test_matplotlib_hangs_in_plots_only(self, path):
        assert path.parent.name == "plots" or "matplotlib" not in packages(path.read_text())

    @every_file
    def test_hypothesis_works_in_verify_only(self, path):
        assert path.parent.name == "verify" or "hypothesis" not in packages(path.read_text())

    def test_what_is_slow_waits_until_it_is_needed(self):
        assert loaded_by(["mmdl"]) == set()
        below = [name for name in MODULES if name == "mmdl" or FLOOR[room(name)] <= FLOOR["training"]]
        assert loaded_by([name for name in below if not name.startswith("mmdl.verify")]) == set()


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


class TestManners:
    @every_file
    def test_only_the_command_line_prints(self, path):
        assert "cli" in path.parts or "print" not in calls(path.read_text())

    @every_file
    def test_nothing_opens_a_window(self, path):
        assert not {name for name in calls(path.read_text()) if name.endswith(".show")}

    @every_file
    def test_randomness_is_passed_in(self, path):
        source = path.read_text()
        allowed = ("default_rng", "Generator", "SeedSequence", "PCG64", "random")
        assert not {
            name
            for name in names(source)
            if name.startswith(("np.random.", "numpy.random.")) and name.split(".")[2] not in allowed
        }
        assert "random" not in packages(source)
        assert not calls(source) & {"np.random.random", "numpy.random.random"}

    @every_file
    def test_no_global_state(self, path):
        source = path.read_text()
        assert not [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Global)]
        assert not calls(source) & set(SETTLED)
        assert not {name for name in names(source) if name.endswith((".rcParams", ".style.use"))}

    @every_file
    def test_nothing_is_run_from_a_file(self, path):
        """No pickle, no eval: a model file is numbers and names."""
        source = path.read_text()
        assert not packages(source) & {"pickle", "marshal", "shelve", "dill"}
        assert not calls(source) & {"eval", "exec", "__import__"}

    @every_file
    def test_opens_with_a_sentence(self, path):
        docstring = ast.get_docstring(ast.parse(path.read_text()))
        assert docstring and docstring.split("\n\n")[0].rstrip().endswith((".", ":", "`"))

    @every_file
    def test_fits_on_a_few_pages(self, path):
        assert len(path.read_text().splitlines()) <= 300

    @every_file
    def test_has_no_path_of_a_machine(self, path):
        source = path.read_text()
        assert not [text for text in ("/work/", "/tmp/", "/home/", "/root/") if text in source]


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
        """But for losses, which return their gradient, and positions, which depend on nothing."""
        assert (file, f"{name}_backward") in OPS or file in ("losses", "positions")

    @every_op
    def test_says_what_it_does(self, file, name):
        module = importlib.import_module(f"mmdl.ops.{file}")
        for function in (getattr(module, name), getattr(module, f"{name}_backward", None)):
            assert function is None or function.__doc__

    def test_files_of_loops_are_those_of_ops(self):
        files = {
            kind: {path.name for path in (ROOT / "mmdl" / kind).glob("*.py") if path.name[0] != "_"}
            for kind in ("ops", "formulas")
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
        assert not may_import("mmdl.data.text", "mmdl.verify.oracle")
        assert not may_import("mmdl.formulas.dense", "mmdl.errors")
        assert not may_import("mmdl.ops.dense", "mmdl.layers.dense")

    def test_files_are_found(self):
        assert len(FORWARD) > 30 and {"mmdl", "mmdl.tree", "mmdl.ops", "mmdl.ops.dense"} <= MODULES.keys()

    def test_what_is_loaded_is_seen(self):
        assert "scipy" in loaded_by(["scipy"])
