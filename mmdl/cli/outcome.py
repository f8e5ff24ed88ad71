"""What comes of a training: the files that it leaves, and what is said in the end."""

import sys
from contextlib import suppress
from pathlib import Path

from mmdl import strict_json
from mmdl.cli.parser import visible
from mmdl.cli.runs import ANSWERS, HISTORY, MODEL, write_json, write_rows


def written(folder, model, extras):
    """Save the model and its history, in a new folder if the old one is gone.  -> why that failed, if it did"""
    from mmdl.errors import DataError
    from mmdl.training import save

    try:
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
        save(folder / MODEL, model, **extras)
        write_json(folder / HISTORY, extras["history"])
    except DataError as failure:
        return [str(failure)]
    return []


def answers(work, model, folder, failures):
    """Write what the model says of every test example beside it.  -> names of files"""
    from mmdl.errors import DataError

    test = work.dataset.test
    names, rows = work.objective.answers(model, test)
    where = "line" if "line" in test.about else "example"  # of the table; or as `mmdl plot --example` counts
    places = test.about.get("line", range(len(test)))
    try:
        whole = ([place, *row] for place, row in zip(places, rows, strict=True) if row is not None)
        write_rows(folder / ANSWERS, [where, *names], whole)
    except DataError as failure:
        failures.append(str(failure))
        return []
    return [ANSWERS]


def draw(folder, model, history, examples, failures):
    """Save the figures of a run.  -> the names of their files; why one could not be written is added to the failures"""
    from mmdl.cli.figures import display, drawable, wordy_example
    from mmdl.errors import DataError

    shown, files = wordy_example(examples), []
    for name in drawable(model, examples):
        try:
            display(name, model, history, examples, shown).save(folder / f"{name}.png")
            files.append(f"{name}.png")
        except (OSError, DataError) as failure:
            failures.append(str(failure))
    return files


def told(results, figures, work, as_json):
    """Report what came of it.  -> the exit code"""
    folder = Path(results["out"])
    failures = results.pop("failures")
    try:
        if as_json:
            print(strict_json.written(results), flush=True)
        else:
            kept = [name for name in (MODEL, HISTORY) if (folder / name).exists()]
            work.objective.report(results, [*kept, *figures] or ["nothing"], work.dataset, work.asked)
    except OSError:  # whoever read along is gone
        say(f"mmdl: written to {results['out']}", sys.stderr)
        raise
    for failure in failures:
        say(f"mmdl: {visible(failure)}", sys.stderr)
    return int(bool(failures))


def say(sentence, stream):
    """Print it, if there is anyone to read it."""
    try:
        if stream is not None:
            print(sentence, file=stream, flush=True)
    except (OSError, ValueError):
        return
