"""The LSTM that looks at a memory."""

import numpy as np

from mmdl.ops.additive_attention import additive_attention
from mmdl.ops.attentive_lstm import attentive_lstm
from mmdl.ops.lstm import lstm
from mmdl.verify.catalogue.recurrence import (
    blind_to_padding,
    blind_to_the_future,
    masked_step_keeps_the_state,
    sequences,
    some_mask,
    stays_within_bounds,
)
from mmdl.verify.compare import difference
from mmdl.verify.entry import Entry


def nothing_to_look_at_makes_an_lstm(entry, arguments, rng):
    """With a memory of which nothing is there it is an LSTM."""
    blind = arguments | {"memory_mask": np.zeros(arguments["k"].shape[:2], bool)}
    plain = {name: arguments[name] for name in ("x", "W", "U", "b", "h0", "c0", "mask")}
    h, c, context = entry(**blind)
    return difference((h, c, context), (*lstm(**plain)[:2], np.zeros_like(context)))


def context_is_additive_attention(entry, arguments, rng):
    """Each context is what additive attention finds for the state before."""
    h, _, context = entry(**arguments)
    q = h[:, :-1] @ arguments["Wq"]
    y = additive_attention(q, arguments["k"], arguments["v"], arguments["w"], arguments["memory_mask"]).y
    return difference(context, y if arguments["mask"] is None else np.where(arguments["mask"][..., None], y, 0))


def blind_to_order_of_memory(entry, arguments, rng):
    """The order of the memory does not matter."""
    order = rng.permutation(arguments["k"].shape[1])
    names = [name for name in ("k", "v", "memory_mask") if arguments[name] is not None]
    return difference(entry(**arguments | {name: arguments[name][:, order] for name in names}), entry(**arguments))


def goes_on_from_its_states(entry, arguments, rng):
    """Read in two parts, the second from the states of the first, a sequence gives the same states and contexts."""
    x, mask = arguments["x"], some_mask(arguments, rng)
    t = rng.integers(x.shape[1] + 1)
    h1, c1, context1 = entry(**arguments | {"x": x[:, :t], "mask": mask[:, :t]})
    start = {"h0": h1[:, -1], "c0": c1[:, -1]}
    h2, c2, context2 = entry(**arguments | start | {"x": x[:, t:], "mask": mask[:, t:]})
    joined = np.hstack([h1, h2[:, 1:]]), np.hstack([c1, c2[:, 1:]]), np.hstack([context1, context2])
    return difference(joined, entry(**arguments | {"mask": mask}))


def with_memory(draws):
    """Sequences beside a memory that is looked at, all of it there, or some, or nothing."""
    arrays = sequences(draws, 4, "4H", ("h0", "c0"))
    draws.size("S", (1, 2, 3)), draws.size("K", (1, 2)), draws.size("V", (1, 2))
    arrays |= draws.arrays(k="N S K", v="N S V", Wq="H K", w="K", C="V 4H")
    return arrays | {"memory_mask": draws.mask("N S")}


ENTRIES = (
    Entry.of(
        attentive_lstm,
        with_memory,
        differentiable=("x", "k", "v", "Wq", "w", "W", "C", "U", "b", "h0", "c0"),
        outputs=("h", "c", "context"),
        laws=(
            blind_to_the_future,
            masked_step_keeps_the_state,
            blind_to_padding,
            goes_on_from_its_states,
            stays_within_bounds,
            nothing_to_look_at_makes_an_lstm,
            context_is_additive_attention,
            blind_to_order_of_memory,
        ),
        extreme=("x", "k"),
    ),
)
