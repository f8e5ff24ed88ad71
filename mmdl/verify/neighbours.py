"""What an answer depends on: its own example, and of that only what is there."""

from typing import Any, NamedTuple

import numpy as np

from mmdl.ops._reduce import sum_to
from mmdl.verify.batching import leading_axes, parts
from mmdl.verify.compare import EXACT, PropertyError, agree
from mmdl.verify.oracle import each


def ignores_its_neighbours(entry, arguments, rng):
    """An answer has no neighbours: op(batch)[n] = op(batch[n : n + 1]), and so for gradients.

    What is masked is not read, what is −∞ is impossible, NaN in what counts gives NaN.

    Statistics of the whole batch are exempt: those are the entries that say `of_the_batch`.
    """
    errors = [0.0 if entry.of_the_batch else _alone_as_together(entry, arguments, rng)]
    if entry.impossible:
        forbidding = arguments | _forbid(entry, arguments, rng)
        _check_impossible(entry, forbidding, rng)
        errors.append(0.0 if entry.of_the_batch else _alone_as_together(entry, forbidding, rng))
    errors += [_unread(entry, arguments, mask, rng) for mask in _masks(entry, arguments)]
    if not entry.of_the_batch and not entry.is_loss:
        errors.append(_nan_shows(entry, arguments))
    return max(errors)


def broadcasts_as_documented(entry, arguments, rng):
    """An axis in front that only one argument has gives an answer for each entry; of every argument in turn."""
    named = [name for name in entry.contracts if arguments.get(name) is not None]
    if entry.of_the_batch:  # with more examples it has another answer
        return 0.0
    documented = [name for name in named if entry.contracts[name].rpartition(" of ")[2].split()[0] == "..."]
    errors = [0.0]
    for name in documented:
        for m in range(len(parts(arguments[name]))):
            errors.append(_one_in_front(entry, arguments, name, m, rng))
    return max(errors)


class _Run(NamedTuple):
    results: dict[str, Any]
    upstream: dict[str, Any]
    gradients: dict[str, Any]


def _run(entry, arguments, rng, upstream=None):
    results = entry.results(**arguments)
    if upstream is None:
        upstream = {name: rng.standard_normal(np.shape(results[name])) for name in entry.outputs}
    return _Run(results, upstream, entry.gradients(upstream, arguments, results))


def _batch(entry, arguments):
    """How many leading axes the deepest argument has, and how many examples there are along the first."""
    arrays = [(name, part) for name in entry.contracts for part in parts(arguments.get(name)) if part is not None]
    depths = [leading_axes(entry.contracts[name], part) for name, part in arrays]
    depth = max(depths, default=0)
    lengths = [len(part) for (_, part), axes in zip(arrays, depths, strict=True) if axes == depth > 0]
    return depth, max(lengths, default=0)


def _batched(entry, name, x, batch):
    depth, count = batch
    return name in entry.contracts and leading_axes(entry.contracts[name], x) == depth and len(x) == count


def _alone_as_together(entry, arguments, rng):
    batch = _batch(entry, arguments)
    together, errors, added, value = _run(entry, arguments, rng), [0.0], {}, 0.0
    for n in range(batch[1]):
        where = f"of {entry.name} for example {n} of {batch[1]}"

        def own(name, value, n=n):
            here = arguments.get(name) is not None
            return each(lambda x: x[n : n + 1] if _batched(entry, name, x, batch) else x, value) if here else value

        example = {name: own(name, value) for name, value in arguments.items()}
        if entry.is_loss:
            share = _share_of_mean(entry, arguments, example, batch[1])
            alone = entry.results(**example) if share else {"value": 0.0, "gradient": 0.0}
            value += share * alone["value"]
            whole = together.results["gradient"][n : n + 1]
            errors.append(
                _agree(f"the gradient {where}", whole, np.broadcast_to(share * alone["gradient"], whole.shape))
            )
            continue
        alone = _run(entry, example, rng, {name: dy[n : n + 1] for name, dy in together.upstream.items()})
        errors += [_agree(f"{y} {where}", together.results[y][n : n + 1], alone.results[y]) for y in entry.outputs]
        for name, gradient in together.gradients.items():
            for m, (whole, part) in enumerate(zip(parts(gradient), parts(alone.gradients[name]), strict=True)):
                if _batched(entry, name, whole, batch):
                    errors.append(_agree(f"d{name} {where}", whole[n : n + 1], part))
                else:
                    added[name, m] = added.get((name, m), 0) + part
    for (name, m), total in added.items():
        errors.append(_agree(f"d{name} of {entry.name}", parts(together.gradients[name])[m], total))
    if entry.is_loss and batch[1]:
        errors.append(_agree(f"the value of {entry.name}", together.results["value"], value))
    return max(errors)


def _share_of_mean(entry, arguments, example, count):
    """What one example weighs in a mean: of those that count, how many are its own"""
    if arguments.get(entry.counts) is None:
        return 1 / count
    return example[entry.counts].sum() / arguments[entry.counts].sum()


def _forbid(entry, arguments, rng):
    """−∞ at some places of the arguments that may hold it, in some rows everywhere and in some nowhere"""

    def forbidden(x):
        share = rng.choice([0.0, 0.5, 1.0], size=(*x.shape[:-1], 1) if x.ndim else ())
        return np.where(rng.random(x.shape) < share, -np.inf, x)

    return {name: each(forbidden, arguments[name]) for name in entry.impossible if arguments.get(name) is not None}


