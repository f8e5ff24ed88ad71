"""Expected and given side by side, with the first difference marked."""

import numpy as np

from mmdl.check.signs.alike import alike
from mmdl.check.words import WIDTH, in_short

ROWS, COLUMNS = 6, 4  # of a matrix that is shown whole
ENTRIES = 6  # of anything else
MARK = "▸"


def side_by_side(comparison, paint):
    """Lines that show what was expected and what was given.

    Small matrices are shown row beside row; of larger arrays some entries, beginning with the last right one.
    """
    truth, given = comparison.expected, comparison.given
    if truth.shape != given.shape:
        shapes = f"expected shape {truth.shape}, yours {given.shape}"
        return [in_short(shapes), *_shapes(truth, given)]
    while truth.ndim > 2 and len(truth) == 1:
        truth, given = truth[0], given[0]
    if truth.ndim <= 2 and truth.size and truth.shape[-1:] <= (COLUMNS,) and truth.size <= ROWS * COLUMNS:
        return _matrix(np.atleast_2d(truth), np.atleast_2d(given), paint)
    return _entries(truth, given, paint)


def _matrix(truth, given, paint):
    wrong = _differs(truth, given)
    first = tuple(np.argwhere(wrong)[0]) if wrong.any() else None
    digits = _digits(truth, given)
    width = (2 + max(len(_number(x, digits)) for x in (*truth.flat, *given.flat))) * truth.shape[1]
    cell = width // truth.shape[1]
    lines = [f"{'expected'.rjust(width)}      {'yours'.rjust(width)}"]
    for i in range(len(truth)):
        ours = "".join(_number(x, digits).rjust(cell) for x in truth[i])
        theirs = ""
        for j, x in enumerate(given[i]):
            mark = MARK if (i, j) == first else " "
            text = f"{mark}{_number(x, digits)}".rjust(cell)
            theirs += paint("bad", text) if wrong[i, j] else text
        lines.append(f"{ours}      {theirs}")
    return _indented(lines)


def _entries(truth, given, paint):
    wrong = _differs(truth, given)
    places = np.argwhere(wrong)
    count = int(np.ravel_multi_index(places[0], truth.shape)) if len(places) else 0
    start = max(0, count - 1)
    digits = _digits(truth, given)
    lines = [f"{'':12}{'expected':>14}{'yours':>14}"]
    for flat in range(start, min(start + ENTRIES, truth.size)):
        index = np.unravel_index(flat, truth.shape)
        label = f"[{', '.join(map(str, index))}]"
        text = f"{MARK if flat == count else ' '} {_number(given[index], digits)}".rjust(14)
        theirs = paint("bad", text) if wrong[index] else text
        lines.append(f"{label:<12}{_number(truth[index], digits):>14}{theirs}")
    lines.append(f"{int(wrong.sum())} of {truth.size} entries differ")
    return lines


def _shapes(truth, given):
    if max(truth.size, given.size) > ROWS * COLUMNS:
        return []
    rows = {"expected  ": truth, "yours     ": given}
    return [head + in_short(str(array.round(4).tolist()), WIDTH - len(head)) for head, array in rows.items()]


def _differs(truth, given):
    scale = 1e-9 * max(1.0, np.max(np.abs(truth), initial=0, where=np.isfinite(truth)))
    with np.errstate(invalid="ignore"):
        return ~(np.abs(np.subtract(given, truth, dtype=float)) <= scale)


def _digits(truth, given):
    """As many as it takes to see a difference."""
    for digits in (4, 6, 9):
        apart = [_number(a, digits) != _number(b, digits) for a, b in zip(truth.flat, given.flat, strict=True)]
        if any(apart) or alike(truth, given):
            return digits
    return 12


def _number(x, digits):
    return f"{x + 0:.{digits}g}" if np.asarray(x).dtype.kind in "fc" else str(x)  # + 0: no −0


def _indented(lines):
    """Without the blanks that all lines begin with."""
    blank = min(len(line) - len(line.lstrip()) for line in lines)
    return [line[blank:] for line in lines]
