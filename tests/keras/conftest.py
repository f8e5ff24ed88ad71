"""Comparisons with Keras need Keras; where everything has to be tested, they fail without it."""

import os

import pytest

# Keras and JAX read these once, when they are imported: the backend that asks for least, and compiling that takes less
os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")


def pytest_runtest_setup(item):
    from tests.keras.agreement import keras

    if keras is None and item.get_closest_marker("parity"):
        why = "Keras or JAX is not installed: pip install '.[parity]'"
        pytest.fail(why, pytrace=False) if os.environ.get("CI") else pytest.skip(why)
