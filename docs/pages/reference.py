"""The reference: every public name of every room with its signature, formula, shapes, errors and source."""

import importlib
import inspect
import pkgutil
import re
import textwrap
from typing import Annotated, get_args, get_origin, get_type_hints

ROOMS = ("formulas", "ops", "layers", "fusion", "models", "training", "data", "verify", "plots", "explain", "keras")
FILES = ("tree", "tokens", "shapes", "errors")


def write(source):
    """Write reference/*.md, a page for each room."""
    folder = source / "reference"
    folder.mkdir()
    for room in (*ROOMS, *FILES):
        (folder / f"{room}.md").write_text(page(room), encoding="utf-8")
    sentences = {room: summary(importlib.import_module(f"mmdl.{room}")) for room in (*ROOMS, *FILES)}
    rows = "\n".join(f"- [mmdl.{room}]({room}.md): {said}" for room, said in sentences.items())
    names = "\n".join((*ROOMS, *FILES))
    index = f"# Reference\n\n{rows}\n\n```{{toctree}}\n:hidden:\n\n{names}\n```\n"
    (folder / "index.md").write_text(index, encoding="utf-8")


def page(room):
    """The text of one room's page."""
    module = importlib.import_module(f"mmdl.{room}")
    parts = [f"# mmdl.{room}", summary(module)]
    for name in modules_in(module):
        part = importlib.import_module(name)
        members = members_of(part)
        if members:
            parts += [f"## {name}", summary(part)] if name != module.__name__ else []
            parts += [entry(part, each, value) for each, value in members]
    return "\n\n".join(parts) + "\n"


def modules_in(module):
    """The names of a package's public modules, at any depth, or of the module itself."""
    if not hasattr(module, "__path__"):
        return [module.__name__]
    below = (each.name for each in pkgutil.walk_packages(module.__path__, f"{module.__name__}."))
    return [name for name in below if "._" not in name and ".lessons" not in name]


def members_of(module):
    """Public functions and classes that are defined in a module, in their order there."""
    found = [
        (name, value)
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(inspect.unwrap(value) if callable(value) else value))
        and getattr(value, "__module__", None) == module.__name__
    ]
    return sorted(found, key=lambda pair: inspect.getsourcelines(inspect.unwrap(pair[1]))[1])


def entry(module, name, value):
    """One function or class."""
    kind = "class" if inspect.isclass(value) else "function"
    body = [described(value), source_of(value)]
    if kind == "class":
        methods = [each for each in vars(value) if not each.startswith("_") and inspect.isroutine(getattr(value, each))]
        body[1:1] = [
            f"````{{py:method}} {each}{signature(getattr(value, each))}\n\n{described(getattr(value, each))}\n````"
            for each in methods
            if inspect.getdoc(getattr(value, each))
        ]
    inside = "\n\n".join(body)
    return f"`````{{py:{kind}}} {name}{signature(value)}\n:module: {module.__name__}\n\n{inside}\n`````"


def signature(value):
    """The arguments with their defaults, without annotations, whose shapes stand below."""
    try:
        parameters = inspect.signature(inspect.unwrap(value)).parameters.values()
    except (TypeError, ValueError):
        return "()"
    plain = [each.replace(annotation=inspect.Parameter.empty, default=default_of(each)) for each in parameters]
    return str(inspect.Signature([each for each in plain if each.name not in ("self", "cls")]))


class Default:
    """A default value that is written as it stands, and shortly."""

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return self.text


def default_of(parameter):
    """A default that a reader can use; what has no short form is three dots."""
    if parameter.default is inspect.Parameter.empty:
        return parameter.default
    text = getattr(parameter.default, "__name__", None) or repr(parameter.default)
    return Default(text if re.fullmatch(r"[-\w.'\"()]{1,30}|\(\)", text) else "...")


def described(value):
    """The formula or the first sentence, the shapes of the arguments, and the rest as it is written."""
    first, _, rest = (inspect.getdoc(value) or "").partition("\n")
    shapes = shapes_of(value)
    blocks = [block("formula", first)] if first else []
    blocks += [block("shapes", shapes)] if shapes else []
    blocks += [block("docstring", textwrap.dedent(rest).strip("\n"))] if rest.strip() else []
    return "\n\n".join(blocks)


def shapes_of(value):
    """ "q (... T D), k (... S D)" from the annotations of an op; "" where there are none."""
    plain = inspect.unwrap(value)
    notes = get_type_hints(plain, include_extras=True) if inspect.isfunction(plain) else {}
    said = []
    for name, note in notes.items():
        for each in (note, *get_args(note)):
            if get_origin(each) is Annotated and isinstance(each.__metadata__[0], str):
                said.append(f"{name} ({each.__metadata__[0]})")
                break
    return ",  ".join(said)


def block(kind, text):
    """Text as it stands, in letters of one width, wrapped where it is too wide."""
    return f"```{{code-block}} text\n:class: {kind}\n\n{text}\n```"


def source_of(value):
    """The source, folded, with its place."""
    plain = inspect.unwrap(value)
    lines, first = inspect.getsourcelines(plain)
    file = f"mmdl/{inspect.getsourcefile(plain).split('/mmdl/')[-1]}"
    code = textwrap.dedent("".join(lines)).rstrip()
    return f":::{{dropdown}} Source: {file}, line {first}\n```python\n{code}\n```\n:::"


def summary(module):
    """The first paragraph of a module's docstring."""
    return " ".join((inspect.getdoc(module) or "").split("\n\n")[0].split())
