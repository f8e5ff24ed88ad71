"""Spoken MNIST: a handwritten digit, a recording of the same digit, and its name as typed; all three hard to make out.

In the manner of AV-MNIST (V. Vielzeuf, A. Lechervy, S. Pateux, F. Jurie, CentralNet, 2018), each modality was made
harder until it does not suffice. Measured on the test set, in percent right, as mean ± standard deviation over three
seeds, each model trained by the recipe of its fusion with what `RECIPE` changes of it:

                               concatenate                       attention
                        trained alone  within all three   trained alone  within all three
    image                72.4 ± 0.2     64.5 ± 1.6         69.2 ± 0.6     55.3 ± 2.9
    audio                66.9 ± 0.5     61.8 ± 0.7         73.1 ± 0.7     68.3 ± 0.6
    text                 68.7 ± 0.2     67.2 ± 0.4         69.2 ± 0.3     67.5 ± 0.6
    image, audio         87.6 ± 0.5     85.0 ± 1.4         86.8 ± 0.7     82.8 ± 0.6
    image, text          87.5 ± 0.3     86.9 ± 0.3         87.5 ± 0.6     84.7 ± 1.1
    audio, text          85.8 ± 0.2     84.5 ± 0.1         88.2 ± 0.5     87.8 ± 0.4
    image, audio, text   94.5 ± 0.2                        94.2 ± 0.6
"""

from typing import Any

import numpy as np

from mmdl.data.dataset import Dataset, Examples
from mmdl.data.files.fetch import located
from mmdl.data.preprocessors.audio import AudioPreprocessor
from mmdl.data.preprocessors.components import RemainderPreprocessor
from mmdl.data.preprocessors.text import Tokenizer
from mmdl.data.registry import Source
from mmdl.data.slips import typed
from mmdl.data.sources import mnist, spoken_digits
from mmdl.data.split import stratified
from mmdl.errors import DataError
from mmdl.shapes import Array

ENERGY = 0.75  # of the pictures, which goes with their strongest principal components
WINDOW = 13  # pixels a side: of what is left of a picture, about a fifth is seen
DECIBELS = -10.0  # signal to noise: the noise has ten times the energy of the recording
SLIPS = 8  # of the fingers in one word

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TENTHS = {"train": 7, "validation": 1, "test": 2}  # of the pictures, and of the recordings
RECIPE = {"epochs": 8, "modality_dropout": 0.3}  # so that the picture, which is learned last, is learned as well


def load(seed: int = 0) -> Dataset:
    """7,000 examples to learn from, 1,000 for validation, 2,000 for the test: all pictures of MNIST's published test

    No picture and no recording is in two splits. There are 2,500 recordings for the 10,000 pictures, so each is used
    several times, under noise of its own; every speaker says every digit in all splits.

    Parameters
    ----------
    seed : int
        Draws splits, pairs, noise and slips.

    Returns
    -------
    Dataset
        Modalities "image", (N, 28, 28, 1) uint8, "audio", Tokens of log-mel frames, and "text", Tokens of letters.
        `about` has "picture" and "recording" (which), "speaker" and "typed".

    Raises
    ------
    DataError
        If a file is missing, or a split has pictures of a digit but no recordings; FormatError if a file is broken.
    """
    located("spoken-mnist", SOURCE.downloads)
    rng = np.random.default_rng(seed)
    pictures, labels = mnist.test_digits()
    recordings = spoken_digits.recordings()
    parts = pairs(labels, recordings, rng)
    image = RemainderPreprocessor.fit(pictures[parts["train"][0]], ENERGY, mnist.PREPROCESSOR)
    left = image.remainder(pictures / np.float32(255))

    drawn = {}
    for part, (shown, heard) in parts.items():
        images = np.stack([through_window(left[n], rng) for n in shown])
        sounds = [(recordings[n].rate, noisy(recordings[n].samples, rng)) for n in heard]
        texts = [typed(WORDS[labels[n]], SLIPS, rng) for n in shown]
        drawn[part] = np.rint(255 * images.clip(0, 1)).astype(np.uint8), sounds, texts
    _, sounds, texts = drawn["train"]
    audio, text = AudioPreprocessor.fit(sounds), Tokenizer.fit(texts, unit="letter")

    splits: dict[str, Any] = {}
    for part, (shown, heard) in parts.items():
        images, sounds, texts = drawn[part]
        inputs = {"image": images, "audio": audio.encode(sounds), "text": text.encode(texts)}
        said = [recordings[n] for n in heard]
        about = {
            "picture": shown.astype(str),
            "recording": np.array([f"{each.digit}_{each.speaker}_{each.index}" for each in said]),
            "speaker": np.array([each.speaker for each in said]),
            "typed": np.array(texts),
        }
        splits[part] = Examples(inputs, labels[shown], about=about)
    preprocessors = {"image": image, "audio": audio, "text": text}
    return Dataset("spoken-mnist", WORDS, **splits, preprocessors=preprocessors, notes=NOTES, recipe=RECIPE)


