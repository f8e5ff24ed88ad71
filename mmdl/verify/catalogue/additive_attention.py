"""Additive attention."""

import numpy as np

from mmdl.ops.additive_attention import additive_attention
from mmdl.verify.catalogue.attention import blind_to_masked_keys, nothing_seen_gives_zeros, weights_sum_to_one
from mmdl.verify.compare import difference
from mmdl.verify.entry import Entry


def alike_keys_give_the_mean(entry, arguments, rng):
    """Keys that are all alike give the mean of the values."""
    alike = arguments | {"k": np.ones_like(arguments["k"]), "mask": None}
    y = entry(**alike)
    return difference(y, np.broadcast_to(arguments["v"].mean(axis=-2, keepdims=True), y.shape))


def blind_to_order_of_keys(entry, arguments, rng):
    """The order of the key-value pairs does not matter."""
    order = rng.permutation(arguments["k"].shape[-2])
    mixed = {name: arguments[name][..., order, :] for name in ("k", "v")}
    mixed["mask"] = None if arguments["mask"] is None else arguments["mask"][..., order]
    return difference(entry(**arguments | mixed), entry(**arguments))


def query_and_key_may_change_places(entry, arguments, rng):
    """Only the sum of query and key matters: what is added to all queries may be taken from all keys."""
    shift = rng.standard_normal(arguments["w"].shape)
    return difference(
        entry(**arguments | {"q": arguments["q"] + shift, "k": arguments["k"] - shift}), entry(**arguments)
    )


def hidden_layer(draws):
    """Queries, keys and values whose leading axes broadcast, and the weights of the hidden layer."""
    for letter in "TSDV":
        draws.size(letter, (1, 2, 3))
    fewer = draws.narrower()
    q, kv = draws.of((None, fewer), (fewer, None))
    arrays = {"q": draws.array("... T D", q), "k": draws.array("... S D", kv), "v": draws.array("... S V", kv)}
    return arrays | {"w": draws.array("D"), "mask": draws.mask("... S", draws.of(kv, None))}


ENTRIES = (
    Entry.of(
        additive_attention,
        hidden_layer,
        differentiable=("q", "k", "v", "w"),
        laws=(
            weights_sum_to_one,
            blind_to_order_of_keys,
            blind_to_masked_keys,
            nothing_seen_gives_zeros,
            alike_keys_give_the_mean,
            query_and_key_may_change_places,
        ),
        extreme=("q", "k", "w"),
    ),
)