def _check_impossible(entry, arguments, rng):
    found = _run(entry, arguments, rng)
    for name, value in {**found.results, **{f"d{name}": dx for name, dx in found.gradients.items()}}.items():
        if any(np.isnan(part).any() for part in parts(value)):
            raise PropertyError(f"{name} of {entry.name} is NaN where {' or '.join(entry.impossible)} holds −∞")
    for name in set(entry.impossible) & set(found.gradients):
        for x, dx in zip(parts(arguments[name]), parts(found.gradients[name]), strict=True):
            if (dx[x == -np.inf] != 0).any():
                raise PropertyError(f"d{name} of {entry.name} is not 0 where {name} is −∞")


def _masks(entry, arguments):
    return [name for name in entry.contracts if getattr(arguments.get(name), "dtype", None) == np.dtype(bool)]


def _unread(entry, arguments, mask, rng):
    """NaN, and labels that are no class, put where the mask is False"""
    hidden = {name: value for name, value in arguments.items() if value is not None and _covers(entry, mask, name)}
    for name, value in hidden.items():
        if isinstance(value, tuple):
            hidden[name] = tuple(_break(x, arguments[mask][..., m]) for m, x in enumerate(value))
        else:
            hidden[name] = _break(value, arguments[mask], len(_letters(entry, name)) - len(_letters(entry, mask)))
    plain = _run(entry, arguments, rng)
    found = _run(entry, arguments | hidden, rng, plain.upstream)
    how = f"with NaN where {mask} is False,"
    errors = [_agree(f"{y} of {entry.name}, {how}", found.results[y], plain.results[y]) for y in entry.outputs]
    for name, gradient in plain.gradients.items():
        pairs = zip(parts(found.gradients[name]), parts(gradient), strict=True)
        errors += [_agree(f"d{name} of {entry.name}, {how}", *pair) for pair in pairs]
    return max(errors)


def _letters(entry, name):
    return [axis.removesuffix(">0") for axis in entry.contracts[name].rpartition(" of ")[2].split()]


def _covers(entry, mask, name):
    """Whether a mask says what counts of an argument: (N, T) of (N, T, D), and (..., M) of M arrays"""
    if name == mask or name not in entry.contracts:
        return False
    over, copies = _letters(entry, mask), entry.contracts[name].rpartition(" of ")[0]
    return over[-1] == copies.removesuffix(">0") if copies else _letters(entry, name)[: len(over)] == over


def _break(x, mask, axes=1):
    """x, spoilt where the mask is False for everyone who shares it; x has `axes` more axes behind"""
    mask = mask.reshape(mask.shape + (1,) * axes)
    seen = np.broadcast_to(mask, np.broadcast_shapes(x.shape, mask.shape))
    return np.where(sum_to(seen.astype(int), x.shape) > 0, x, np.nan if x.dtype.kind == "f" else -1)


def _nan_shows(entry, arguments):
    """NaN in the last example, all of it there, reaches every result that its numbers reach, and no other example's"""
    batch = _batch(entry, arguments)
    n = batch[1] - 1
    if n < 0:
        return 0.0
    seen = arguments | {mask: np.ones_like(arguments[mask]) for mask in _masks(entry, arguments)}

    def results(factor):
        def changed(name, x):
            return np.concatenate([x[:n], factor * x[n:]]) if _batched(entry, name, x, batch) else x

        moved = {name: each(lambda x, name=name: changed(name, x), seen[name]) for name in entry.moving(seen)}
        found = entry.results(**seen | moved)
        return {name: found[name] for name in entry.outputs}

    plain, other, spoilt = results(1.0), results(-2.0), results(np.nan)
    for name, y in spoilt.items():
        if (plain[name][n:] != other[name][n:]).any() and not np.isnan(y[n:]).any():
            raise PropertyError(f"{name} of {entry.name} is a number for an example that is NaN")
    return max(_agree(f"{y} of {entry.name}, beside one of NaN,", spoilt[y][:n], plain[y][:n]) for y in plain)


def _one_in_front(entry, arguments, name, m, rng):
    """The argument and a permutation of its numbers, along a new first axis: as if each were given alone"""
    depth, _ = _batch(entry, arguments)
    x = parts(arguments[name])[m]
    both = x, rng.permuted(x.ravel()).reshape(x.shape)

    def given(value):
        whole = parts(arguments[name])
        whole = (*whole[:m], value, *whole[m + 1 :])
        return arguments | {name: whole if isinstance(arguments[name], tuple) else value}

    missing = depth - leading_axes(entry.contracts[name], x)
    together = _run(entry, given(np.stack([each_.reshape((1,) * missing + x.shape) for each_ in both])), rng)
    what = f"of {entry.name} where only {name} has a first axis"
    errors, added = [0.0], {}
    for i, one in enumerate(both):
        alone = _run(entry, given(one), rng, {y: dy[i] for y, dy in together.upstream.items()})
        errors += [_agree(f"{y} {what}", together.results[y][i], alone.results[y]) for y in entry.outputs]
        for key, gradient in alone.gradients.items():
            for k, part in enumerate(parts(gradient)):
                if (key, k) == (name, m):
                    whole = parts(together.gradients[key])[k][i].reshape(x.shape)
                    errors.append(_agree(f"d{key} {what}", whole, part))
                else:
                    added[key, k] = added.get((key, k), 0) + part
    errors += [_agree(f"d{key} {what}", parts(together.gradients[key])[k], total) for (key, k), total in added.items()]
    return max(errors)


def _agree(what, found, expected):
    """As `agree`; what is the same infinity, or NaN, on both sides agrees"""
    found, expected = np.asarray(found), np.asarray(expected)
    if found.shape == expected.shape:
        same = (found == expected) | (np.isnan(found) & np.isnan(expected))
        found, expected = np.where(same, 0, found), np.where(same, 0, expected)
    return agree(what, found, expected, EXACT, "alone it")
