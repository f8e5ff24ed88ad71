"""Small models, and what strangers might make of their files: other fields, kinds and arrays, every checksum right."""

import argparse
import contextlib
import io
import json
import math
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
from PIL import Image
from scipy.io import wavfile

from mmdl import tree
from mmdl.cli import dataset as datasets
from mmdl.cli import predict, runs, search
from mmdl.data import Standardizer, TargetTokenizer
from mmdl.data.table.load import load_table
from mmdl.errors import DataError
from mmdl.fusion import FUSIONS
from mmdl.layers import Dense, Sequential
from mmdl.models import contrastive_model, multimodal_classifier, multimodal_regressor, transcriber, writer
from mmdl.models.kinds import KINDS
from mmdl.training import save
from mmdl.training.archive import in_a_sentence
from mmdl.training.checkpoint import FORMAT, VERSION, _check, _loaded

READERS = ("convolution", "gru", "attention")  # of words, beside the LSTM
DECODERS = ("transformer", "attentive-lstm", "lstm", "lstm-without-attention")
VALUES = (
    None,
    True,
    False,
    0,
    1,
    -1,
    2,
    3,
    7,
    0.5,
    -0.5,
    1e-9,
    1e38,
    1e308,
    math.nan,
    math.inf,
    4096,
    2**31 - 1,
    2**63,
)
VALUES += ("", "a", "same", "a\x1b[2J\u202e", "x" * 500, [], {}, [[]], [1], ["a", "a"], {"array": "none"})
VALUES += ({"kind": "dict", "fields": {}}, {"kind": "os.system", "fields": {}})
ARRAYS = (
    lambda a: a[0] if a.size else a,
    lambda a: a[None],
    lambda a: a.T,
    lambda a: a[:-1],
    lambda a: a[:0],
    lambda a: np.concatenate([a, a]),
    lambda a: a * 1e38,
    lambda a: a * 0,
    lambda a: -abs(a * 1.0) - 1,
    lambda a: a.astype(np.float64),
    lambda a: a.astype(np.float16),
    lambda a: a.astype(np.int64),
    lambda a: a > 0,
    lambda a: a * np.nan,
)


def small_dataset(folder):
    """Pictures, texts, sounds, numbers, and texts to be written, all of them as small as they can be."""
    rng, rows = np.random.default_rng(0), ["picture,words,sound,x,y,label"]
    for number in range(12):
        Image.fromarray(rng.integers(0, 256, (8, 8), np.uint8)).save(folder / f"{number}.png")
        wavfile.write(folder / f"{number}.wav", 8000, (rng.standard_normal(900) / 8).astype(np.float32))
        rows.append(f"{number}.png,plum {number % 3} pie,{number}.wav,{number},{number % 5},{'ab'[number % 2]}")
    (folder / "small.csv").write_text("\n".join(rows))
    columns = {"image": "picture", "text": "words", "audio": "sound", "numbers": ("x", "y")}
    return load_table(folder / "small.csv", **columns, image_size=(8, 8), text_length=4, sound_seconds=0.1)


def small_models(dataset):
    """The manifests and the arrays of models of every kind, with all fusions, readers of words and decoders."""
    rng, width = np.random.default_rng(0), 4
    targets, of_numbers = TargetTokenizer(("a", "b", "c"), 4), Standardizer((1.0,), (2.0,), ("y",))
    to_write, to_measure = replace(dataset, target=targets), replace(dataset, scale=of_numbers)
    short = dataset.with_modalities("text", "numbers")
    models = [
        *(multimodal_classifier(rng, short, fusion, width) for fusion in FUSIONS),
        *(multimodal_classifier(rng, dataset, fusion, width) for fusion in ("attention", "concatenate")),
        *(multimodal_classifier(rng, short, "sum", 2 * width, text_reader=each) for each in READERS),
        *(multimodal_regressor(rng, to_measure, fusion, width) for fusion in ("bottleneck", "tensor")),
        *(writer(rng, to_write.with_modalities("text", "image"), decoder, width) for decoder in DECODERS),
        writer(rng, to_write.with_modalities("audio", "numbers"), width=width, blocks=1),
        *(transcriber(rng, to_write.with_modalities("audio"), width, recurrent) for recurrent in (True, False)),
        contrastive_model(rng, dataset.with_modalities("image", "text"), width),
    ]
    return [(manifest_of(model), dict(tree.distinct(model))) for model in models]


def manifest_of(model):
    return {"format": FORMAT, "version": VERSION, "model": tree.describe(model), "extras": {}}


def smallest_file(path):
    """The bytes of a model file with one layer."""
    save(path, Sequential((Dense.init(np.random.default_rng(0), 3, 4),)))
    return path.read_bytes()


def places(value, path=()):
    """Every place in a manifest"""
    if path:
        yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inside:
        yield from places(each, (*path, key))


