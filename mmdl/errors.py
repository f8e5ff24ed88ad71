"""The ways in which mmdl says no: each is a ValueError, each message one sentence for the reader."""


class ShapeError(ValueError):
    """Arrays whose shapes do not fit the formula."""


class DataError(ValueError):
    """Data, a name or a setting that cannot be used: unknown words, labels out of range, a broken picture."""


class FormatError(DataError):
    """A file that is not what it should be."""


class TrainingError(ValueError):
    """Training that cannot go on: the loss or its gradient is no longer a finite number."""
