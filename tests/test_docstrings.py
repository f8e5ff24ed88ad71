"""The examples in docstrings do what they show."""

import doctest
import importlib

import pytest

from tests.source import SOURCES

WITH_EXAMPLES = sorted(module for module, source in SOURCES.items() if ">>>" in source and ".teachers" not in module)


@pytest.mark.parametrize("module", WITH_EXAMPLES)
def test_examples(module):
    found = doctest.testmod(importlib.import_module(module), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.attempted > 0 and found.failed == 0


def test_the_public_surface_has_examples():
    rooms = {module.split(".")[1] for module in WITH_EXAMPLES if "." in module}
    assert rooms >= {"layers", "models", "ops", "training", "tree", "verify"}
