"""One peer in a process of its own: reads the letter of a work, does it for a while, answers with its times in ms.

Its first line says what it is and how it was made.
"""

import importlib
import json
import sys
import time

WARM_UP = 5


def main(peer):
    """Serve until the input ends."""
    module = importlib.import_module(f"tests.benchmarks.peers.{peer}_peer")
    print(json.dumps("ready"), flush=True)
    made = {}
    for line in sys.stdin:
        letter, seconds = json.loads(line)
        if letter not in made:
            made[letter] = module.work(letter)
            if made[letter]:
                for _ in range(WARM_UP):
                    made[letter]()
        print(json.dumps(made[letter] and times(made[letter], seconds)), flush=True)


def times(work, seconds):
    """Milliseconds of each repetition within so many seconds, at least three."""
    found, end = [], time.perf_counter() + seconds
    while len(found) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        work()
        found.append(1e3 * (time.perf_counter() - start))
    return found


if __name__ == "__main__":
    main(sys.argv[1])
