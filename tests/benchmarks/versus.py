"""How long mmdl takes, and how long what people would use instead takes, on this machine.

    python -m tests.benchmarks.versus                  all that is installed here; ten minutes
    python -m tests.benchmarks.versus a d --rounds 30

Peers are PyTorch, eager and compiled, and Keras on JAX, PyTorch and TensorFlow, as far as installed. Each runs in a
process of its own, mmdl on two ranks in two: in one process, memory that one has fetched would serve the other. They
take turns, so that a busy machine is busy for all of them, and medians are compared. The limit is what the arithmetic
and the memory of a step would take at the peak rates of this machine, measured in the same run; its share is of the
faster of mmdl's times, as the ratio is.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import textwrap
import time
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from statistics import median

from mmdl.cli.ranks import ENVIRONMENT, mpiexec
from tests.benchmarks.works import WORKS

ROOT = Path(__file__).parents[2]
PATH = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
OURS = ("mmdl", "mmdl, two ranks")
PEERS = {  # name: (module, what must be installed, environment)
    "mmdl": ("mmdl", (), {}),
    "mmdl, two ranks": ("mmdl", ("mpi4py",), ENVIRONMENT),
    "PyTorch": ("torch", ("torch",), {}),
    "PyTorch, compiled": ("torch", ("torch",), {"MMDL_COMPILE": "1"}),
    "Keras-JAX": ("keras", ("keras", "jax"), {"KERAS_BACKEND": "jax"}),
    "Keras-PyTorch": ("keras", ("keras", "torch"), {"KERAS_BACKEND": "torch"}),
    "Keras-TensorFlow": ("keras", ("keras", "tensorflow"), {"KERAS_BACKEND": "tensorflow"}),
}
LIMITED = "abcd"
PAUSE = 0.2  # seconds in which the threads of the last peer go to sleep


class Peer:
    """A process that works when it is told to."""

    def __init__(self, module, environment):
        several = [mpiexec(), "-n", "2"] if environment is ENVIRONMENT else []
        self.process = subprocess.Popen(
            [*several, sys.executable, "-m", "tests.benchmarks.server", module, *(["ranks"] if several else [])],
            **{"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL},
            **{"text": True, "cwd": ROOT, "env": os.environ | {"PYTHONPATH": PATH} | environment},
        )
        self.answer()

    def answer(self):
        """The next line of the process."""
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"a peer ended: {' '.join(self.process.args[1:])}")
        return json.loads(line)

    def times(self, letter, seconds):
        """Milliseconds of each repetition; None if the peer has no twin of the work."""
        self.process.stdin.write(json.dumps([letter, seconds]) + "\n")
        self.process.stdin.flush()
        return self.answer()


def installed():
    """The peers that this Python can run."""
    return [name for name, (_, needs, _) in PEERS.items() if all(map(importlib.util.find_spec, needs))]


def measure(letters, names, rounds, seconds):
    """{letter: {peer: median in ms}}, in rounds in which everybody has a turn."""
    peers = {name: Peer(PEERS[name][0], PEERS[name][2]) for name in names}
    found = {letter: {} for letter in letters}
    for round_ in range(rounds):
        for letter in letters:
            for name, peer in peers.items():
                if (times := peer.times(letter, seconds)) is not None:
                    found[letter].setdefault(name, []).append(median(times))
                time.sleep(PAUSE)
        print(f"round {round_ + 1} of {rounds}", file=sys.stderr, flush=True)
    for peer in peers.values():
        peer.process.stdin.write("null\n")
        peer.process.stdin.close()
        peer.process.wait()
    return {letter: {name: median(rounds) for name, rounds in row.items()} for letter, row in found.items()}


def table(found, limits):
    """The table as Markdown: milliseconds, the ratio to the fastest peer, and the share of the limit."""
    names = list(dict.fromkeys(name for row in found.values() for name in row))
    head = ["", "work", *names, "ratio", "goal", "limit"]
    lines = [head, ["---"] * 2 + ["---:"] * (len(head) - 2)]
    for letter, row in found.items():
        work = WORKS[letter]
        others = [ms for name, ms in row.items() if name not in OURS]
        best = min((row[name] for name in OURS if name in row), default=None)
        what = f"{work.title}, {'training step' if work.what == 'step' else 'prediction'}"
        ratio = f"{best / min(others):.2f}" if others and best else ""
        goal = "" if work.goal is None else f"{work.goal:.2f}"
        limit = f"{limits[letter] / best:.0%}" if letter in limits and best else ""
        lines.append([letter, what, *(f"{row[name]:.2f}" if name in row else "" for name in names), ratio, goal, limit])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def caption(rounds):
    """What stands above the table."""
    packages = {"numpy": "NumPy", "torch": "PyTorch", "keras": "Keras", "jax": "JAX", "tensorflow_cpu": "TensorFlow"}
    versions = []
    for package, name in packages.items():
        with suppress(metadata.PackageNotFoundError):
            versions.append(f"{name} {'.'.join(metadata.version(package).split('.')[:2])}")
    sentences = f"""
    Milliseconds on {os.cpu_count()} cores, medians of {rounds} interleaved rounds, each peer in a process of its own
    ({", ".join(versions)}). The ratio is of the faster of mmdl's columns to the fastest peer; the limit is the share of
    that time that the arithmetic and the memory traffic of the work would take at this machine's own peak rates.
    """
    return textwrap.fill(" ".join(sentences.split()), 120) + "\n"


def main():
    """Measure and print."""
    if os.environ.pop("OPENBLAS_CORETYPE", None):  # NumPy alone would compute as on an older processor than this one
        os.execv(sys.executable, [sys.executable, "-m", "tests.benchmarks.versus", *sys.argv[1:]])
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("works", nargs="*", choices=[*WORKS, []], help="letters of the table; all of them by default")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.25, help="of each turn")
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=installed())
    arguments = parser.parse_args()
    letters = arguments.works or list(WORKS)
    found = measure(letters, arguments.peers, arguments.rounds, arguments.seconds)

    from tests.benchmarks.limit import least

    print(caption(arguments.rounds))
    print(table(found, {letter: least(letter) for letter in letters if letter in LIMITED}))


if __name__ == "__main__":
    main()
