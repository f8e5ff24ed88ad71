"""What all preprocessors have in common: the kind of a modality, the shape of an example, and how it is made."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from mmdl.data.kinds import Column, Kind


class Preprocessor(ABC):
    """Makes arrays of things that people have, the same in training and ever after

    A subclass is a frozen dataclass of plain values, which a model file can keep; what it must learn from training
    examples, its class method `fit(examples, ...)` learns. To add one, derive it from this class and export it from
    `mmdl.data`.
    """

    kind: ClassVar[Kind]

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Of one example: (R, C, D), (D,), or of sequences (T, D) or (T,), T at most."""

    @abstractmethod
    def encode(self, examples: Any) -> Column:
        """A list of N things as arrays or Tokens, N long."""

    @abstractmethod
    def describe(self) -> str:
        """What it makes, in a few words: "28 x 28 pixels, grey"."""
