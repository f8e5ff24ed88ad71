"""A comparison as text for the terminal, and as CSV with every number in it."""

import csv
import io
from itertools import count

SIGNS = {"best": "*", "within noise": "~", "": " "}
LEGEND = "* best; ~ not told from it: the means differ by no more than two standard errors of the difference"
COLUMNS = ("model", "measure", "of", "mean", "deviation", "runs", "mark")


def as_text(rows, best):
    """Two tables, at most 100 columns wide.  best: `Dataset.best`"""
    names, seeds = max((row.modalities for row in rows), key=len), rows[0].loss.count
    subsets = max((list(row.accuracy) for row in rows), key=len)
    short = initials(names)
    wide = max(len(row.model) for row in rows) + 1
    lines = [f"test set, mean ± standard deviation of {seeds} run{'s' * (seeds > 1)}; {LEGEND}", ""]
    marks, loss_marks = _marks(rows)
    lines.append(f"{'':{wide}} {'right, in %':>12}  {'loss':>13}   {'parameters':>10}  {'ms a step':>9}")
    for row in rows:
        right = f"{_percent(row.whole):>11}{SIGNS[marks[row.model, row.modalities]]}"
        loss = f"{_plain(row.loss, 3):>13}{SIGNS[loss_marks.get(row.model, '')]}"
        lines.append(f"{row.model:{wide}} {right}  {loss}  {row.parameters:>10,}  {row.milliseconds.mean:>9.1f}")
    if names in best:
        limit = best[names]
        lines.append(f"{'best possible':{wide}} {100 * limit['accuracy']:>5.1f}       {limit['loss']:>7.3f}")

    keys = ["+".join(short[name] for name in subset) for subset in subsets]
    told = ", ".join(f"{letter} {name}" for name, letter in short.items())
    lines += ["", f"right, in %, with no other modality present ({told})"]
    lines.append(f"{'':{wide}}" + "".join(f"{key:>11}" for key in keys))
    for row in rows:
        cells = (
            f"{_percent(row.accuracy[subset]):>10}{SIGNS[marks[row.model, subset]]}"
            if subset in row.accuracy
            else " " * 11
            for subset in subsets
        )
        lines.append(f"{row.model:{wide}}" + "".join(cells).rstrip())
    if best:
        cells = (f"{100 * best[subset]['accuracy']:>5.1f}{'':6}" for subset in subsets)
        lines.append(f"{'best possible':{wide}}" + "".join(cells).rstrip())

    lines += [
        "",
        f"contribution of each modality (Shapley), in points above the {100 * rows[0].nothing:.1f} % of seeing nothing",
    ]
    lines.append(f"{'':{wide}}" + "".join(f"{name:>11}" for name in names))
    for row in rows:
        if row.contribution:
            lines.append(f"{row.model:{wide}}" + "".join(f"{_percent(row.contribution[name]):>11}" for name in names))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def as_csv(rows, best):
    """Every number as a row of its own: model, measure, of what, mean, deviation, runs, mark."""
    buffer = io.StringIO()
    table = csv.writer(buffer, lineterminator="\n")
    table.writerow(COLUMNS)
    marks, loss_marks = _marks(rows)
    for row in rows:
        whole = "+".join(row.modalities)
        table.writerow([row.model, "loss", whole, *_cells(row.loss), loss_marks.get(row.model, "")])
        for subset, spread in row.accuracy.items():
            table.writerow([row.model, "accuracy", "+".join(subset), *_cells(spread), marks[row.model, subset]])
        for name, spread in row.contribution.items():
            table.writerow([row.model, "contribution", name, *_cells(spread), ""])
        for name, (levels, curve) in row.noise.items():
            for level, spread in zip(levels, curve, strict=True):
                where = "missing" if level is None else f"noise {level:g}"
                table.writerow([row.model, "accuracy under noise", f"{name}: {where}", *_cells(spread), ""])
        table.writerow([row.model, "parameters", "", row.parameters, "", "", ""])
        table.writerow([row.model, "milliseconds a step", "", *_cells(row.milliseconds), ""])
    table.writerow(["sees nothing", "accuracy", "", f"{rows[0].nothing:.4f}", "", "", ""])
    for subset, limits in best.items():
        for measure, limit in limits.items():
            table.writerow(["best possible", measure, "+".join(subset), f"{limit:.4f}", "", "", ""])
    return buffer.getvalue()


def initials(names):
    """The shortest beginnings that tell names apart, in capitals.  -> dict of str to str"""
    for size in count(1):
        short = {name: name[:size].upper() for name in names}
        if len(set(short.values())) == len(names):
            return short


def _marks(rows):
    """Standings by model and set of modalities, and by model for the loss with all modalities."""
    from mmdl.training.summary import standings

    marks = {}
    for subset in {subset for row in rows for subset in row.accuracy}:
        found = standings({row.model: row.accuracy[subset] for row in rows if subset in row.accuracy})
        marks |= {(model, subset): mark for model, mark in found.items()}
    most = max(len(row.modalities) for row in rows)
    return marks, standings({row.model: row.loss for row in rows if len(row.modalities) == most}, smaller=True)


def _percent(spread):
    return _plain(spread._replace(mean=100 * spread.mean, deviation=100 * spread.deviation), 1)


def _plain(spread, digits):
    return f"{spread.mean:.{digits}f}" + (f" ±{spread.deviation:.{digits}f}" if spread.count > 1 else "")


def _cells(spread):
    return f"{spread.mean:.4f}", f"{spread.deviation:.4f}" if spread.count > 1 else "", spread.count
