"""Reading the library's own source: which module imports which, and what else stands in it."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]


def module_of(path):
    """mmdl/ops/dense.py -> mmdl.ops.dense, mmdl/ops/__init__.py -> mmdl.ops"""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


SOURCES = {module_of(path): path.read_text() for path in sorted((ROOT / "mmdl").rglob("*.py"))}


@cache
def nodes(source):
    """Everything that stands in a source, as Python reads it."""
    return tuple(ast.walk(ast.parse(source)))


def imports(source, modules=()):
    """The modules that a source imports, wherever in it, and under an `if` too.

    `from a import b` is an import of a.b where that is one of `modules`, else of a.
    """
    found = set()
    for node in nodes(source):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            found |= {whole if (whole := f"{module}.{alias.name}") in modules else module for alias in node.names}
    return found


def packages(source):
    """The first names of what is imported: numpy for numpy.random."""
    return {module.split(".")[0] for module in imports(source)}


def calls(source):
    """Dotted names of everything that is called: print, np.random.default_rng, or .show of something unnamed."""
    return {dotted(node.func) for node in nodes(source) if isinstance(node, ast.Call)}


def prints(source):
    """Whether something is printed on standard output: by a print that names no other stream."""
    called = [node for node in nodes(source) if isinstance(node, ast.Call)]
    streams = [
        [word.value for word in call.keywords if word.arg == "file"] for call in called if dotted(call.func) == "print"
    ]
    return any(not stream or isinstance(stream[0], ast.Constant) for stream in streams)


def names(source):
    """Dotted names of everything that is mentioned."""
    return {dotted(node) for node in nodes(source) if isinstance(node, (ast.Attribute, ast.Name))}


def dotted(node):
    """a.b.c as text; what is no name in front of the dots is left out."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def circle(graph):
    """The names along one circle of a graph {name: names}, or None."""
    finished = set()

    def walk(name, way):
        if name in way:
            return [*way[way.index(name) :], name]
        if name in finished:
            return None
        for following in sorted(graph.get(name, ())):
            if found := walk(following, [*way, name]):
                return found
        finished.add(name)
        return None

    return next(filter(None, (walk(name, []) for name in graph)), None)


def public_functions(source):
    """Names of the functions that a module offers."""
    body = ast.parse(source).body
    return [node.name for node in body if isinstance(node, ast.FunctionDef) and node.name[0] != "_"]
