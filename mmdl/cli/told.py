"""What a file tells of how its model was trained: it is believed only if a training may have told it."""

from typing import Any

from mmdl.cli.dataset import CHOICES, COLUMNS, SHARES

TOLD = {
    "data": str,
    "checksum": str,
    "modalities": tuple[str, ...] | None,
    "fusion": str,
    "decoder": str,
    "objective": str,
    "init": str,
    "options": dict[str, Any],
    "history": dict[str, Any],
    "seed": int,
    "recipe": dict[str, Any],
    "built": dict[str, Any],
}
OPTIONS = (
    dict.fromkeys((*COLUMNS, *CHOICES, "task"), str)
    | dict.fromkeys(SHARES, float)
    | {"numbers": tuple[str, ...], "image_size": tuple[int, int], "text_length": int}
    | {"sound_seconds": float, "keep_na": bool, "whole_names": bool, "word_dropout": float}
)


def checked(told):
    """What was told, if all of it is of its type; FormatError if not."""
    from mmdl.errors import FormatError
    from mmdl.fields import fits

    def demand(makes_sense, about):
        if not makes_sense:
            raise FormatError(f"what it tells of its training makes no sense: {ascii(about)[:60]}")

    demand(isinstance(told, dict), told)
    demand(isinstance(told.get("options", {}), dict) and isinstance(told.get("history", {}), dict), [*told])
    for hints, given in (TOLD, told), (OPTIONS, told.get("options", {})):
        for name, value in given.items():
            demand(name not in hints or fits(value, hints[name]), {name: value})
    for name in told.get("options", {}):
        demand(name in OPTIONS, name)
    for name, values in told.get("history", {}).items():  # not all of its numbers need be finite
        numbers = isinstance(values, list) and all(isinstance(each, (int, float, type(None))) for each in values)
        demand(numbers, {name: values})
    return told
