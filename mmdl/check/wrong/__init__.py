"""A library of mistakes: wrong implementations with names, one file for each kind of function."""

WRONG = {}
