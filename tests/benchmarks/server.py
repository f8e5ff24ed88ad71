"""One peer in a process of its own: reads the letter of a work, does it for a while, answers with its times in ms.

Several ranks are one peer: the first reads and answers, and says to the others what to do and how often.
"""

import importlib
import json
import sys
import time

WARM_UP = 5


def main(peer, ranks=None):
    """Serve until the input ends, or is null: mpiexec does not pass on its end."""
    module = importlib.import_module(f"tests.benchmarks.peers.{peer}_peer")
    made = {}

    def prepared(letter):
        if letter not in made:
            try:
                made[letter] = module.work(letter, ranks) if ranks else module.work(letter)
                for _ in range(WARM_UP if made[letter] else 0):
                    made[letter]()
            except Exception:
                if peer == "mmdl":
                    raise
                made[letter] = None  # a compiler, say, that cannot do it: an empty cell of the table
        return made[letter]

    if ranks and ranks.rank:
        return follow(ranks, prepared)
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        if (asked := json.loads(line)) is None:
            break
        letter, seconds = asked
        say(ranks, (letter, 1))
        if (work := prepared(letter)) is None:
            print("null", flush=True)
        elif ranks:
            [first] = repeated(work, 1)
            count = max(3, int(1e3 * seconds / first))
            say(ranks, (letter, count))
            print(json.dumps(repeated(work, count)), flush=True)
        else:
            print(json.dumps(times(work, seconds)), flush=True)
    say(ranks, None)


def say(ranks, what):
    """Tell the other ranks what to do."""
    for other in range(1, ranks.size if ranks else 1):
        ranks.send(what, other)


def follow(ranks, prepared):
    """Do what the first rank says; asleep while it says nothing, because waiting for a message would take a core."""
    while True:
        while not ranks.iprobe(source=0):
            time.sleep(0.002)
        if (what := ranks.recv(source=0)) is None:
            return
        letter, count = what
        if (work := prepared(letter)) is not None:
            repeated(work, count)


def repeated(work, count):
    """Milliseconds of each of so many repetitions."""
    found = []
    for _ in range(count):
        start = time.perf_counter()
        work()
        found.append(1e3 * (time.perf_counter() - start))
    return found


def times(work, seconds):
    """Milliseconds of each repetition within so many seconds, at least three."""
    found, end = [], time.perf_counter() + seconds
    while len(found) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        work()
        found.append(1e3 * (time.perf_counter() - start))
    return found


if __name__ == "__main__":
    if sys.argv[2:]:
        from mpi4py import MPI

        main(sys.argv[1], MPI.COMM_WORLD)
    else:
        main(sys.argv[1])
