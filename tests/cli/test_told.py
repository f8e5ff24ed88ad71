"""What a file tells of how its model was trained: from a training, or from a stranger."""

import pytest

from mmdl.cli.told import checked
from mmdl.errors import FormatError

OURS = {
    "data": "/home/x/fruit.csv",
    "checksum": "00",
    "modalities": None,
    "options": {"image": "photo", "numbers": ["a", "b"], "image_size": [32, 48], "sound_seconds": 2, "keep_na": True},
    "history": {"loss": [1.5, float("nan"), None]},
    "fusion": "sum",
    "seed": 3,
}


def test_what_a_training_tells_is_believed():
    assert checked(OURS) is OURS and checked({}) == {}
    assert checked({"options": {"whole_names": True, "word_dropout": 0.0}, "of my own": object})


@pytest.mark.parametrize(
    "wrong",
    [
        *([], None, "x", {"options": []}, {"options": None}, {"history": []}, {"history": {"loss": "x"}}),
        *({"data": 5}, {"data": {"a": 1}}, {"modalities": 5}, {"modalities": [1]}, {"fusion": ["sum"]}, {"seed": "1"}),
        *({"options": {"text": 5}}, {"options": {"nothing": 1}}, {"options": {"image_size": [1, 2, 3]}}),
        *({"options": {"numbers": "abc"}}, {"options": {"decimal": 5}}, {"options": {"keep_na": 1}}),
    ],
)
def test_what_a_stranger_tells_is_refused(wrong):
    """Each ended in a traceback of `mmdl predict --data`, `mmdl evaluate` or `mmdl plot`."""
    with pytest.raises(FormatError, match="makes no sense"):
        checked(wrong)
