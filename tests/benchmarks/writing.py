"""What models that write reach: `python -m tests.benchmarks.writing [names] [pictures] [numbers] [digits] [cache]`.

Every row is trained with three seeds on one thread by the recipe of the command line, and says the worst and the best
of them on the test set beside what needs no learning. Seconds are those of the processor.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import sys
import time

import numpy as np

from mmdl import data
from mmdl.cli.write import RECIPES
from mmdl.models import transcriber, writer
from mmdl.training.decoding import decode
from mmdl.training.text_writing import WritingRecipe, evaluate_writing, evaluate_writing_subsets, write

SEEDS = (0, 1, 2)


def trained(dataset, decoder, seed, **changes):
    """A model after training, and the seconds of the processor that it took."""
    rng, start = np.random.default_rng(seed), time.process_time()
    model = transcriber(rng, dataset) if decoder == "ctc" else writer(rng, dataset, decoder)
    recipe = WritingRecipe(**RECIPES[decoder] | dataset.recipe | changes)
    model, *_ = recipe.fit(model, dataset.__class__(**vars(dataset) | {"validation": None}), rng)
    return model, time.process_time() - start


def said(what, values, seconds=()):
    """One row: worst to best."""
    took = f", {max(seconds):.0f} s" if seconds else ""
    print(f"{what:58} {min(values):.3f} to {max(values):.3f}{took}", flush=True)


def names():
    """Picture and half of the words: exact names of unseen compositions; where the model looks for an accent."""
    dataset = data.load("glyph-names")
    held = dataset.test.about["held out"]
    compositions = dataset.test.select(held == "composition")
    found, seconds, shares = [], [], {"mark": [], "letter": [], "untrained": [], "chance": []}
    for seed in SEEDS:
        model, took = trained(dataset, "transformer", seed)
        found.append(evaluate_writing_subsets(model, compositions))
        seconds.append(took)
        for name, share in accent_shares(model, compositions).items():
            shares[name].append(share)
        shares["untrained"].append(accent_shares(writer(np.random.default_rng(seed), dataset), compositions)["mark"])
    for subset in found[0]:
        said(f"compositions, exact name, {' and '.join(subset)}", [each[subset]["exact"] for each in found], seconds)
    for name, values in shares.items():
        said(f"attention on the accent's cells: {name}", values)


def accent_shares(model, examples):
    """The mean share of attention on the cells of the accent, when its word is written and when the letter's is

    The accent's cells are those above the ink of the letter alone, for ACUTE, GRAVE, CIRCUMFLEX and the like, in
    pictures of the same font without it; chance is their share of all cells. Of the true text, token by token.
    """

    rows = [place for place, name in enumerate(examples.about["name"]) if name.split(" ")[-1] in ABOVE]
    shown = examples.select(np.array(rows)[:200])
    [batch] = data.batches(shown, len(shown))
    _, trace = model.forward(batch)
    span = dict(zip(model.modalities, trace.memory.spans, strict=True))["image"]
    weights = trace.weights if trace.weights.ndim == 3 else trace.weights.mean(axis=1)
    seen = weights[:, :, span].reshape(len(shown), weights.shape[1], 7, 7)
    marks, letters, chances = [], [], []
    for n, name in enumerate(shown.about["name"]):
        cells = accent_cells(batch["image"][n, ..., 0])
        words = name.split(" ")
        marks.append((seen[n, len(words) - 1] * cells).sum())
        letters.append((seen[n, words.index("WITH") - 1] * cells).sum())
        chances.append(cells.mean())
    return {"mark": np.mean(marks), "letter": np.mean(letters), "chance": np.mean(chances)}


ABOVE = {"ACUTE", "GRAVE", "CIRCUMFLEX", "CARON", "DIAERESIS", "TILDE", "MACRON", "BREVE"}


def accent_cells(picture):
    """(7, 7) bool: the cells with ink above the widest gap between rows of ink in the upper half."""
    ink = picture > 0.2
    rows = np.flatnonzero(ink.any(axis=1))
    gaps = [r for r in range(rows[0], rows[0] + len(ink) // 2) if not ink[r].any()]
    end = gaps[0] if gaps else rows[0] + 4  # an accent that touches its letter: the upper four rows of ink
    above = ink.copy()
    above[end:] = False
    return above.reshape(7, 4, 7, 4).any(axis=(1, 3))


def pictures():
    """The picture alone: compositions, the five best, and a new font beside the nearest neighbour."""
    dataset = data.load("glyph-names").with_modalities("image")
    held = dataset.test.about["held out"]
    compositions, font = (dataset.test.select(held == each) for each in ("composition", "font"))
    exact, best, new, seconds = [], [], [], []
    for seed in SEEDS:
        model, took = trained(dataset, "transformer", seed, epochs=36)
        seconds.append(took)
        exact.append(evaluate_writing(model, compositions)["exact"])
        new.append(evaluate_writing(model, font)["exact"])
        hits = []
        for batch in data.batches(compositions, 100):
            truth = model.target.texts(batch.targets)
            answers = write(model, batch, beams=5)
            hits += [name in [each.text for each in five] for name, five in zip(truth, answers, strict=True)]
        best.append(np.mean(hits))
    said("picture alone, compositions, exact name", exact, seconds)
    said("picture alone, compositions, among the five best", best)
    said("picture alone, a new font, exact name", new)
    train = dataset.train.inputs["image"].reshape(len(dataset.train), -1).astype(np.float32)
    for what, examples in (("compositions", compositions), ("a new font", font)):
        x = examples.inputs["image"].reshape(len(examples), -1).astype(np.float32)
        nearest = ((train**2).sum(axis=1) - 2 * x @ train.T).argmin(axis=1)
        said(f"nearest neighbour, {what}", [np.mean(dataset.train.about["name"][nearest] == examples.about["name"])])


def numbers():
    """English words to German letters, with attention and without."""
    dataset = data.load("numbers")
    for decoder in ("lstm", "lstm-without-attention", "attentive-lstm", "transformer"):
        runs = [trained(dataset, decoder, seed) for seed in SEEDS]
        exact = [evaluate_writing(model, dataset.test)["exact"] for model, _ in runs]
        said(f"2,000 numbers, {decoder}, exact", exact, [took for _, took in runs])
    truth, known = dataset.target.texts(dataset.test.targets), set(dataset.target.texts(dataset.train.targets))
    said("share of the test's numbers that training showed", [np.mean([each in known for each in truth])])


def digits():
    """Strings of spoken digits, by unseen recordings and by an unseen speaker."""
    for split in ("recording", "speaker"):
        dataset = data.load("digit-strings", split=split)
        runs = [trained(dataset, "ctc", seed) for seed in SEEDS]
        rates = [evaluate_writing(model, dataset.test)["error_rate"] for model, _ in runs]
        said(f"digit strings, unseen {split}: label error rate", rates, [took for _, took in runs])


def cache():
    """One example, 32 tokens, greedy: from the decoder's state, and from the whole text at every step."""
    dataset = data.load("glyph-names")
    model = writer(np.random.default_rng(0), dataset)
    [batch] = data.batches(dataset.test.select([0]), 1)
    memory = model.read(batch)
    model.decoder.head.b[0] = -1e9  # it never ends

    def again():
        from mmdl.tokens import Tokens

        ids = np.zeros((1, 1), int)
        for _ in range(32):
            logits = model.decoder(memory, Tokens(ids, np.ones(ids.shape, bool)))
            ids = np.append(ids, [[logits[0, -1].argmax()]], axis=1)

    for what, run in (("from the state", lambda: decode(model.decoder, memory, 32)), ("all over again", again)):
        run()
        times = []
        for _ in range(9):
            start = time.perf_counter()
            run()
            times.append(1000 * (time.perf_counter() - start))
        print(f"32 tokens, one example, {what}: median {np.median(times):.1f} ms", flush=True)


if __name__ == "__main__":
    parts = {each.__name__: each for each in (names, pictures, numbers, digits, cache)}
    for name in sys.argv[1:] or parts:
        parts[name]()
