"""Sound: frames and spectra."""

import numpy as np

from mmdl.ops.spectrum import frames, log_mel, power_spectrum
from mmdl.verify.compare import difference
from mmdl.verify.entry import Entry


def later_by_one(entry, arguments, rng):
    """A wave that starts one hop later has the same frames, each one place later."""
    x, hop = arguments["x"], arguments["hop"]
    later = np.concatenate([rng.standard_normal((*x.shape[:-1], hop)), x], axis=-1)
    return difference(entry(**arguments | {"x": later})[..., 1:, :], entry(**arguments))


def overlap_add_counts(entry, arguments, rng):
    """Overlap-add of the frames multiplies every sample by the number of frames that hold it."""
    x, length, hop = arguments["x"], arguments["length"], arguments["hop"]
    y = entry(**arguments)
    held = np.zeros(x.shape[-1])
    for p in range(y.shape[-2]):
        held[p * hop : p * hop + length] += 1
    return difference(entry.pull(y, **arguments)["x"], x * held)


def power_is_kept(entry, arguments, rng):
    """Parseval: the mean power of all frequencies is the sum of the squared samples."""
    x, window = arguments["x"], arguments["window"]
    y = entry(**arguments)
    k = np.arange(y.shape[-1])
    times = np.where(2 * k % len(window) == 0, 1, 2)  # all but the first and the middle one stand for two
    return difference((y * times).sum(axis=-1) / len(window), ((window * x) ** 2).sum(axis=-1))


def twice_the_wave(entry, arguments, rng):
    """Twice the wave has four times the power."""
    return difference(entry(**arguments | {"x": 2 * arguments["x"]}), 4 * entry(**arguments))


def tone_stands_alone(entry, arguments, rng):
    """A tone of k whole turns a frame has all its power in bin k, if nothing fades."""
    I = len(arguments["window"])
    k, phase = rng.integers(I // 2 + 1), rng.uniform(0, 2 * np.pi)
    tone = np.cos(2 * np.pi * k * np.arange(I) / I + phase)
    expected = np.zeros(I // 2 + 1)
    expected[k] = (I * np.cos(phase)) ** 2 if 2 * k in (0, I) else (I / 2) ** 2
    return difference(entry(x=tone, window=np.ones(I)), expected)


def blind_to_sign(entry, arguments, rng):
    """A wave turned upside down sounds the same."""
    return difference(entry(**arguments | {"x": -arguments["x"]}), entry(**arguments))


def four_times_the_power(entry, arguments, rng):
    """Above the floor, four times the power, which is twice the wave, adds log 4."""
    loud = arguments | {"floor": 1e-12}
    return difference(entry(**loud | {"power": 4 * arguments["power"]}), entry(**loud) + np.log(4))


def silence_is_the_floor(entry, arguments, rng):
    """Silence gives the logarithm of the floor, and hands on no gradient."""
    silent = arguments | {"power": np.zeros_like(arguments["power"])}
    y = entry(**silent)
    gradients = tuple(entry.pull(rng.standard_normal(y.shape), **silent).values())
    return difference((y, *gradients), (np.full_like(y, np.log(arguments["floor"])), *map(np.zeros_like, gradients)))


def waves(draws):
    """Waves that one frame or more fit into, overlapping or with gaps between them."""
    length = draws.of(2, 1, 3, 5)
    draws.size("T", range(length, length + 7))
    return {"x": draws.array("... T"), "length": length, "hop": draws.of(1, 2, 3, 5)}


def windowed(draws):
    """Frames of even and odd length, and any window."""
    draws.size("I", (4, 3, 1, 2, 5, 8))
    return draws.arrays(x="... I", window="I")


def powers(draws):
    """Powers and filters, none of them negative; now and then the floor is high enough to be met."""
    arrays = draws.arrays(power="... D", filters="D K")
    return {name: array**2 for name, array in arrays.items()} | {"floor": draws.of(1e-6, 0.5)}


ENTRIES = (
    Entry.of(frames, waves, laws=(later_by_one, overlap_add_counts), extreme=("x",)),
    Entry.of(
        power_spectrum,
        windowed,
        differentiable=("x", "window"),
        laws=(power_is_kept, twice_the_wave, tone_stands_alone, blind_to_sign),
        extreme=("x",),
    ),
    Entry.of(
        log_mel,
        powers,
        differentiable=("power", "filters"),
        laws=(four_times_the_power, silence_is_the_floor),
        extreme=("power",),
    ),
)
