"""The glyphs, drawn once for all tests."""

import pytest

from mmdl import data


@pytest.fixture(scope="session")
def glyphs():
    return data.load("glyphs")
