"""Windows and filters, and the mel scale."""

import numpy as np

from mmdl.ops.filters import hann_window, hertz_to_mel, mel_filter_bank, mel_to_hertz
from mmdl.verify.compare import difference
from mmdl.verify.entry import Entry


def halves_sum_to_one(entry, arguments, rng):
    """Windows half a frame apart sum to one."""
    window = entry(length=2 * arguments["length"])
    return difference(window + np.roll(window, arguments["length"]), np.ones_like(window))


def there_and_back(entry, arguments, rng):
    """Mel and back is the identity, and so is hertz and back."""
    (name, value), *_ = arguments.items()
    back = hertz_to_mel if name == "mel" else mel_to_hertz
    return difference(back(entry(**arguments), arguments["scale"]), value)


def rises(entry, arguments, rng):
    """What is higher in hertz is higher in mel, and nothing is 0 but 0."""
    (name, value), *_ = arguments.items()
    values = entry(**arguments | {name: np.concatenate([[0], np.sort(value, axis=None)])})
    return max(float(abs(values[0])), float(-np.diff(values).min(initial=0)))


def sums_to_one_between_centres(entry, arguments, rng):
    """Triangles of height one sum to one from the first centre to the last."""
    filters = entry(**arguments | {"equal_area": False})
    low, high = arguments["low"], arguments["high"] or arguments["rate"] / 2
    ends = hertz_to_mel(np.array([low, high]), arguments["scale"])
    centres = mel_to_hertz(np.linspace(*ends, arguments["bands"] + 2), arguments["scale"])[1:-1]
    f = np.arange(len(filters)) * arguments["rate"] / arguments["length"]
    total = filters.sum(axis=1)[(f >= centres[0]) & (f <= centres[-1])]
    return difference(total, np.ones_like(total))


def nothing_outside(entry, arguments, rng):
    """No filter is negative, and none lets anything through outside of its range."""
    filters = entry(**arguments)
    f = np.arange(len(filters)) * arguments["rate"] / arguments["length"]
    outside = filters[(f <= arguments["low"]) | (f >= (arguments["high"] or arguments["rate"] / 2))]
    return float(max(abs(outside).max(initial=0), -filters.min(initial=0)))


def pitches(draws):
    """Frequencies on either side of where Slaney's scale bends."""
    return {"hertz": np.asarray(draws.rng.uniform(0, 8000, draws.shape("... D"))), "scale": draws.of("htk", "slaney")}


def mels(draws):
    """The same, in mel."""
    drawn = pitches(draws)
    return {"mel": hertz_to_mel(**drawn), "scale": drawn["scale"]}


def banks(draws):
    """A few bands of a short spectrum, none of them empty."""
    low, high = draws.of((0.0, None), (100.0, 3000.0))
    return {
        "bands": draws.of(2, 1, 3, 6),
        "length": draws.of(24, 33, 40),
        "rate": draws.of(8000, 11025.0),
        "low": low,
        "high": high,
        "scale": draws.of("htk", "slaney"),
        "equal_area": draws.of(False, True),
    }


ENTRIES = (
    Entry.of(hann_window, lambda draws: {"length": draws.of(4, 2, 3, 7)}, differentiable=(), laws=(halves_sum_to_one,)),
    Entry.of(hertz_to_mel, pitches, differentiable=(), laws=(there_and_back, rises), contracts={"hertz": "..."}),
    Entry.of(mel_to_hertz, mels, differentiable=(), laws=(there_and_back, rises), contracts={"mel": "..."}),
    Entry.of(mel_filter_bank, banks, differentiable=(), laws=(sums_to_one_between_centres, nothing_outside)),
)
