"""What the catalogue knows about an op: enough to test it without knowing what it computes."""

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mmdl.verify.compare import PropertyError
from mmdl.verify.oracle import each


@dataclass(frozen=True)
class Entry:
    """One op: its forward and backward pass, its loops, and how to draw arguments for it.

    `dataclasses.replace(entry, forward=..., backward=...)` puts somebody else's functions to the same test.
    They are called by the names of their parameters, so the order of these does not matter.
    """

    forward: Callable
    backward: Callable | None  # None: a loss, which returns its gradient
    formula: Callable
    draw: Callable  # Draws -> arguments by name
    differentiable: tuple[str, ...] = ("x",)  # arguments, in the order of what backward returns
    outputs: tuple[str, ...] = ("y",)  # results that an upstream gradient `d<output>` comes for
    laws: tuple[Callable, ...] = ()
    extreme: tuple[str, ...] = ()  # arguments that must stand ±1e4
    whole_batch: bool = False  # the formula takes the batch as it is
    counts: str | None = "mask"  # of a loss: the mask that says what its mean is over; None if always the examples
    of_the_batch: bool = False  # an answer depends on other examples: a statistic of the batch
    impossible: tuple[str, ...] = ()  # arguments that may hold −∞
    contracts: dict[str, str] | None = None  # by default those of `forward`

    def __post_init__(self):
        if self.contracts is None:
            object.__setattr__(self, "contracts", getattr(self.forward, "contracts", {}))

    @classmethod
    def of(cls, forward, draw, **rest):
        """The entry of an op whose backward stands beside it, and whose loops stand in `formulas`."""
        beside = importlib.import_module(forward.__module__)
        loops = importlib.import_module(forward.__module__.replace(".ops.", ".formulas."))
        backward = getattr(beside, f"{forward.__name__}_backward", None)
        return cls(forward, backward, getattr(loops, forward.__name__), draw, **rest)

    def arguments(self, draws):
        """One case: arguments by name, their arrays now and then stored column by column."""
        arguments, order = self.draw(draws), draws.of("C", "F")

        def store(value):
            return np.array(value, order=order) if isinstance(value, np.ndarray) else value

        return {name: each(store, value) for name, value in arguments.items()}

    @property
    def is_loss(self):
        """Whether the gradient comes with the value."""
        return self.backward is None and bool(self.differentiable)

    @property
    def name(self):
        """The op's name."""
        return self.formula.__name__

    def results(self, **arguments):
        """What forward gives, by name."""
        result = self.forward(**arguments)
        return result._asdict() if hasattr(result, "_asdict") else {self.outputs[0]: result}

    def __call__(self, **arguments):
        """The differentiable outputs: one array, or a tuple of arrays."""
        results = self.results(**arguments)
        outputs = tuple(results[name] for name in self.outputs)
        return outputs if len(outputs) > 1 else outputs[0]

    def gradients(self, upstream, arguments, results):
        """What backward makes of the upstream gradients (by output), by name of the argument.

        Each parameter of backward is, by its name, an upstream gradient `d<output>`, a result or an argument.
        """
        if not self.differentiable:
            return {}
        if self.backward is None:
            return {self.differentiable[0]: upstream[self.outputs[0]] * results["gradient"]}
        known = {**arguments, **results, **{f"d{name}": dy for name, dy in upstream.items()}}
        wanted = inspect.signature(self.backward).parameters
        returned = self.backward(**{name: known[name] for name in wanted if name in known})
        if len(self.differentiable) == 1:
            returned = (returned,)
        named = dict(zip(self.differentiable, returned, strict=False))
        for name in self.moving(arguments):
            if name not in named:
                raise PropertyError(f"{self.name}_backward returns {len(named)} gradients, none for {name}")
        return {name: named[name] for name in self.moving(arguments)}

    def pull(self, dy, **arguments):
        """Gradients by name, straight from the arguments, of an op with one output."""
        return self.gradients({self.outputs[0]: dy}, arguments, self.results(**arguments))

    def moving(self, arguments):
        """Names of the differentiable arguments that are there: a bias may be None."""
        return [name for name in self.differentiable if arguments.get(name) is not None]