def pairs(
    labels: Array, recordings: list[spoken_digits.Recording], rng: np.random.Generator
) -> dict[str, tuple[Array, Array]]:
    """Pictures of digits with these labels (N,), each with a recording of its digit from its own split

    Returns
    -------
    dict of str to two arrays of ints
        By split: the places of its pictures, and of the recordings that go with them. All recordings of a digit are
        used equally often, to within one.
    """
    digits = np.array([each.digit for each in recordings])
    _, voices = np.unique([f"{each.digit} {each.speaker}" for each in recordings], return_inverse=True)
    found = {}
    for part, shown, spoken in zip(TENTHS, _dealt(labels, rng), _dealt(voices, rng), strict=True):
        heard = np.empty_like(shown)
        for digit in np.unique(labels[shown]):
            of_digit = spoken[digits[spoken] == digit]
            if not len(of_digit):
                raise DataError(f"spoken-mnist has pictures of {digit} for {part}, but no recordings")
            wanted = labels[shown] == digit
            heard[wanted] = np.resize(rng.permutation(of_digit), wanted.sum())
        found[part] = shown, heard
    return found


def through_window(x: Array, rng: np.random.Generator) -> Array:
    """What is seen of a picture (R, C, 1) through a window of `WINDOW` x `WINDOW` pixels anywhere; 0 around it"""
    top, left = rng.integers(np.subtract(x.shape[:2], WINDOW) + 1)
    window = slice(top, top + WINDOW), slice(left, left + WINDOW)
    seen = np.zeros_like(x)
    seen[window] = x[window]
    return seen


def noisy(x: Array, rng: np.random.Generator) -> Array:
    """x + n,   n white and normal, with the energy of the wave x (T,) times 10^(−`DECIBELS` / 10)"""
    deviation = np.sqrt(np.mean(x**2)) * 10 ** (-DECIBELS / 20)
    return x + deviation * rng.standard_normal(len(x), np.float32)


def _dealt(labels: Any, rng: np.random.Generator) -> list[Array]:
    return stratified(labels, [len(labels) * tenths // 10 for tenths in TENTHS.values()], rng)


NOTES = (
    f"of the pictures the strongest principal components, {ENERGY:.0%} of the energy, are gone, and the rest is seen "
    f"through a window of {WINDOW} x {WINDOW} pixels",
    f"the recordings are under white noise, at a signal-to-noise ratio of {DECIBELS:g} dB",
    f"the words were typed with {SLIPS} slips of the fingers each",
)
SOURCE = Source(
    load,
    ("image", "audio", "text"),
    "a digit handwritten, spoken and typed, each hard to make out",
    "pictures CC BY-SA 3.0, Yann LeCun and Corinna Cortes; recordings CC BY-SA 4.0, Zohar Jackson and others",
    mnist.DOWNLOADS[2:] + spoken_digits.DOWNLOADS,
)
