"""What is left out means the same wherever it is left out."""

import importlib
import inspect

import pytest

from tests.source import SOURCES

PACKAGES = ("mmdl.data", "mmdl.models", "mmdl.training")


def functions():
    for name in SOURCES:
        if name.startswith(PACKAGES):
            module = importlib.import_module(name)
            for each in vars(module).values():
                if inspect.isfunction(each) and each.__module__ == name:
                    yield each


def defaults_of(name, *companions):
    """The defaults of a parameter in all functions that have these companions, too."""
    parameters = [inspect.signature(each).parameters for each in functions()]
    return [
        each[name].default
        for each in parameters
        if {name, *companions} <= each.keys()
        if each[name].default != inspect._empty
    ]


@pytest.mark.parametrize("name, companions, value", [("seed", (), 0), ("batch_size", ("model", "examples"), 256)])
def test_a_default_is_one(name, companions, value):
    found = defaults_of(name, *companions)
    assert len(found) > 5 and {*found} == {value}
