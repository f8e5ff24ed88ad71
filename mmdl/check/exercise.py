"""What is known about a function that a student writes: the right one, cases to try it on, hints."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from mmdl.check.draws import EXTREMES, NOTHING, PLAIN, TIES, Batches, Variant
from mmdl.verify.catalogue import CATALOGUE
from mmdl.verify.entry import Entry


@dataclass(frozen=True, eq=False, repr=False)
class Case:
    """Arguments to try a function on: all that the whole op knows, of which the function takes its own."""

    arguments: dict
    lengths: dict  # of letters
    exact: bool = False  # whether rounding can decide nothing, as where numbers are equal on purpose

    @cached_property
    def shape(self):
        """The shapes of arrays and the values of settings, as something that can be compared."""
        return repr([(name, outline(value)) for name, value in self.arguments.items()])


@dataclass(frozen=True, eq=False)
class Exercise:
    """One function to write."""

    reference: Callable
    draw: Callable  # Draws -> arguments by name
    outputs: tuple[str, ...]
    hints: tuple[str, ...] = ()
    follow: Callable = lambda arguments, rng: arguments  # what else is known, once the settings are
    extreme: tuple[str, ...] = ()  # arguments that must stand ±1e4
    variants: tuple[Variant, ...] = (PLAIN,)
    whole: Callable | None = None  # the op whose settings the draws know; the reference itself if None
    entry: Entry | None = None  # of the op, where this is its whole forward or backward pass
    part: str = "forward"
    family: "Exercise | None" = None  # the exercise of which this is a part, and whose known mistakes are this one's
    axes: dict[str, str] | None = None  # contracts of results, where those of the op do not tell
    tolerance: float = 1e-9
    settle: Callable = lambda results: results  # into one of several forms that are equally right
    seconds: float = 5.0  # that one call may take

    @property
    def name(self):
        """The name of the function."""
        return self.reference.__name__

    @property
    def library_name(self):
        """The function whose known mistakes may be found in this one."""
        return self.family.library_name if self.family else self.name

    @property
    def all_outputs(self):
        """The results of that function."""
        return self.family.all_outputs if self.family else self.outputs

    @cached_property
    def contracts(self):
        """Shapes in letters, by the name of an argument or a result, as far as they are known."""
        functions = [self.whole, self.reference] + ([self.entry.forward, self.entry.backward] if self.entry else [])
        known = {}
        for function in functions:
            known |= getattr(function, "contracts", {})
        known |= {name[1:]: contract for name, contract in known.items() if name[0] == "d" and name[1:] not in known}
        return known | (self.axes or {})

    def axes_of(self, output, dimensions):
        """A letter for each axis of a result; nothing if they are not known."""
        name = output.split("[")[0]
        contract = self.contracts.get(name) or self.contracts.get(name.removeprefix("d")) or ""
        letters = tuple(contract.rpartition(" of ")[2].replace("...", "N").replace("*", "N").replace(">0", "").split())
        return letters if len(letters) == dimensions else ()

    @cached_property
    def parameters(self):
        """The parameters of the function, by name; annotations left out, for the reader's sake."""
        parameters = inspect.signature(self.reference).parameters
        return {name: each.replace(annotation=each.empty) for name, each in parameters.items()}

    @cached_property
    def defaults(self):
        """The values of all settings that may be left out, the whole op's included."""
        known = {**self.parameters, **inspect.signature(self.whole or self.reference).parameters}
        return {name: each.default for name, each in known.items() if each.default is not each.empty}

    def case(self, draws, takes=None, variant=PLAIN, digits=None):
        """A case for a function that takes no other arguments than those; what it does not take has its default.

        With `digits` the numbers are rounded: those that are drawn, not those that follow from them.
        """
        plain = {name: default for name, default in self.defaults.items() if takes is not None and name not in takes}
        arguments = variant.change(rounded(self.draw(draws), digits), self.extreme)
        arguments |= {name: default for name, default in plain.items() if name in arguments}
        known = self.follow(arguments, draws.rng)
        upstream = {name: known[name] for name in known if name[0] == "d" and name[1:] in self.follows_from}
        return Case(known | rounded(upstream, digits), dict(draws.lengths), variant is TIES)

    @property
    def follows_from(self):
        """The results of the forward pass for which a gradient arrives."""
        return self.entry.outputs if self.entry else self.family.follows_from if self.family else ()

    def drawn(self, case):
        """The arguments of the forward pass."""
        names = inspect.signature(self.entry.forward).parameters
        return {name: value for name, value in case.arguments.items() if name in names}

    def truth(self, case):
        """What the reference returns."""
        return self.reference(**{name: case.arguments[name] for name in self.parameters if name in case.arguments})


def forward(name, *hints, variants=None, **rest):
    """The forward pass of an op of the catalogue."""
    entry = CATALOGUE[name]
    if variants is None:
        variants = (PLAIN, EXTREMES) if entry.extreme else (PLAIN,)
        if not entry.whole_batch and "mask" in inspect.signature(entry.forward).parameters:
            variants = (*variants, NOTHING)
    return Exercise(
        reference=entry.forward,
        draw=entry.arguments,
        outputs=tuple(entry.results(**entry.arguments(Batches(lambda options: options[0], np.random.default_rng(0))))),
        hints=hints,
        extreme=entry.extreme,
        variants=variants,
        entry=entry,
        **rest,
    )


def backward(name, *hints, **rest):
    """The backward pass of an op of the catalogue, which starts from the results of our forward pass."""
    entry = CATALOGUE[name]

    def follow(arguments, rng):
        results = entry.results(**arguments)
        upstream = {f"d{output}": rng.standard_normal(np.shape(results[output])) for output in entry.outputs}
        return upstream | arguments | results

    first = forward(name)
    return replace(
        first,
        reference=entry.backward,
        outputs=tuple(f"d{argument}" for argument in entry.differentiable if argument != "bias"),
        hints=hints,
        follow=follow,
        part="backward",
        **{"variants": (PLAIN,), **rest},
    )


def piece(reference, whole, output, *hints, **rest):
    """One of the results of an exercise, as a function of its own."""
    return replace(
        whole,
        reference=reference,
        outputs=(output,),
        hints=hints,
        whole=whole.reference,
        entry=None,
        family=whole,
        **rest,
    )


def tied(exercise):
    """The same, tried with equal numbers too."""
    return replace(exercise, variants=(*exercise.variants, TIES))


def rounded(value, digits):
    """The same with all floating-point numbers in it rounded."""
    if digits is None:
        return value
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value.round(digits)
    if isinstance(value, dict):
        return {name: rounded(each, digits) for name, each in value.items()}
    return tuple(rounded(each, digits) for each in value) if isinstance(value, tuple) else value


def outline(value):
    """Shapes in the place of arrays."""
    if isinstance(value, np.ndarray):
        return value.shape
    if isinstance(value, dict):
        return {name: outline(each) for name, each in value.items()}
    if isinstance(value, (tuple, list)):
        return [outline(each) for each in value]
    return getattr(value, "__name__", value)
