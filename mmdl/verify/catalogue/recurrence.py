"""The networks that read sequences token by token: RNN, LSTM and GRU."""

import numpy as np

from mmdl.ops.gru import gru
from mmdl.ops.lstm import lstm
from mmdl.ops.rnn import rnn
from mmdl.verify.compare import difference
from mmdl.verify.entry import Entry


def blind_to_the_future(entry, arguments, rng):
    """The states up to step t ignore all inputs after t."""
    x = arguments["x"].copy()
    t = rng.integers(x.shape[1] + 1)
    x[:, t:] = rng.standard_normal(x[:, t:].shape)
    return difference(_states(entry, arguments | {"x": x}, t + 1), _states(entry, arguments, t + 1))


def masked_step_keeps_the_state(entry, arguments, rng):
    """A step without a token keeps the state as it is."""
    mask = some_mask(arguments, rng)
    (h,) = _states(entry, arguments | {"mask": mask})[:1]
    return difference(h[:, 1:][~mask], h[:, :-1][~mask])


def blind_to_padding(entry, arguments, rng):
    """What stands where there is no token changes nothing, and gets no gradient."""
    mask, x = some_mask(arguments, rng), arguments["x"]
    masked = arguments | {"mask": mask}
    results = entry.results(**masked)
    upstream = {name: rng.standard_normal(results[name].shape) for name in entry.outputs}
    dx = entry.gradients(upstream, masked, results)["x"]
    other = masked | {"x": np.where(mask[:, :, None], x, rng.standard_normal(x.shape))}
    found = *_states(entry, other), dx[~mask]
    return difference(found, (*_states(entry, masked), np.zeros_like(dx[~mask])))


def blind_to_the_place_of_padding(entry, arguments, rng):
    """Padding before, between or behind the tokens leads to the final state of the tokens alone."""
    mask = some_mask(arguments, rng)
    final = [states[:, -1] for states in _states(entry, arguments | {"mask": mask})]
    errors = []
    for n, tokens in enumerate(mask):
        alone = {name: arguments[name][n : n + 1] for name in ("h0", "c0") if arguments.get(name) is not None}
        alone |= {"x": arguments["x"][n : n + 1, tokens], "mask": None}
        expected = tuple(states[:, -1] for states in _states(entry, arguments | alone))
        errors.append(difference(tuple(states[n : n + 1] for states in final), expected))
    return max(errors)


def goes_on_where_it_stopped(entry, arguments, rng):
    """A sequence read in two parts, the second from the final state of the first, gives the same states."""
    x, mask = arguments["x"], some_mask(arguments, rng)
    t = rng.integers(x.shape[1] + 1)
    first = _states(entry, arguments | {"x": x[:, :t], "mask": mask[:, :t]})
    start = dict(zip(("h0", "c0"), (states[:, -1] for states in first), strict=False))
    second = _states(entry, arguments | start | {"x": x[:, t:], "mask": mask[:, t:]})
    joined = tuple(np.hstack([a, b[:, 1:]]) for a, b in zip(first, second, strict=True))
    return difference(joined, _states(entry, arguments | {"mask": mask}))


def reads_reversed_views(entry, arguments, rng):
    """Read backwards in time through a view, a sequence gives what its reversed copy gives."""
    mask = some_mask(arguments, rng)
    view = arguments | {"x": arguments["x"][:, ::-1], "mask": mask[:, ::-1]}
    copy = arguments | {"x": view["x"].copy(), "mask": view["mask"].copy()}
    return difference(_states(entry, view), _states(entry, copy))


def stays_within_bounds(entry, arguments, rng):
    """No state leaves the interval from −1 to 1, unless it started outside."""
    h = _states(entry, arguments)[0]
    return max(0.0, np.abs(h).max() - max(1.0, np.abs(h[:, 0]).max()))


def cell_gradient_may_be_left_out(entry, arguments, rng):
    """dc = None means zeros."""
    results = entry.results(**arguments)
    dh = rng.standard_normal(results["h"].shape)
    without, zeros = (entry.gradients({"h": dh, "c": dc}, arguments, results) for dc in (None, np.zeros_like(dh)))
    return difference(tuple(without.values()), tuple(zeros.values()))


def sequences(draws, gates=1, bias="H", states=("h0",)):
    """Sequences with and without masks and initial states; recurrent kernels are orthogonal, gate by gate."""
    (
        draws.size("N", (1, 2, 3)),
        draws.size("T", (1, 2, 3, 4, 0)),
        draws.size("D", (1, 2)),
        draws.size("H", (1, 2, 3)),
    )
    arrays = draws.arrays(x="N T D", W=f"D {gates}H", b=bias) | {"U": draws.orthogonal("H", gates)}
    return arrays | {name: draws.maybe("N H") for name in states} | {"mask": draws.mask("N T")}


def _states(entry, arguments, stop=None):
    """h alone, or h and c, up to a step: always a tuple."""
    states = entry(**arguments)
    return tuple(each[:, :stop] for each in (states if isinstance(states, tuple) else (states,)))


def some_mask(arguments, rng):
    drawn = arguments["mask"]
    return rng.random(arguments["x"].shape[:2]) < 0.6 if drawn is None else drawn


WEIGHTS = ("x", "W", "U", "b", "h0")
LAWS = (
    blind_to_the_future,
    masked_step_keeps_the_state,
    blind_to_padding,
    blind_to_the_place_of_padding,
    goes_on_where_it_stopped,
    reads_reversed_views,
)

ENTRIES = (
    Entry.of(
        rnn,
        lambda draws: sequences(draws) | {"f": draws.of("tanh", "relu", "sigmoid")},
        differentiable=WEIGHTS,
        outputs=("h",),
        laws=LAWS,
        extreme=("x",),
    ),
    Entry.of(
        lstm,
        lambda draws: sequences(draws, 4, "4H", ("h0", "c0")),
        differentiable=(*WEIGHTS, "c0"),
        outputs=("h", "c"),
        laws=(*LAWS, stays_within_bounds, cell_gradient_may_be_left_out),
        extreme=("x",),
    ),
    Entry.of(
        gru,
        lambda draws: sequences(draws, 3, "2 3H"),
        differentiable=WEIGHTS,
        outputs=("h",),
        laws=(*LAWS, stays_within_bounds),
        extreme=("x",),
    ),
)
