"""A duel with a bug: one mistake from the library hides in a function, and is to be exposed with few small probes."""

from typing import NamedTuple

import numpy as np

from mmdl.check.draws import EXTREMES, NOTHING, PLAIN, TIES, Batches
from mmdl.check.exercise import Case
from mmdl.check.library import EXERCISES, WRONG
from mmdl.check.results import of_reference
from mmdl.errors import DataError, ShapeError
from mmdl.verify.oracle import each

SAME = 1e-9
LARGEST = 5000  # numbers that one probe may hold
FILLINGS = {  # of the upstream gradient
    "random": lambda shape, rng: rng.standard_normal(shape),
    "ones": lambda shape, rng: np.ones(shape),
    "one": lambda shape, rng: np.eye(1, int(np.prod(shape))).reshape(shape),  # a single one, in the first place
}
KINDS = {"plain": PLAIN, "extreme": EXTREMES, "ties": TIES, "nothing": NOTHING}  # of arguments
WITHOUT_LETTERS = {  # whose sizes nobody can choose here
    "sinusoidal_positions",
    "causal_mask",
    "classifier_backward",
    "text_branch_backward",
    "token_types_backward",
    "attention_fusion",
    "weights_without",
    "correlation1d_backward",
    "hann_window",
    "mel_filter_bank",
    "says",
    "ctc_alpha",
    "ctc_beta",
    "ctc_gradient",
    "text_cnn",
}
OPS = tuple(of for of in WRONG if of in EXERCISES and len(WRONG[of]) > 1 and of not in WITHOUT_LETTERS)


class Probe(NamedTuple):
    """One question to the function: what went in, and what came out beside the truth."""

    arguments: dict
    cost: int  # numbers in all arguments
    truth: dict  # arrays by name
    given: dict
    complaint: str  # of a function that crashed

    @property
    def exposes(self):
        """Whether anything that came out is wrong."""
        return bool(self.complaint) or any(wrong(self.truth[name], self.given[name]) for name in self.truth)


class Duel:
    """One hidden mistake, the suspects, and what it has cost so far to find it."""

    def __init__(self, of=None, seed=None):
        rng = np.random.default_rng(seed)
        if of is not None and of not in OPS:
            raise DataError(f"there is no duel over {of}; there is one over {', '.join(OPS)}")
        self.of = of or OPS[rng.integers(len(OPS))]
        self.suspects = WRONG[self.of]
        self.hidden = self.suspects[rng.integers(len(self.suspects))]
        self.exercise = EXERCISES[self.of]
        self.rng = rng
        self.probes = []
        self.guesses = []

    @property
    def cost(self):
        """Numbers in all probes so far."""
        return sum(probe.cost for probe in self.probes)

    @property
    def exposed(self):
        """Whether a probe has shown that something is wrong."""
        return any(probe.exposes for probe in self.probes)

    def probe(self, lengths=(), filling="random", settings=(), kind="plain"):
        """Ask the function, and ours, once

        Parameters
        ----------
        lengths : dict of a letter to a length
            Letters that are left out are 2.
        filling : "random", "ones" or "one"
            Of the upstream gradient.
        settings : dict
            Of the op, such as {"stride": 2}.
        kind : "plain", "extreme" (±10,000), "ties" (equal numbers), "nothing" (masks that are False everywhere)

        Returns
        -------
        Probe
        """
        lengths, settings = dict(lengths), dict(settings)
        if filling not in FILLINGS:
            raise DataError(f"the upstream gradient is {', '.join(FILLINGS)}, not {filling}")
        draws = Batches(lambda options: options[0], self.rng, lambda letter, _: lengths.get(letter, 2), always=True)
        arguments = KINDS[kind].change(self.exercise.draw(draws), self.exercise.extreme)
        if unknown := (set(lengths) - set(draws.lengths)) or (set(settings) - set(arguments)):
            letters = ", ".join(sorted(draws.lengths))
            raise DataError(f"{self.of} has no {min(unknown)}; its letters are {letters}")
        try:
            arguments = self.exercise.follow(arguments | settings, self.rng)
            self.exercise.truth(Case(arguments, {}))
        except (ShapeError, TypeError) as mistake:
            raise DataError(f"that is no probe: {mistake}") from None
        arguments = {name: arguments[name] for name in self.exercise.parameters if name in arguments}
        arguments |= {
            name: FILLINGS[filling](value.shape, self.rng)
            for name, value in arguments.items()
            if name[0] == "d" and isinstance(value, np.ndarray)
        }
        cost = sum(array.size for array in _arrays(arguments.values()))
        if cost > LARGEST:
            raise DataError(f"that probe holds {cost} numbers; {LARGEST} must do")
        outputs, complaint = self.exercise.outputs, ""
        truth = of_reference(self.exercise.reference(**arguments), outputs)
        given = dict.fromkeys(truth)
        try:
            with np.errstate(all="ignore"):
                known = {name: each(np.copy, arguments[name]) for name in self.hidden.parameters if name in arguments}
                given = of_reference(self.hidden.function(**known), outputs)
        except Exception as error:  # whatever a wrong function does is part of the game
            complaint = f"{type(error).__name__}: {error}"
        self.probes.append(Probe(arguments, cost, truth, given, complaint))
        return self.probes[-1]

    def guess(self, number):
        """Name the suspect of that number, counted from 1: True if it is the one."""
        if not 1 <= number <= len(self.suspects):
            raise DataError(f"the suspects are 1 to {len(self.suspects)}, not {number}")
        self.guesses.append(number)
        return self.suspects[number - 1] is self.hidden


def wrong(truth, given):
    """Whether an output is another than it should be."""
    if given is None or np.shape(truth) != np.shape(given):
        return True
    return not np.allclose(truth, given, rtol=0, atol=SAME * max(1, np.abs(truth).max(initial=0)))


def _arrays(values):
    for value in values:
        if isinstance(value, np.ndarray):
            yield value
        elif isinstance(value, (tuple, list)):
            yield from _arrays(value)
        elif isinstance(value, dict):
            yield from _arrays(value.values())
