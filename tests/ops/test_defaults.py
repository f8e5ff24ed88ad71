"""A formula, its operation and their backward pass start from the same settings."""

import inspect

import pytest

from mmdl import formulas, ops
from mmdl.formulas import fusion as fusion_formulas
from mmdl.ops import fusion as fusion_ops

ENDINGS = ("_backward", "_gradient")


def defaults(function):
    parameters = inspect.signature(function).parameters.values()
    return {each.name: each.default for each in parameters if each.default is not each.empty}


@pytest.mark.parametrize(("loops", "package"), [(formulas, ops), (fusion_formulas, fusion_ops)])
def test_defaults_agree(loops, package):
    for name in filter(lambda name: inspect.isfunction(getattr(package, name)), package.__all__):
        own = defaults(getattr(package, name))
        others = [getattr(loops, name, None)]
        others += [getattr(package, name.removesuffix(ending), None) for ending in ENDINGS if name.endswith(ending)]
        for other in map(defaults, filter(None, others)):
            shared = other.keys() & own.keys()
            assert {each: own[each] for each in shared} == {each: other[each] for each in shared}, name
