"""What a student is told about a function."""

from dataclasses import dataclass

from mmdl.check.diagnosis import Diagnosis
from mmdl.check.mistake import Comparison, Line

PASSES, FAILS, NOT_DONE, MISSING = "passes", "fails", "is not done yet", "is missing"


@dataclass(frozen=True)
class Speed:
    """How long one call takes for a larger input, in seconds."""

    theirs: float
    ours: float


@dataclass(frozen=True)
class Grade:
    """One function, and all that is to be said about it."""

    name: str
    state: str
    held: tuple[str, ...] = ()  # what is right about it
    sentence: str = ""  # what is not
    line: Line | None = None  # of the student's file, where it stops
    printed: str = ""  # by the student's function, on the way there
    case: tuple[str, ...] = ()  # the smallest input that shows it
    comparisons: tuple[Comparison, ...] = ()
    picture: Comparison | None = None  # the same on a larger input
    diagnoses: tuple[Diagnosis, ...] | None = None  # none, where numbers are wrong and nothing fits; None elsewhere
    broken: tuple[str, ...] = ()  # laws
    remark: str = ""  # on a forward and a backward pass that do not go together
    shapes: int = 0  # different ones that were tried
    error: float = 0.0  # the largest
    speed: Speed | None = None
