"""The loss of what was said, but not when."""

import itertools

import numpy as np

from mmdl.ops.ctc import ctc_loss
from mmdl.verify.compare import difference
from mmdl.verify.entry import Entry


def every_frame_is_somewhere(entry, arguments, rng):
    """At every frame γ sums to one over the states, and the gradient to zero over the classes."""
    found = entry.results(**arguments)
    mask, total = arguments["mask"], found["gradient"].sum(axis=-1)
    there = np.ones(total.shape) if mask is None else mask.astype(float)
    return difference((found["gamma"].sum(axis=-1), total), (there, np.zeros_like(total)))


def all_words_together_are_certain(entry, arguments, rng):
    """The probabilities of all words that fit into the frames sum to one."""
    logits, blank = arguments["logits"][:1, :3], arguments["blank"]
    T, K = logits.shape[1:]
    total = 0.0
    for count in range(T + 1):
        for word in itertools.product([k for k in range(K) if k != blank], repeat=count):
            if count + sum(a == b for a, b in itertools.pairwise(word)) <= T:
                total += np.exp(-entry(logits=logits, labels=np.array([word], int), blank=blank))
    return difference(total, 1.0)


def blind_to_padding(entry, arguments, rng):
    """Frames and labels that are not there, wherever they stand, change nothing."""
    logits, labels = arguments["logits"], arguments["labels"]
    mask, label_mask = (
        np.ones(array.shape[:2], bool) if arguments[name] is None else arguments[name]
        for array, name in ((logits, "mask"), (labels, "label_mask"))
    )
    alone = [
        entry(logits=logits[n : n + 1, mask[n]], labels=labels[n : n + 1, label_mask[n]], blank=arguments["blank"])
        for n in range(len(logits))
    ]
    return difference(entry(**arguments), np.mean(alone))


def spoken(draws):
    """Frames, and labels for which there are frames enough: repeats, none at all, and gaps among both."""
    draws.size("N", (1, 2, 3)), draws.size("T", (3, 1, 2, 4)), draws.size("K", (3, 2)), draws.size("S", (2, 1, 0))
    blank, K = draws.of(0, -1) % draws.size("K"), draws.size("K")
    labels = (blank + 1 + draws.integers("N S", K - 1)) % K
    mask, label_mask = draws.mask("N T"), draws.mask("N S") if draws.size("S") else None
    frames = np.full(len(labels), draws.size("T")) if mask is None else mask.sum(axis=1)
    fits = np.ones(labels.shape, bool) if label_mask is None else label_mask
    for n, count in enumerate(frames):
        while (word := labels[n, fits[n]]).size + (word[1:] == word[:-1]).sum() > count:
            fits[n, np.flatnonzero(fits[n])[-1]] = False
    if label_mask is None and not fits.all():
        label_mask = fits
    arrays = {"logits": draws.array("N T K"), "labels": labels}
    return arrays | {"mask": mask, "label_mask": label_mask, "blank": blank}


ENTRIES = (
    Entry.of(
        ctc_loss,
        spoken,
        differentiable=("logits",),
        outputs=("value",),
        laws=(every_frame_is_somewhere, all_words_together_are_certain, blind_to_padding),
        extreme=("logits",),
        whole_batch=True,
        counts=None,
        impossible=("logits",),
    ),
)
