"""What can be wrong with a student's function, as one sentence with what belongs to it."""

from dataclasses import dataclass

import numpy as np

from mmdl.verify.compare import PropertyError


@dataclass(frozen=True, eq=False)
class Comparison:
    """One result that should have been another."""

    name: str  # "dW"
    expected: np.ndarray
    given: np.ndarray


@dataclass(frozen=True)
class Line:
    """A line of the student's file."""

    number: int
    text: str

    def __str__(self):
        return f"line {self.number}: {self.text}"


class Mistake(PropertyError):
    """What is wrong, in one sentence, and what shows it."""

    def __init__(self, sentence, error=np.inf, comparisons=(), line=None, printed=""):
        super().__init__(sentence, error)
        self.sentence = sentence
        self.comparisons = tuple(comparisons)
        self.line = line
        self.printed = printed
        self.question = None  # that was answered badly

    @property
    def wrong_results(self):
        """The names of the results that are wrong; of several of a kind, one for all."""
        return {each.name.split("[")[0] if each.name.endswith("]") else each.name for each in self.comparisons}


class NotDoneYet(Mistake):
    """The function raises NotImplementedError, as it did when it was handed out."""

    def __init__(self, line):
        super().__init__("it is not done yet for this input: there it raises NotImplementedError", line=line)


class NotTaken(Exception):
    """The function is called with an argument that it does not take."""
