"""`mmdl progress`: what a learner has passed so far, lesson by lesson."""

from pathlib import Path

from mmdl.cli.as_json import add_json, print_json
from mmdl.cli.parser import add_command

DESCRIPTION = """\
Show which exercises have passed, lesson by lesson and star by star.
`mmdl check` notes them in mmdl-progress.json, beside the file that it looks at."""

EXAMPLES = """\
  mmdl progress            of the files in this folder
  mmdl progress solutions  of those in another"""


def add(commands):
    """Describe `mmdl progress`."""
    parser = add_command(commands, run, "progress", "what you have passed so far", DESCRIPTION, EXAMPLES)
    parser.add_argument("folder", metavar="FOLDER", nargs="?", default=".", help="where your files are (here)")
    add_json(parser)


def run(arguments):
    """Print a line for each lesson, and the sum."""
    from mmdl.check.progress import by_lesson, passed

    folder = Path(arguments.folder)
    if not folder.is_dir():
        arguments.wrong_usage(f"{folder} is no folder")
    done = passed(folder)
    lessons = dict(by_lesson(done))
    if arguments.json:
        print_json(passed=done, lessons=[as_data(*each) for each in lessons.items()])
    else:
        print("\n".join([*(line(*each) for each in lessons.items()), "", summary(lessons)]))
    return 0


def line(number, counts):
    """One lesson: its title, and how much of it has passed."""
    from mmdl.curriculum import lesson

    parts = "  ".join(f"{stars * '★':<3} {right}/{asked}" for stars, (right, asked) in counts.items())
    sign = "✓" if all(right == asked for right, asked in counts.values()) else " "
    return f"{sign} {number:>2}  {lesson(number).title:<28} {parts}"


def as_data(number, counts):
    """One lesson for other programs."""
    stars = {str(stars): {"passed": right, "asked": asked} for stars, (right, asked) in counts.items()}
    return {"lesson": number, "stars": stars}


def summary(lessons):
    """How many exercises, of how many."""
    pairs = [pair for counts in lessons.values() for pair in counts.values()]
    right, asked = (sum(pair[place] for pair in pairs) for place in (0, 1))
    more = "" if right else " `mmdl check --new 0` writes the first."
    return f"{right} of {asked} exercises passed.{more}"
