"""Comparisons with Keras need Keras; where everything has to be tested, they fail without it."""

import os
from importlib.util import find_spec

import pytest

# Keras and JAX read these once, when they are imported: the backend that asks for least, and compiling that takes less
os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")


def pytest_runtest_setup(item):
    missing = [name for name in ("keras", "jax") if find_spec(name) is None]
    if missing and item.get_closest_marker("parity"):
        why = f"{' and '.join(missing)} cannot be imported: pip install '.[parity]'"
        pytest.fail(why, pytrace=False) if os.environ.get("CI") else pytest.skip(why)


def pytest_collection_modifyitems(items):
    """Keras's variables do not know the newest protocol of NumPy's arrays, which is none of our business."""
    for item in items:
        if item.get_closest_marker("parity"):
            item.add_marker(pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept"))
