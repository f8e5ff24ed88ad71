"""Every op of the catalogue has every property."""

import pytest

from mmdl.verify.catalogue import CATALOGUE
from mmdl.verify.properties import PROPERTIES
from mmdl.verify.run import attempt


@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda holds: holds.__name__)
@pytest.mark.parametrize("op", CATALOGUE)
def test_property(op, holds):
    failure = attempt(CATALOGUE[op], holds).failure
    assert failure is None, failure
