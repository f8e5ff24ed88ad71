"""How the time of a training step grows with what it is given, beside the growth of the operations it needs.

python -m tests.benchmarks.scaling             prints a table and draws figures/scaling.png
python -m tests.benchmarks.scaling --memory    prints the largest memory of a step, here and in PyTorch
"""

import argparse
import importlib
import importlib.util
import subprocess
import sys
from pathlib import Path
from statistics import median

import numpy as np

from tests.benchmarks.limit import operations
from tests.benchmarks.server import times

ROOT = Path(__file__).parents[2]
SECONDS = 0.4
GROWTH = (  # (what grows, work, size, values)
    ("batch size of the CNN", "a", "n", (8, 16, 32, 64, 128)),
    ("image side of the CNN", "a", "side", (14, 28, 56, 112)),
    ("batch size of the LSTMs", "b", "n", (8, 16, 32, 64, 128)),
    ("tokens of the LSTMs", "b", "length", (10, 20, 40, 80, 160)),
    ("batch size of the block", "d", "n", (8, 16, 32, 64, 128)),
    ("tokens of the block", "d", "tokens", (16, 32, 64, 128, 256)),
    ("width of the block", "d", "width", (32, 64, 128, 256)),
)


def growth(rounds=3):
    """Yield (what grows, values, ms of each, operations of each)."""
    from tests.benchmarks.peers import mmdl_peer

    for name, letter, size, values in GROWTH:
        steps = [mmdl_peer.work(letter, **{size: value}) for value in values]
        found = np.array([[median(times(step, SECONDS)) for step in steps] for _ in range(rounds)])
        counts = np.array([operations(letter, **{size: value}) for value in values])
        yield name, np.array(values), np.median(found, axis=0), counts


def exponent(x, y):
    """b of the y = a xᵇ that fits best on logarithmic axes; small sizes are left out, where the overhead is all."""
    x, y = np.log(x[len(x) // 3 :]), np.log(y[len(y) // 3 :])
    return float(np.polyfit(x, y, 1)[0])


def draw(found, path):
    """Time against size, one line each, with its exponent and that of the operations."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.6), layout="constrained")
    ax = figure.subplots()
    for name, values, ms, counts in found:
        label = f"{name}: size^{exponent(values, ms):.2f}, operations^{exponent(values, counts):.2f}"
        ax.loglog(values, ms, "o-", label=label)
    ax.set(
        xlabel="size",
        ylabel="ms per training step",
        title="The time of a step grows about as its operations do, until arrays outgrow the cache",
    )
    ax.legend(fontsize=8)
    ax.xaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_major_formatter("{x:g}")
    figure.savefig(path, dpi=100)


PEAK = """
from tests.benchmarks.peers import {module}_peer as peer
from tests.memory import peak
before = peak()
step = peer.work("{letter}")
for _ in range(5):
    step()
print(before, peak())
"""


def peak_memory(module, letter):
    """Largest memory of a process that makes some steps, and what of it came after the imports, in MiB."""
    program = PEAK.format(module=module, letter=letter)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    before, most = map(int, done.stdout.split())
    return most / 2**20, (most - before) / 2**20


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--memory", action="store_true")
    if parser.parse_args().memory:
        for letter in "ad":
            for module in ("mmdl", "torch"):
                if importlib.util.find_spec(module):
                    whole, own = peak_memory(module, letter)
                    print(f"({letter}) {module:6} {whole:5.0f} MiB, {own:4.0f} MiB of it for the work")
        return
    found = list(growth())
    print("| what grows | sizes | ms | exponent | of the operations |\n| --- | --- | --- | ---: | ---: |")
    for name, values, ms, counts in found:
        sizes, spent = ", ".join(map(str, values)), ", ".join(f"{each:.1f}" for each in ms)
        print(f"| {name} | {sizes} | {spent} | {exponent(values, ms):.2f} | {exponent(values, counts):.2f} |")
    draw(found, ROOT / "figures" / "scaling.png")


if __name__ == "__main__":
    main()
