"""The base class of all fusions, and their registry."""

from collections.abc import Callable
from typing import Any, ClassVar, Self, TypeVar

from mmdl.errors import DataError
from mmdl.layers.layer import Layer

FUSIONS: dict[str, type["Fusion"]] = {}  # every registered fusion by its name

Kind = TypeVar("Kind", bound="Fusion")


class Fusion(Layer):
    """A layer that combines the encodings of M modalities into one.

    Attributes
    ----------
    name : str
        The name by which it is chosen.
    takes : "tokens", "vectors" or "logits"
        The kind of encodings.
    recipe : dict
        The numbers of a training recipe (`mmdl.training.recipes`) that differ from the usual ones.
    needs_presence : bool
        Whether `forward` also takes `present` (N, M): True where an example has the modality.
    """

    name: ClassVar[str]
    takes: ClassVar[str]
    recipe: ClassVar[dict[str, Any]]
    needs_presence: ClassVar[bool] = False

    @classmethod
    def init(cls, *arguments: Any, **settings: Any) -> Self:
        """Fusions without parameters need no initial values; the others override this."""
        return cls()


def register(name: str, takes: str, recipe: dict[str, Any] | None = None) -> Callable[[type[Kind]], type[Kind]]:
    """Register a fusion under a name, with the kind of encodings that it takes and the exceptions of its recipe.

    The classifier, the command line, comparisons and tests read the registry.
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
