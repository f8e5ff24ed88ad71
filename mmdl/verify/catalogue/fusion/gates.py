"""Gates, and features that scale and shift others."""

import numpy as np

from mmdl.ops.fusion.gates import film, gated
from mmdl.verify.compare import difference
from mmdl.verify.entry import Entry


def exchanged_gates_and_all(entry, arguments, rng):
    """The order of the modalities does not matter if the gates change places too; for two, 1 − z is z of −score."""
    features, scores = arguments["features"], arguments["scores"]
    turned = (-scores[0],) if len(features) == 2 else scores[::-1]
    return difference(entry(features=features[::-1], scores=turned), entry(**arguments))


def open_gates_alone_count(entry, arguments, rng):
    """Where gates are wide open or shut, the result is the sum of tanh x_m over the open ones."""
    features = arguments["features"]
    scores = tuple(1e3 * np.sign(s) for s in arguments["scores"])
    z = [s > 0 for s in scores]
    if len(features) == 2:
        z.append(~z[0])
    expected = sum(np.where(there, np.tanh(x), 0) for there, x in zip(z, features, strict=True))
    return difference(entry(features=features, scores=scores), expected)


def undone_by_its_inverse(entry, arguments, rng):
    """Scaled by 1 / γ and shifted by −β / γ, the result is x again."""
    gamma, beta = np.where(arguments["gamma"] < 0, -2.0, 0.5), arguments["beta"]
    x, y = arguments["x"], entry(**arguments | {"gamma": gamma})
    return difference(entry(x=y, gamma=1 / gamma, beta=-beta / gamma), np.broadcast_to(x, y.shape))


def twice_is_once(entry, arguments, rng):
    """Two modulations are one: γ = γ₂ γ₁ and β = γ₂ β₁ + β₂."""
    gamma, beta = rng.standard_normal((2, arguments["x"].shape[-1]))
    twice = entry(x=entry(**arguments), gamma=gamma, beta=beta)
    once = entry(x=arguments["x"], gamma=gamma * arguments["gamma"], beta=gamma * arguments["beta"] + beta)
    return difference(twice, once)


def features_and_scores(draws):
    """Features of one width, and as many scores as they need."""
    features = draws.modalities("... D")
    count = 1 if len(features) == 2 else len(features)
    return {"features": features, "scores": tuple(draws.array("... D", draws.narrower()) for _ in range(count))}


def modulated(draws):
    """Features, factors and shifts whose leading axes broadcast."""
    return {name: draws.array("... D", draws.narrower()) for name in ("x", "gamma", "beta")}


ENTRIES = (
    Entry.of(
        gated,
        features_and_scores,
        differentiable=("features", "scores"),
        laws=(exchanged_gates_and_all, open_gates_alone_count),
        extreme=("features", "scores"),
    ),
    Entry.of(
        film,
        modulated,
        differentiable=("x", "gamma", "beta"),
        laws=(undone_by_its_inverse, twice_is_once),
        extreme=("x", "gamma", "beta"),
    ),
)