class Edits:
    """Changes manifests and arrays, as a source of choices says: `choose(n)` -> a number below n"""

    def __init__(self, models):
        self.texts = [(json.dumps(manifest), arrays) for manifest, arrays in models]
        self.places = [[*places(manifest["model"], ("model",))] for manifest, _ in models]

    def __call__(self, choose):
        number = choose(len(self.texts))
        manifest, arrays = self.unchanged(number)
        for _ in range(1 + choose(3)):
            if choose(3) == 0:
                name = [*arrays][choose(len(arrays))]
                with np.errstate(all="ignore"):
                    arrays[name] = np.ascontiguousarray(ARRAYS[choose(len(ARRAYS))](arrays[name]))
            else:
                self._edit(manifest, self.places[number], choose)
        return manifest, arrays

    def unchanged(self, number):
        text, arrays = self.texts[number]
        return json.loads(text), dict(arrays)

    @staticmethod
    def _edit(manifest, known, choose):
        inside, (*way, last) = manifest, known[choose(len(known))]
        other = manifest
        with contextlib.suppress(LookupError, TypeError):  # an edit before this one took the place away
            for key in way:
                inside = inside[key]
            old, kind = inside[last], choose(6)
            if kind == 0:
                del inside[last]
            elif kind == 1:
                for key in known[choose(len(known))]:
                    other = other[key]
                inside[last] = json.loads(json.dumps(other))  # what stands elsewhere
            elif kind == 2 and isinstance(old, dict) and "kind" in old:
                old["kind"] = [*KINDS][choose(len(KINDS))]
            elif kind == 3 and isinstance(old, int | float):
                inside[last] = old + choose(5) - 2
            elif kind == 4 and isinstance(old, list):
                inside[last] = old[:-1] if choose(2) else [*old, *old]
            else:
                inside[last] = json.loads(
                    json.dumps(VALUES[choose(len(VALUES))])
                )  # a copy, which may be edited in turn


def question(picture, sound, dataset, choose):
    """Arguments of `mmdl predict`: some of a picture, a text, a sound and numbers; and those of `mmdl search`."""
    given = {"image": picture, "text": "plum 1 tart", "audio": sound, "numbers": "1,"}
    asked = {name: None if choose(4) == 0 else each for name, each in given.items()}
    about = {"data": None, "out": None, "probabilities": False, "top": 1 + choose(5), "json": bool(choose(2))}
    about |= {"among": "all", "dataset": dataset}
    return argparse.Namespace(model="model.npz", **asked, **about, wrong_usage=_wrong_usage)


def _wrong_usage(sentence):
    raise DataError(sentence)


def answer(manifest, arrays, arguments):
    """Load what a manifest describes, and ask it; its answer has to be one.

    A model file is read by the function that `load` reads it with; only the archive around it is left out.
    """
    with in_a_sentence("model.npz"):
        _check(manifest)
        model, extras = _loaded(manifest, arrays)
    kind = type(model).__name__
    if kind not in runs.NEEDED:
        raise DataError("not trained for this")
    arguments = _about(model, arguments)
    loaded, said, warned = (lambda *_: (model, extras, Path("model.npz"))), io.StringIO(), io.StringIO()
    with (
        mock.patch.object(predict, "load_model", loaded),
        mock.patch.object(runs, "load_model", loaded),
        mock.patch.object(datasets, "dataset_of", lambda _: arguments.dataset),
        mock.patch.object(search, "draw", lambda *arguments: arguments[-1]),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(warned),
    ):
        (search if kind == "ContrastiveModel" else predict).run(arguments)
    for text in said.getvalue(), warned.getvalue():
        assert all(line.isprintable() for line in text.split("\n")), f"prints {text!r}"
    if arguments.json:
        found = json.loads(said.getvalue(), parse_constant=_refuse)
        numbers = [*_numbers(found, {"probability", "score", "number"})]
    else:
        numbers = [float(line.split()[-1]) for line in said.getvalue().splitlines() if kind != "ContrastiveModel"]
    lowest, highest = LIMITS.get(kind, (0, 1.001))
    assert all(each is not None and lowest <= each <= highest for each in numbers), f"answers {numbers}"


def _about(model, arguments):
    """The same question about what the model takes, if there is such a thing; one at a time for a search."""
    kinds = {each.kind for each in model.preprocessors.values()}
    asked = [kind for kind in ("image", "text", "audio", "numbers") if getattr(arguments, kind) is not None]
    if taken := [kind for kind in asked if kind in kinds]:
        taken = taken[:1] if hasattr(model, "towers") else taken
        arguments = argparse.Namespace(**vars(arguments) | {kind: None for kind in asked if kind not in taken})
    return arguments


LIMITS = {"ContrastiveModel": (-1.001, 1.001), "MultimodalRegressor": (-1e308, 1e308)}  # of what is not a probability


def _numbers(found, names):
    """What stands under these names in what JSON has said"""
    if isinstance(found, list):
        found = dict(enumerate(found))
    for name, each in found.items() if isinstance(found, dict) else ():
        if name in names:
            yield each
        else:
            yield from _numbers(each, names)


def _refuse(constant):
    raise AssertionError(f"prints {constant} as JSON")
