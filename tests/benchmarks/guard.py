"""Has a piece of work become slower? Its time is measured in that of a fixed piece of NumPy, and no clock is asked.

    python -m tests.benchmarks.guard             fails where a ratio is 1.5 times the recorded one
    python -m tests.benchmarks.guard --record    writes them down anew, to tests/benchmarks/ratios.json

Processor time of one thread, the shortest of many turns that both take; what seems too slow gets two more chances.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is imported

import json
import sys
import time
from pathlib import Path

import numpy as np

from tests.benchmarks.peers import mmdl_peer
from tests.benchmarks.works import WORKS

RECORDED = Path(__file__).with_name("ratios.json")
TOO_SLOW, TURNS, CHANCES = 1.5, 15, 3


def yardstick():
    """What a step is made of: products, passes over arrays inside the cache and beyond it, and many small calls.

    -> a function that does it once
    """
    rng = np.random.default_rng(0)
    a, b = rng.random((2, 256, 256), np.float32)
    inside, beyond, small = (rng.random(size, np.float32) for size in (1 << 14, 1 << 20, 100))
    beside = beyond.copy()

    def work():
        for _ in range(4):
            a @ b
            np.exp(inside, out=inside)
            np.subtract(inside, inside, out=inside)
        np.multiply(beyond, beyond, out=beside)
        for _ in range(200):
            np.add(small, small, out=small)
            np.minimum(small, 1, out=small)

    return work


def shortest(*works, turns):
    """The shortest processor time of each, in seconds, while they take turns."""
    found = []
    for _ in range(turns):
        found.append([])
        for work in works:
            start = time.process_time()
            work()
            found[-1].append(time.process_time() - start)
    return np.min(found, axis=0)


def ratio(work, turns=TURNS):
    """The time of a piece of work, in yardsticks."""
    measure = yardstick()
    shortest(work, measure, turns=3)
    mine, its = shortest(work, measure, turns=turns)
    return float(mine / its)


def slower(recorded, ratio_of, chances=CHANCES):
    """{name: ratio} of what is too slow, each time that it is asked"""
    found = {}
    for name, was in recorded.items():
        ratios = []
        while len(ratios) < chances and (not ratios or min(ratios) > TOO_SLOW * was):
            ratios.append(ratio_of(name))
        if min(ratios) > TOO_SLOW * was:
            found[name] = min(ratios)
    return found


def main():
    """Measure, and compare or record.  -> the exit code"""
    works = {}

    def ratio_of(letter):
        if letter not in works:
            works[letter] = mmdl_peer.work(letter)
        return ratio(works[letter])

    if sys.argv[1:] == ["--record"]:
        ratios = {letter: round(min(ratio_of(letter) for _ in range(CHANCES)), 2) for letter in WORKS}
        RECORDED.write_text(json.dumps(ratios, indent=1) + "\n")
        return 0
    recorded = json.loads(RECORDED.read_text())
    for letter, now in (found := slower(recorded, ratio_of)).items():
        title = f"{WORKS[letter].title}, {WORKS[letter].what}"
        print(f"{letter}, {title}: {now:.2f} yardsticks, and {recorded[letter]:.2f} were recorded", file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
