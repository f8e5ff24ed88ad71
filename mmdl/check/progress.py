"""What a learner has passed, lesson by lesson, from a file in the learner's own folder."""

from collections import Counter
from datetime import date
from pathlib import Path

from mmdl import strict_json
from mmdl.check.files import exercise_files, tasks
from mmdl.errors import DataError, FormatError
from mmdl.files import replacing

FILE = "mmdl-progress.json"


def passed(folder):
    """{function: day on which it first passed}, as the folder's file has it; empty if there is none.

    Raises
    ------
    DataError : the file is not one of ours.
    """
    path = Path(folder) / FILE
    if not path.exists():
        return {}
    try:
        found = strict_json.read(path)["passed"]
        if not all(isinstance(day, str) for day in found.values()):
            raise TypeError
    except (FormatError, DataError, KeyError, TypeError, AttributeError):
        raise DataError(f"{path} is not as `mmdl check` writes it; move it away to begin anew") from None
    return found


def record(folder, names):
    """Add functions that pass to the folder's file; days that stand there stay."""
    known = passed(folder)
    new = dict.fromkeys((name for name in names if name not in known), date.today().isoformat())
    if new:
        with replacing(Path(folder) / FILE) as unfinished:
            unfinished.write_text(strict_json.written({"passed": known | new}, indent=1), encoding="utf-8")


def by_lesson(done):
    """For each lesson its number, and for each number of stars how many functions passed, and of how many."""
    for number, file in exercise_files().items():
        asked = Counter(task.stars for task in tasks(file))
        right = Counter(task.stars for task in tasks(file) if task.name in done)
        yield number, {stars: (right[stars], asked[stars]) for stars in sorted(asked)}
