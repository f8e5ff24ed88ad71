"""Numbers as people write them: with points or commas, something or nothing between the thousands, and in dollars."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from mmdl.errors import DataError

LARGEST = 1e30  # a number: the mean and the deviation of larger ones cannot be kept
MISSING = {"", "na", "n/a", "nan", "null", "none", "-", "?"}
SPACES = " \u00a0\u202f\u2009'’"  # between thousands, all meaning the same


class Form(NamedTuple):
    """How a column writes its numbers."""

    decimal: str
    thousands: str  # "" for nothing
    unit: str = ""  # a sign before or after a number, such as $ or %

    def __str__(self) -> str:
        between = {"": "none", " ": "a space"}.get(self.thousands, repr(self.thousands))
        unit = f"in {self.unit}, " if self.unit else ""
        return f"{unit}decimal {self.decimal!r}, between thousands {between}"


FORMS = [Form(*each) for each in ((".", ""), (",", ""), (".", ","), (",", "."), (".", " "), (",", " "))]


def form_of(name: str, cells: Iterable[str], delimiter: str, decimal: str = "", thousands: str | None = None) -> Form:
    """The form in which most cells of a column are numbers, by looking at all of them, and the unit that most have

    Parameters
    ----------
    name : str
        Of the column.
    cells : of its rows
    delimiter : str
        Of the file: where commas part the cells, a point is taken for that of a decimal if both are possible.
    decimal, thousands : str, optional
        What is known of the form.

    Raises
    ------
    DataError
        If two forms fit equally well and a cell means something else in each: the sentence has both readings.
    """
    given = [each for each in cells if each.strip().lower() not in MISSING]
    forms = [f for f in FORMS if decimal in ("", f.decimal) and thousands in (None, f.thousands)] or [
        Form(decimal or ".", thousands or "")
    ]
    units = Counter(filter(None, map(unit_of, given)))
    forms = [form._replace(unit=max(units, key=units.__getitem__, default="")) for form in forms]
    written = [{form: value for form in forms if (value := value_in(cell, form)) is not None} for cell in given]
    fits = {form: sum(form in each for each in written) for form in forms}
    best = [form for form in forms if fits[form] == max(fits.values())]
    if best[0][:2] == FORMS[0][:2] and delimiter != ";":
        return best[0]
    for cell, values in zip(given, written, strict=True):
        readings = {values[form]: form for form in reversed(best) if form in values}
        if len(readings) > 1:
            told = " or ".join(f"{value:,.15g} ({form})" for value, form in readings.items())
            raise DataError(f"column {name!r} can be read in two ways: {cell!r} is {told}; --decimal tells which")
    return best[0]


def unit_of(cell: str) -> str:
    """The sign of a currency or of per cent that a cell begins or ends with, after a + or −; "" if there is none."""
    ends = (cell.strip().lstrip("+-−")[:1], cell.strip()[-1:])
    return next((each for each in ends if each == "%" or (each and unicodedata.category(each) == "Sc")), "")


def number_in(cell: str, form: Form) -> float:
    """The number in a cell; NaN if it says that there is none, a DataError if it is no number."""
    if cell.strip().lower() in MISSING:
        return math.nan
    number = value_in(cell, form)
    if number is None:
        raise DataError(f"{cell!r} is no number")
    return number


def value_in(cell: str, form: Form) -> float | None:
    """What a cell is in this form; None if it is no number there."""
    text = cell.strip().replace("−", "-")
    if form.unit:
        unit = re.escape(form.unit)
        text = re.sub(rf"^([+-]?)\s*{unit}\s*|\s*{unit}$", r"\1", text, count=1)
    thousands = re.escape(form.thousands)
    if form.thousands == " ":
        thousands = f"[{SPACES}]"
    whole = rf"[1-9]\d{{0,2}}(?:{thousands}\d{{3}})+" if form.thousands else r"\d+"
    point = re.escape(form.decimal)
    shape = rf"[+-]?(?:(?:{whole}|\d+)(?:{point}\d*)?|{point}\d+)(?:[eE][+-]?\d+)?"
    if not re.fullmatch(shape, text):
        return None
    if form.thousands:
        text = re.sub(thousands, "", text)
    number = float(text.replace(form.decimal, "."))
    return number if abs(number) <= LARGEST else None
