"""What every fusion is, and the register that all of them stand in."""

from collections.abc import Callable
from typing import Any, ClassVar, Self, TypeVar

from mmdl.errors import DataError
from mmdl.layers.layer import Layer

FUSIONS: dict[str, type["Fusion"]] = {}  # every registered fusion by its name

Kind = TypeVar("Kind", bound="Fusion")


class Fusion(Layer):
    """A layer that makes one of the encodings of M modalities.

    Attributes
    ----------
    name : str
        By which it is chosen.
    takes : "tokens", "vectors" or "logits"
        What the encodings are.
    recipe : dict
        The numbers of a training recipe (`mmdl.training.recipes`) that differ from the usual ones.
    needs_presence : bool
        Whether `forward` also takes `present` (N, M), which tells which modalities each example has.
    """

    name: ClassVar[str]
    takes: ClassVar[str]
    recipe: ClassVar[dict[str, Any]]
    needs_presence: ClassVar[bool] = False

    @classmethod
    def init(cls, *arguments: Any, **settings: Any) -> Self:
        """Nothing to draw, unless a fusion has parameters and says so."""
        return cls()


def register(name: str, takes: str, recipe: dict[str, Any] | None = None) -> Callable[[type[Kind]], type[Kind]]:
    """Register a class of fusions under a name; what it takes and how it learns best is told here.

    From then on the classifier, the command line, comparisons and tests know it.
    """

    def add(kind: type[Kind]) -> type[Kind]:
        kind.name, kind.takes, kind.recipe = name, takes, recipe or {}
        FUSIONS[name] = kind
        return kind

    return add


def fusion_named(name: str) -> Any:
    """The class of that name, or a DataError that lists all names"""
    if name not in FUSIONS:
        raise DataError(f'there is no fusion "{name}"; there are {", ".join(FUSIONS)}')
    return FUSIONS[name]
