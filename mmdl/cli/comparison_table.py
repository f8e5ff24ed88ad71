"""A comparison as text for the terminal, and as CSV with every number in it."""

import csv
import io
from itertools import count

SIGNS = {"best": "*", "within noise": "~", "": " "}
LEGEND = "* best of its column; ~ not told from it: at most two standard errors of the difference apart"
COLUMNS = ("model", "measure", "of", "mean", "deviation", "runs", "mark")
POSSIBLE = "best possible"
NARROW, WIDE = 11, 15  # characters of a percentage and of a loss, each with its deviation and its sign


def as_text(rows, best):
    """Three tables, at most 100 columns wide: of all modalities, of every set of them, of what each contributes

    Parameters
    ----------
    rows : list of Row
    best : dict
        See `Dataset.best`.
    """
    fullest = max(rows, key=lambda row: len(row.modalities))
    names, subsets, runs = fullest.modalities, list(fullest.accuracy), fullest.loss.count
    wide = max(len(label) for label in [*(row.model for row in rows), POSSIBLE])
    marks, loss_marks = standings_of(rows)

    def line(first, *cells):
        return f"{first:{wide}}" + "".join(cells)

    def right(row, subset):
        if subset not in row.accuracy:
            return " " * NARROW
        return f"{_percent(row.accuracy[subset]):>{NARROW - 1}}{SIGNS[marks[row.model, subset]]}"

    def whole(row):
        return (
            right(row, names) if row.contribution else f"{_percent(row.whole):>{NARROW - 1}} "
        )  # best of another kind

    def possible(measure, subset, digits=1, scale=100, width=NARROW):
        number = f"{scale * best[subset][measure]:.{digits}f}"
        return f"{number + ' ' * (4 + digits if runs > 1 else 0):>{width - 1}} "  # below the means

    lines = [f"test set, mean ± standard deviation of {runs} runs" if runs > 1 else "test set, one run", LEGEND, ""]
    lines.append(line("", f"{'right, in %':>{NARROW + 1}}", f"{'loss':>{WIDE - 1}}   parameters  ms a step"))
    for row in rows:
        loss = f"{_plain(row.loss, 3):>{WIDE - 1}}{SIGNS[loss_marks.get(row.model, '')]}"
        cost = f"{row.parameters:>12,}{row.milliseconds.mean:>11.1f}"
        lines.append(line(row.model, " ", whole(row), loss, cost))
    if best:
        lines.append(line(POSSIBLE, " ", possible("accuracy", names), possible("loss", names, 3, 1, WIDE)))

    short = initials(names)
    told = ", ".join(f"{letter} {name}" for name, letter in short.items())
    lines += ["", f"right, in %, with no other modality present than these ({told})"]
    lines.append(line("", *(f"{'+'.join(short[name] for name in subset):>{NARROW}}" for subset in subsets)))
    lines += [line(row.model, *(right(row, subset) for subset in subsets)) for row in rows]
    if best:
        lines.append(line(POSSIBLE, *(possible("accuracy", subset) for subset in subsets)))

    nothing = f"{100 * rows[0].nothing:.1f} %"
    lines += ["", f"what each modality contributes (Shapley value), in points above the {nothing} of seeing nothing"]
    lines.append(line("", *(f"{name:>{NARROW}}" for name in names)))
    fused = [row for row in rows if row.contribution]
    lines += [line(row.model, *(f"{_percent(row.contribution[name]):>{NARROW}}" for name in names)) for row in fused]
    return "".join(f"{each.rstrip()}\n" for each in lines)


def as_csv(rows, best):
    """Every number as a row of its own: model, measure, of what, mean, deviation, runs, mark.  Shares, not per cents"""
    buffer = io.StringIO()
    table = csv.writer(buffer, lineterminator="\n")
    table.writerow(COLUMNS)
    marks, loss_marks = standings_of(rows)
    for row in rows:
        whole = "+".join(row.modalities)
        for subset, spread in row.accuracy.items():
            table.writerow([row.model, "accuracy", "+".join(subset), *_cells(spread), marks[row.model, subset]])
        table.writerow([row.model, "loss", whole, *_cells(row.loss), loss_marks.get(row.model, "")])
        table.writerow([row.model, "parameters", whole, row.parameters, "", "", ""])
        table.writerow([row.model, "milliseconds a step", whole, *_cells(row.milliseconds), ""])
        for name, spread in row.contribution.items():
            table.writerow([row.model, "contribution", name, *_cells(spread), ""])
        for name, (levels, curve) in row.noise.items():
            for level, spread in zip(levels, curve, strict=True):
                what = f"{name} missing" if level is None else f"{name} with noise {level:g}"
                table.writerow([row.model, "accuracy under noise", what, *_cells(spread), ""])
    table.writerow(["sees nothing", "accuracy", "", f"{rows[0].nothing:.4f}", "", "", ""])
    for subset, limits in best.items():
        for measure, limit in limits.items():
            table.writerow([POSSIBLE, measure, "+".join(subset), f"{limit:.4f}", "", "", ""])
    return buffer.getvalue()


def initials(names):
    """The shortest beginnings that tell names apart, in capitals.  -> dict of str to str"""
    for size in count(1):
        short = {name: name[:size].upper() for name in names}
        if len(set(short.values())) == len(names):
            return short


def standings_of(rows):
    """Marks of the accuracies by model and set of modalities, and of the fusions' losses by model."""
    from mmdl.training.summary import standings

    marks = {}
    for subset in {subset for row in rows for subset in row.accuracy}:
        found = standings({row.model: row.accuracy[subset] for row in rows if subset in row.accuracy})
        marks |= {(model, subset): mark for model, mark in found.items()}
    return marks, standings({row.model: row.loss for row in rows if row.contribution}, smaller=True)


def _percent(spread):
    return _plain(spread._replace(mean=100 * spread.mean, deviation=100 * spread.deviation), 1)


def _plain(spread, digits):
    return f"{spread.mean:.{digits}f}" + (f" ±{spread.deviation:.{digits}f}" if spread.count > 1 else "")


def _cells(spread):
    return f"{spread.mean:.4f}", f"{spread.deviation:.4f}" if spread.count > 1 else "", spread.count
