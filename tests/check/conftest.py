"""Settings for all tests of `mmdl check`."""

import pytest
from hypothesis import settings

from mmdl.check.page.paint import Paint

settings.register_profile("same every time", settings.default, derandomize=True, database=None)


@pytest.fixture(autouse=True, scope="session")
def same_cases_every_time():
    """As in the process that `mmdl check` starts."""
    settings.load_profile("same every time")
    yield
    settings.load_profile("mmdl")


@pytest.fixture
def plain():
    """No colours."""
    return Paint(colour=False)
