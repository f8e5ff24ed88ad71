"""How much memory a table takes: a million short texts, and pictures with five captions each.

    python -m tests.benchmarks.million

Each is loaded in a process of its own, which says what it took at its peak; the limit for the texts is 1 GiB.
"""

import csv
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from tests.memory import peak

TEXTS, LIMIT = 1_000_000, 1024  # MiB
PICTURES, CAPTIONS, SIDE = 2000, 5, 64
WORDS = [
    "red",
    "blue",
    "green",
    "small",
    "large",
    "round",
    "square",
    "heavy",
    "light",
    "old",
    "new",
    "fast",
    "slow",
    "apple",
    "box",
    "tree",
    "house",
    "car",
    "dog",
    "cat",
]


def write_texts(folder, count):
    """A table of short texts whose class one word decides.  -> its path"""
    rng = np.random.default_rng(0)
    with (folder / "texts.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["title", "kind"])
        for n in range(count):
            words = rng.choice(WORDS, 4).tolist()
            writer.writerow([f"{' '.join(words)} {n % 5000}", "warm" if "red" in words else "cold"])
    return folder / "texts.csv"


def write_captions(folder):
    """Pictures, each in five rows with another caption.  -> the table's path"""
    from PIL import Image

    rng = np.random.default_rng(0)
    with (folder / "captions.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["photo", "caption", "kind"])
        for n in range(PICTURES):
            Image.fromarray(rng.integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)).save(folder / f"{n}.png")
            writer.writerows([f"{n}.png", f"{WORDS[n % 20]} {WORDS[c]}", f"{n % 2}"] for c in range(CAPTIONS))
    return folder / "captions.csv"


def measured(path, **columns):
    """Seconds of processor time, and MiB at the peak and before, of loading a table."""
    from mmdl import data

    before = peak()
    start = time.process_time()
    dataset = data.load(str(path), label="kind", **columns)
    rows = len(dataset.train) + len(dataset.validation) + len(dataset.test)
    return rows, time.process_time() - start, peak() / 2**20, before / 2**20


def report(kind, path):
    """Load in a process of its own.  -> MiB at its peak"""
    command = [sys.executable, "-m", "tests.benchmarks.million", kind, str(path)]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    rows, seconds, most, before = map(float, found)
    print(f"{kind}: {rows:,.0f} rows, {seconds:.1f} s, {most:,.0f} MiB at the peak, {before:,.0f} MiB before")
    return most


def main():
    """Measure both; the exit code is 1 if the texts take more than they may."""
    if len(sys.argv) == 3:
        kind, path = sys.argv[1:]
        columns = {"text": "title"} if kind == "texts" else {"text": "caption", "image": "photo"}
        print(*measured(path, **columns))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        report("captions", write_captions(folder))
        return int(report("texts", write_texts(folder, TEXTS)) > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
