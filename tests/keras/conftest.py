"""Comparisons with Keras are made where Keras is installed, on the backend that asks for least."""

import os
from importlib.util import find_spec

installed = all(find_spec(name) for name in ("keras", "jax"))
collect_ignore = [] if installed else ["test_parity.py"]
if installed:
    os.environ.setdefault("KERAS_BACKEND", "jax")  # Keras reads it once, when it is imported
