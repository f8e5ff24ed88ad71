"""Rows of a CSV file for a model that is trained: which columns are meant, what cannot be read, and the answers."""

import csv
import sys

from mmdl.cli.parser import visible
from mmdl.cli.runs import load_model

ANSWERS = "predictions.csv"


def answer_table(arguments):
    """Write the most probable class of every row, and its probability, into a CSV file; print where."""
    if arguments.json:
        arguments.wrong_usage("--json is for one question; the answers to a table are a CSV file")

    import numpy as np

    from mmdl.data.table.new_rows import read_new_rows
    from mmdl.training import predictions

    out = arguments.out or ANSWERS
    model, extras, _ = load_model(arguments.model, "MultimodalClassifier")
    rows = read_new_rows(arguments.data, model.preprocessors, columns_for(model, extras, arguments))
    warn_of_refused(rows)
    p = predictions(model, rows.examples)
    write_answers(out, rows.examples.about["line"], p, model.classes, arguments.probabilities)
    counts = np.bincount(p.argmax(axis=1), minlength=len(model.classes))
    said = ", ".join(f"{visible(name)} {count:,}" for name, count in zip(model.classes, counts, strict=True) if count)
    print(f"{len(p):,} rows: {said}\nwritten to {out}")
    return 0


def write_answers(out, lines, p, classes, with_all):
    """A row for each example: its line in the table, the class, its probability, and if wanted that of every class."""
    from mmdl.files import replacing

    with replacing(out) as unfinished, unfinished.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["line", "class", "probability", *(classes if with_all else ())])
        for line, row in zip(lines, p, strict=True):
            k = row.argmax()
            each = [f"{probability:.6f}" for probability in row] if with_all else []
            writer.writerow([line, classes[k], f"{row[k]:.6f}", *each])


def columns_for(model, extras, arguments):
    """The column of each modality: as named on the command line, or else as when the model was trained

    Raises
    ------
    DataError
        If no column is known for anything that the model takes.
    """
    from mmdl.errors import DataError

    kinds = ("image", "text", "audio", "numbers")
    given = {kind: column for kind in kinds if (column := getattr(arguments, kind))}
    if given:
        return {modality_for(model.preprocessors, kind): column for kind, column in given.items()}
    trained_on = extras.get("options", {})
    columns = {name: as_column(trained_on[name]) for name in model.preprocessors if trained_on.get(name)}
    if not columns:
        options = ", ".join(f"--{name}" for name in model.preprocessors)
        raise DataError(f"the model was not trained on a CSV file: name the columns that it takes ({options})")
    return columns


def modality_for(preprocessors, kind):
    """Which modality of a model an option such as --image is for: the one of its name, or the only one of its kind."""
    from mmdl.errors import DataError

    names = [name for name, preprocessor in preprocessors.items() if preprocessor.kind == kind]
    if kind in names or not names:
        return kind
    if len(names) > 1:
        raise DataError(f"--{kind} could be {' or '.join(names)}, and this model cannot tell")
    return names[0]


def as_column(value):
    """A column's name, or those of numbers, which JSON keeps as a list."""
    return tuple(value) if isinstance(value, list) else value


def warn_of_refused(rows):
    """Sentences on stderr: rows that cannot be read, by name, and classes that the model does not know."""
    from mmdl.data.table.report import of_refused

    for sentence in of_refused(rows.refused):
        print(f"mmdl: {sentence}", file=sys.stderr)
    if rows.strangers:
        named = ", ".join(f"{name!r} ({count:,})" for name, count in rows.strangers.most_common())
        print(f"mmdl: classes that the model does not know, and their rows: {named}", file=sys.stderr)
