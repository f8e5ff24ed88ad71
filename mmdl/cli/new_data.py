"""Rows of a CSV file for a model that is trained: which columns are meant, what cannot be read, and the answers."""

import sys

from mmdl.cli import write
from mmdl.cli.dataset import bars
from mmdl.cli.parser import visible
from mmdl.cli.runs import ANSWERS, NETWORKS, WRITING, load_model, write_rows

FORM = ("decimal", "thousands")  # of numbers


def answer_table(arguments):
    """Write what the model says of every row, such as its most probable class, into a CSV file; print where."""
    if arguments.json:
        arguments.wrong_usage("--json is for one question; the answers to a table are a CSV file")

    import numpy as np

    from mmdl.data.table.new_rows import read_new_rows
    from mmdl.data.table.report import counted
    from mmdl.models.answers import answered
    from mmdl.training import predictions

    out = arguments.out or ANSWERS
    model, extras, _ = load_model(arguments.model, *NETWORKS, *WRITING)
    columns, how = columns_for(model, extras, arguments), how_read(extras, arguments)
    with bars():
        rows = read_new_rows(arguments.data, model.preprocessors, columns, how=how)
    warn_of_refused(rows)
    if type(model).__name__ == "MultimodalRegressor":
        return numbers_answered(model, rows.examples, arguments)
    if type(model).__name__ in WRITING:
        return texts_written(model, rows.examples, arguments)
    p = answered(lambda: predictions(model, rows.examples))
    write_answers(out, rows.examples.about["line"], p, model.classes, arguments.probabilities)
    counts = np.bincount(p.argmax(axis=1), minlength=len(model.classes))
    said = ", ".join(f"{visible(name)} {count:,}" for name, count in zip(model.classes, counts, strict=True) if count)
    print(f"{counted(len(p), 'row')}: {said}\nwritten to {out}")
    return 0


def numbers_answered(model, examples, arguments):
    """Write the number of every row into a CSV file; print where."""
    from mmdl.data.table.report import counted
    from mmdl.models.answers import answered
    from mmdl.training.regression import predicted_numbers

    if arguments.probabilities:
        arguments.wrong_usage("--probabilities is for classes, and this model predicts numbers")
    out, found = arguments.out or ANSWERS, answered(lambda: predicted_numbers(model, examples))
    write_rows(out, ["line", model.number], zip(examples.about["line"], found.tolist(), strict=True))
    print(f"{counted(len(found), 'row')}: {visible(model.number)} from {found.min():.6g} to {found.max():.6g}")
    print(f"written to {out}")
    return 0


def texts_written(model, examples, arguments):
    """Write what a model writes of every row into a CSV file; print where."""
    from mmdl.data.table.report import counted

    if arguments.probabilities:
        arguments.wrong_usage("--probabilities is for classes, and this model writes texts")
    out, found = arguments.out or ANSWERS, write.rows_of(model, examples)
    rows = ([line, *row] for line, row in zip(examples.about["line"], found, strict=True))
    write_rows(out, ["line", *write.WRITTEN], rows)
    print(f"{counted(len(found), 'row')}\nwritten to {out}")
    return 0


def labelled_rows(model, extras, arguments):
    """The examples of a labelled table that a model can take; the others are named."""
    from mmdl.data.table.new_rows import read_new_rows

    columns, how = columns_for(model, extras, arguments), how_read(extras, arguments)
    trained_on, named = extras.get("options", {}), getattr(arguments, "label", None)
    if type(model).__name__ in WRITING:
        target = named or trained_on.get("target", "target")
        rows = read_new_rows(arguments.data, model.preprocessors, columns, target=target, writer=model.target, how=how)
    else:
        classes, label = getattr(model, "classes", None), named or trained_on.get("label", "label")
        rows = read_new_rows(arguments.data, model.preprocessors, columns, classes, label, how=how)
    warn_of_refused(rows)
    return rows.examples


def how_read(extras, arguments):
    """How numbers are written, as said on the command line or in training, and whether NA was a word there."""
    from mmdl.data.table.opened import Reading

    options = extras.get("options", {})
    said = {name: value for name in FORM if (value := getattr(arguments, name, None)) is not None}
    told = {name: options[name] for name in FORM if name in options}
    return Reading(keep_na=bool(options.get("keep_na")), **(said or told))


def write_answers(out, lines, p, classes, with_all):
    """A row for each example: its line in the table, the class, its probability, and if wanted that of every class."""
    rows = []
    for line, row in zip(lines, p, strict=True):
        k = row.argmax()
        each = [f"{probability:.6f}" for probability in row] if with_all else []
        rows.append([line, classes[k], f"{row[k]:.6f}", *each])
    write_rows(out, ["line", "class", "probability", *(classes if with_all else ())], rows)


def columns_for(model, extras, arguments):
    """The column of each modality: as named on the command line, or else as when the model was trained

    Raises
    ------
    DataError
        If no column is known for anything that the model takes.
    """
    from mmdl.errors import DataError

    kinds = ("image", "text", "audio", "numbers")
    given = {kind: column for kind in kinds if (column := getattr(arguments, kind, None))}
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
        print(f"mmdl: {visible(sentence)}", file=sys.stderr)
    if rows.strangers:
        named = ", ".join(f"{name!r} ({count:,})" for name, count in rows.strangers.most_common())
        print(f"mmdl: classes that the model does not know, and their rows: {named}", file=sys.stderr)
