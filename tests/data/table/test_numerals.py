"""Numbers as people write them, by looking at the whole column."""

import math

import pytest

from mmdl.data.table.numerals import Form, form_of, number_in, value_in
from mmdl.errors import DataError


def read(cells, delimiter=",", **known):
    form = form_of("price", cells, delimiter, **known)
    return [number_in(cell, form) for cell in cells]


@pytest.mark.parametrize(
    ("cells", "delimiter", "numbers"),
    [
        (["1.200", "999,50"], ";", [1200, 999.5]),
        (["1,234.5", "12"], ",", [1234.5, 12]),
        (["12 000", "1 234 567"], "\t", [12_000, 1_234_567]),
        (["12\u00a0000", "3,5"], "\t", [12_000, 3.5]),
        (["12\u202f000,5"], ";", [12_000.5]),
        (["1'200.50"], ",", [1200.5]),
        (["1,5", "2"], "\t", [1.5, 2]),
        (["0.125", "0.250"], ";", [0.125, 0.25]),
        (["1.200", "3.400"], ",", [1.2, 3.4]),
        (["1e5", "-2.5E-3", "+7", ".5", "−3"], ",", [1e5, -0.0025, 7, 0.5, -3]),
        (["5", "17"], ";", [5, 17]),
        (["$1,287.61", "-$5", "$ 7", "+$8", "9"], ",", [1287.61, -5, 7, 8, 9]),
        (["848,60 €", "1.200 €", "−3€"], ";", [848.6, 1200, -3]),
        (["12 %", "0.5%"], ",", [12, 0.5]),
    ],
)
def test_what_fits_the_column(cells, delimiter, numbers):
    assert read(cells, delimiter) == numbers


@pytest.mark.parametrize(
    ("cells", "delimiter", "said"),
    [
        (
            ["1.200", "3.400"],
            ";",
            r"'price' can be read in two ways: '1.200' is 1.2 \(.*\) or 1,200 \(.*\); --decimal",
        ),
        (["1,234"], ",", "'1,234' is "),
    ],
)
def test_two_readings_are_refused(cells, delimiter, said):
    with pytest.raises(DataError, match=said):
        read(cells, delimiter)
    assert read(cells, delimiter, decimal=".")[0] in (1.2, 1234)


def test_what_is_told_is_done_and_one_bad_cell_decides_nothing():
    assert read(["1.200"], ";", decimal=",") == [1200] and read(["1.200"], ";", thousands="") == [1.2]
    form = form_of("price", ["1,5", "2,25", "a lot", "NA", ""], ";")
    assert form == Form(",", "") and math.isnan(number_in("NA", form)) and math.isnan(number_in("", form))
    for cell in ("a lot", "1.5.2", "1,2,3", "inf", "0x10", "1_000"):
        with pytest.raises(DataError, match="is no number"):
            number_in(cell, form)
    assert value_in("1e999", Form(".", "")) is value_in("-1e31", Form(".", "")) is None


def test_a_cell_in_another_currency_is_no_number_among_these():
    form = form_of("price", ["$5", "$1,200.50", "€7", "8"], ",")
    assert form == Form(".", ",", "$") and number_in("$1,200", form) == 1200 and number_in("8", form) == 8
    for cell in ("€7", "$", "$$5", "$5$", "5 $ $", "$_$"):
        with pytest.raises(DataError, match="is no number"):
            number_in(cell, form)


def test_a_form_that_nobody_would_guess_may_be_told():
    assert read(["1'200,5", "7"], thousands="'", decimal=",") == [1200.5, 7] and read(["1_000.5"], thousands="_") == [
        1000.5
    ]
    assert read(["1;5"], decimal=";") == [1.5]


def test_a_form_in_words():
    assert str(Form(".", "")) == "decimal '.', between thousands none"
    assert str(Form(",", " ", "€")) == "in €, decimal ',', between thousands a space"
    assert str(Form(".", ",", "$")) == "in $, decimal '.', between thousands ','"
