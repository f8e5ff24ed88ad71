"""Attention from one modality to another, and through a bottleneck."""

import numpy as np

from mmdl.ops._mask import only
from mmdl.ops.attention import multi_head_attention
from mmdl.ops.fusion.tokens import bottleneck_attention, cross_attention
from mmdl.verify.compare import difference
from mmdl.verify.entry import Entry


def is_attention_between_projections(entry, arguments, rng):
    """It equals attention whose queries come from one modality and whose keys and values come from the other."""
    x, other = arguments["x"], arguments["other"]
    q, k, v = x @ arguments["Wq"], other @ arguments["Wk"], other @ arguments["Wv"]
    attended = multi_head_attention(q, k, v, arguments["heads"], arguments["mask"])
    return difference(tuple(entry.results(**arguments).values())[:2], tuple(attended))


def a_silent_modality_gives_zeros(entry, arguments, rng):
    """Another modality without any token gives zeros, and neither it nor the tokens that ask get a gradient."""
    nowhere = arguments | {"mask": np.zeros(arguments["other"].shape[:2], bool)}
    y = entry(**nowhere)
    gradients = tuple(entry.pull(rng.standard_normal(y.shape), **nowhere).values())
    return difference((y, *gradients), (np.zeros_like(y), *map(np.zeros_like, gradients)))


def blind_to_the_other_order(entry, arguments, rng):
    """The order of the other modality's tokens does not matter."""
    order = rng.permutation(arguments["other"].shape[1])
    mixed = {name: arguments[name][:, order] for name in ("other", "mask") if arguments[name] is not None}
    return difference(entry(**arguments | mixed), entry(**arguments))


def closed_nothing_passes(entry, arguments, rng):
    """Without a bottleneck each modality attends to itself alone: others neither change it nor get a gradient."""
    q, k, v, lengths, mask, heads = arguments.values()
    T = sum(lengths)
    closed = {"q": q[:, :T], "k": k[:, :T], "v": v[:, :T], "lengths": lengths, "heads": heads}
    closed["mask"] = None if mask is None else mask[:, :T]
    y, start = entry(**closed), 0
    found, expected = [], []
    for length in lengths:
        own = slice(start, start := start + length)
        there = None if mask is None else mask[:, own]
        alone = only(multi_head_attention(q[:, own], k[:, own], v[:, own], heads, there).y, there)
        dy = np.zeros_like(y)
        dy[:, own] = rng.standard_normal(alone.shape)
        gradients = [np.delete(d, np.r_[own], axis=1) for d in entry.pull(dy, **closed).values()]
        found += [y[:, own], *gradients]
        expected += [alone, *map(np.zeros_like, gradients)]
    return difference(tuple(found), tuple(expected))


def only_the_bottleneck_hears_of_others(entry, arguments, rng):
    """In one step a change in one modality reaches its own tokens and the bottleneck, and no other's tokens."""
    lengths = arguments["lengths"]
    ends = np.cumsum(lengths)
    m = rng.integers(len(lengths))
    own = slice(ends[m] - lengths[m], ends[m])
    others = np.delete(np.arange(ends[-1]), np.r_[own])
    changed = {name: arguments[name].copy() for name in ("k", "v")}
    for array in changed.values():
        array[:, own] = rng.standard_normal(array[:, own].shape)
    return difference(entry(**arguments | changed)[:, others], entry(**arguments)[:, others])


def one_modality_is_attention(entry, arguments, rng):
    """If all tokens are of one modality it is attention, whatever is called the bottleneck."""
    q, k, v, lengths, mask, heads = arguments.values()
    found = entry(**arguments | {"lengths": (sum(lengths),)})
    return difference(found, only(multi_head_attention(q, k, v, heads, mask).y, mask))


def two_modalities(draws):
    """Batches of tokens of two modalities, and projections whose columns one or two heads can divide."""
    heads = draws.of(1, 2)
    draws.size("H", (heads, 2 * heads)), draws.size("V", (heads, 2 * heads))
    for letter in "NTSD":
        draws.size(letter, (1, 2, 3))
    arrays = draws.arrays(x="N T D", other="N S D", Wq="D H", Wk="D H", Wv="D V")
    return arrays | {"mask": draws.mask("N S"), "heads": heads}


def with_a_bottleneck(draws):
    """Batches of tokens of one to three modalities, and a bottleneck that may be closed."""
    heads = draws.of(1, 2)
    lengths = tuple(draws.of(1, 2, 3) for _ in range(draws.size("M", (1, 2, 3))))
    draws.lengths["T"] = sum(lengths) + draws.of(1, 2, 0)
    draws.size("D", (heads, 2 * heads)), draws.size("V", (heads, 2 * heads)), draws.size("N", (1, 2, 3))
    arrays = draws.arrays(q="N T D", k="N T D", v="N T V")
    return arrays | {"lengths": lengths, "mask": draws.mask("N T"), "heads": heads}


ENTRIES = (
    Entry.of(
        cross_attention,
        two_modalities,
        differentiable=("x", "other", "Wq", "Wk", "Wv"),
        laws=(is_attention_between_projections, a_silent_modality_gives_zeros, blind_to_the_other_order),
        extreme=("x", "other"),
    ),
    Entry.of(
        bottleneck_attention,
        with_a_bottleneck,
        differentiable=("q", "k", "v"),
        laws=(closed_nothing_passes, only_the_bottleneck_hears_of_others, one_modality_is_attention),
        extreme=("q", "k"),
    ),
)
