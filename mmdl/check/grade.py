"""What a student is told about a function."""

from dataclasses import dataclass

from mmdl.check.mistake import Comparison, Line

PASSES, FAILS, NOT_DONE, MISSING = "passes", "fails", "is not done yet", "is missing"


@dataclass(frozen=True)
class Diagnosis:
    """What seems to have happened."""

    name: str  # of the function in `wrong` that does the same, or of the general sign
    shows: str
    hint: str
    outputs: tuple[str, ...]  # the results that it explains
    known: bool  # whether it is one of `wrong`


@dataclass(frozen=True)
class Picture:
    """A result that is wrong for a larger input."""

    comparison: Comparison
    axes: tuple[str, ...]  # a letter for each of its axes, or nothing


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
    when: str = ""  # the condition without which it is right
    line: Line | None = None  # of the student's file, where it stops
    printed: str = ""  # by the student's function, on the way there
    case: tuple[str, ...] = ()  # the smallest input that shows it
    comparisons: tuple[Comparison, ...] = ()
    picture: Picture | None = None
    diagnoses: tuple[Diagnosis, ...] | None = None  # none, where numbers are wrong and nothing fits; None elsewhere
    broken: tuple[str, ...] = ()  # laws
    remark: str = ""  # on a forward and a backward pass that do not go together
    shapes: int = 0  # different ones that were tried
    error: float = 0.0  # the largest
    widens: bool = False  # float32 to float64
    speed: Speed | None = None
    stars: int = 0  # how much has to be found out by oneself
    because: str = ""  # why an answer is right
    hints: tuple[str, ...] = ()  # the first ones belong to the diagnoses
    known: int = 0  # mistakes that it was compared with
