"""Normalisation over features and over examples."""

import numpy as np

from mmdl.ops.normalization import batch_norm, batch_norm_inference, layer_norm
from mmdl.verify.compare import difference
from mmdl.verify.entry import Entry


def blind_to_scale_and_shift(entry, arguments, rng):
    """A scale and a shift of x change nothing, if ε is scaled along."""
    x, epsilon = arguments["x"], arguments["epsilon"]
    return difference(entry(**arguments | {"x": 2 * x + 1, "epsilon": 4 * epsilon}), entry(**arguments))


def rows_have_mean_zero(entry, arguments, rng):
    """Before γ and β each row has mean 0 and variance v / (v + ε)."""
    normalized = entry.results(**arguments)["normalized"]
    return _distance_from_standard(normalized, arguments["x"], arguments["epsilon"], axis=-1)


def features_have_mean_zero(entry, arguments, rng):
    """Before γ and β each feature has, over the rows that count, mean 0 and variance v / (v + ε)."""
    normalized, x = entry.results(**arguments)["normalized"], arguments["x"]
    rows = np.ones(x.shape[:-1], bool) if arguments["mask"] is None else arguments["mask"]
    return _distance_from_standard(normalized[rows], x[rows], arguments["epsilon"], axis=0)


def statistics_are_of_counted_rows(entry, arguments, rng):
    """Mean and variance are those of the rows that count; the others give zeros and get no gradient."""
    x = arguments["x"]
    rows = np.ones(x.shape[:-1], bool) if arguments["mask"] is None else arguments["mask"]
    results = entry.results(**arguments)
    dx = entry.pull(rng.standard_normal(x.shape), **arguments)["x"]
    padding = results["y"][~rows]
    found = results["mean"], results["variance"], padding, dx[~rows]
    return difference(found, (x[rows].mean(axis=0), x[rows].var(axis=0), 0 * padding, 0 * padding))


def inference_with_its_own_statistics(entry, arguments, rng):
    """Inference with the statistics of the batch gives what training gives."""
    everything = {name: value for name, value in arguments.items() if name != "mask"}
    trained = entry.results(**everything)
    again = batch_norm_inference(**everything, mean=trained["mean"], variance=trained["variance"])
    return difference(trained["y"], again)


def no_gradient_along_scale_and_shift(entry, arguments, rng):
    """Where shifts change nothing no gradient points along them: the entries of dx sum to zero."""
    x = arguments["x"]
    dx = entry.pull(rng.standard_normal(x.shape), **arguments)["x"]
    over = -1 if entry.name == "layer_norm" else tuple(range(x.ndim - 1))
    total = dx.sum(axis=over)
    return np.abs(total).max(initial=0) / max(1, np.abs(dx).max(initial=0))


def remembered_mean_gives_beta(entry, arguments, rng):
    """An x equal to the remembered mean gives β."""
    y = entry(**arguments | {"x": np.broadcast_to(arguments["mean"], arguments["x"].shape)})
    return difference(y, np.broadcast_to(arguments["beta"], y.shape))


def rows(draws):
    """x (..., D) with γ, β and ε."""
    x = {"x": draws.distinct("... D")}
    return x | draws.arrays(gamma="D", beta="D") | {"epsilon": draws.of(1e-3, 1e-5)}


def counted_rows(draws):
    """x (..., D) with γ, β, ε and a mask that leaves at least one row."""
    return rows(draws) | {"mask": draws.some("...")}


def remembered(draws):
    """x (..., D) with γ, β, ε and statistics from earlier batches."""
    return rows(draws) | {"mean": draws.array("D"), "variance": draws.rng.uniform(0.5, 2, draws.shape("D"))}


def _distance_from_standard(normalized, x, epsilon, axis):
    variance = x.var(axis=axis)
    found = normalized.mean(axis=axis), normalized.var(axis=axis)
    return difference(found, (np.zeros_like(variance), variance / (variance + epsilon)))


AFFINE = ("x", "gamma", "beta")

ENTRIES = (
    Entry.of(
        layer_norm,
        rows,
        differentiable=AFFINE,
        laws=(blind_to_scale_and_shift, rows_have_mean_zero, no_gradient_along_scale_and_shift),
        extreme=("x",),
    ),
    Entry.of(
        batch_norm,
        counted_rows,
        differentiable=AFFINE,
        laws=(
            blind_to_scale_and_shift,
            features_have_mean_zero,
            statistics_are_of_counted_rows,
            inference_with_its_own_statistics,
            no_gradient_along_scale_and_shift,
        ),
        extreme=("x",),
        whole_batch=True,
        of_the_batch=True,
    ),
    Entry.of(
        batch_norm_inference,
        remembered,
        differentiable=AFFINE,
        laws=(remembered_mean_gives_beta,),
        extreme=("x",),
    ),
)
