"""Attention, with one head and with several."""

import numpy as np

from mmdl.ops.attention import attention, multi_head_attention
from mmdl.verify.compare import difference
from mmdl.verify.entry import Entry


def weights_sum_to_one(entry, arguments, rng):
    """The weights of a query sum to one, or to zero if it may look nowhere."""
    weights = entry.results(**arguments)["weights"]
    blind = (weights == 0).all(axis=-1)
    return difference(weights.sum(axis=-1), np.where(blind, 0.0, 1.0))


def blind_to_order(entry, arguments, rng):
    """The order of the key-value pairs does not matter."""
    order = rng.permutation(arguments["k"].shape[-2])
    mixed = arguments | {name: arguments[name][..., order, :] for name in ("k", "v")} | {"causal": False}
    mixed |= {name: arguments[name][..., order] for name in ("mask", "bias") if arguments.get(name) is not None}
    return difference(entry(**mixed), entry(**arguments | {"causal": False}))


def blind_to_masked_keys(entry, arguments, rng):
    """What stands at a masked key changes nothing."""
    mask = rng.random(arguments["k"].shape[-2]) < 0.5
    mask = np.broadcast_to(mask, (*arguments["k"].shape[:-2], len(mask)))
    other = {name: np.where(mask[..., None], arguments[name], 7.0) for name in ("k", "v")}
    return difference(entry(**arguments | other | {"mask": mask}), entry(**arguments | {"mask": mask}))


def nothing_seen_gives_zeros(entry, arguments, rng):
    """A query that may look nowhere gets zeros, and hands on no gradient."""
    mask = np.zeros((*arguments["k"].shape[:-2], arguments["k"].shape[-2]), bool)
    nowhere = arguments | {"mask": mask}
    y = entry(**nowhere)
    gradients = tuple(entry.pull(rng.standard_normal(y.shape), **nowhere).values())
    return difference((y, *gradients), (np.zeros_like(y), *map(np.zeros_like, gradients)))


def causal_is_blind_to_the_future(entry, arguments, rng):
    """Causal, a query ignores all later keys."""
    causal = arguments | {"causal": True}
    t = rng.integers(arguments["q"].shape[-2])
    other = {name: arguments[name].copy() for name in ("k", "v")}
    for array in other.values():
        array[..., t + 1 :, :] = rng.standard_normal(array[..., t + 1 :, :].shape)
    return difference(entry(**causal | other)[..., : t + 1, :], entry(**causal)[..., : t + 1, :])


def equal_keys_give_the_mean(entry, arguments, rng):
    """Keys that are all alike, seen without a bias, give the mean of the values."""
    q, k, v = (arguments[name] for name in "qkv")
    y = entry(q=q, k=np.zeros_like(k), v=v)
    return difference(y, np.broadcast_to(v.mean(axis=-2, keepdims=True), y.shape))


def one_head_is_attention(entry, arguments, rng):
    """With one head it is attention."""
    mask, causal = arguments["mask"], arguments["causal"]
    q, k, v = (arguments[name] for name in "qkv")
    return difference(entry(**arguments | {"heads": 1}), attention(q, k, v, mask, causal).y)


def heads_work_alone(entry, arguments, rng):
    """Each head's columns of y are attention over its own columns of q, k and v."""
    split = [np.split(arguments[name], arguments["heads"], axis=2) for name in "qkv"]
    alone = [attention(*columns, arguments["mask"], arguments["causal"]).y for columns in zip(*split, strict=True)]
    return difference(entry(**arguments), np.concatenate(alone, axis=2))


def broadcasting(draws):
    """Queries, keys and values whose leading axes broadcast; masks, biases, causal or not."""
    for letter in "TSDV":
        draws.size(letter, (1, 2, 3))
    fewer = draws.narrower()
    q, kv = draws.of((None, fewer), (fewer, None))
    arrays = {
        "q": draws.array("... T D", q),
        "k": draws.array("... S D", kv),
        "v": draws.array("... S V", kv),
    }
    bias = draws.of(lambda: None, lambda: draws.array("... T S"), lambda: draws.array("T S"))()
    return arrays | {"mask": draws.mask("... S", kv), "causal": draws.of(False, True), "bias": bias}


def with_heads(draws):
    """Batches of queries, keys and values whose columns one, two or three heads can divide."""
    heads = draws.of(1, 2, 3)
    draws.size("T", (1, 2, 3)), draws.size("S", (1, 2, 3))
    draws.size("D", (heads, 2 * heads)), draws.size("V", (heads, 2 * heads))
    draws.size("N", (1, 2, 3))
    arrays = draws.arrays(q="N T D", k="N S D", v="N S V")
    return arrays | {"heads": heads, "mask": draws.mask("N S"), "causal": draws.of(False, True)}


LAWS = (
    weights_sum_to_one,
    blind_to_order,
    blind_to_masked_keys,
    nothing_seen_gives_zeros,
    causal_is_blind_to_the_future,
    equal_keys_give_the_mean,
)

ENTRIES = (
    Entry.of(
        attention,
        broadcasting,
        differentiable=("q", "k", "v", "bias"),
        laws=LAWS,
        extreme=("q", "k"),
        impossible=("bias",),
    ),
    Entry.of(
        multi_head_attention,
        with_heads,
        differentiable=("q", "k", "v"),
        laws=(*LAWS, one_head_is_attention, heads_work_alone),
        extreme=("q", "k"),
    ),
)
