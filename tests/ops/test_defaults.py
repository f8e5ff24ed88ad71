"""A formula, its operation and their backward pass start from the same settings."""

import inspect

import pytest

from mmdl import formulas, ops

ENDINGS = ("_backward", "_gradient")


def defaults(function):
    parameters = inspect.signature(function).parameters.values()
    return {each.name: each.default for each in parameters if each.default is not each.empty}


@pytest.mark.parametrize("name", [name for name in ops.__all__ if inspect.isfunction(getattr(ops, name))])
def test_defaults_agree(name):
    own = defaults(getattr(ops, name))
    others = [getattr(formulas, name, None)]
    others += [getattr(ops, name.removesuffix(ending), None) for ending in ENDINGS if name.endswith(ending)]
    for other in filter(None, others):
        shared = defaults(other).keys() & own.keys()
        assert {each: own[each] for each in shared} == {each: defaults(other)[each] for each in shared}
