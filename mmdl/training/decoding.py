"""Writing with a decoder, token after token: the most probable next one, or a beam of the best beginnings."""

from typing import Any, NamedTuple

import numpy as np

from mmdl.data.preprocessors.target import END
from mmdl.errors import DataError
from mmdl.ops.softmax import log_softmax
from mmdl.shapes import Array, Ids
from mmdl.tokens import Tokens


class Answer(NamedTuple):
    """One text that was written of one example."""

    ids: Ids  # (T,), END last unless the limit came first
    log_p: float  # of all its tokens, END included
    score: float  # log_p / length penalty, by which answers are compared
    weights: Array | None  # (T, S): where each token looked; None if the decoder does not look

    @property
    def probability(self) -> float:
        """Of this text among all that could be written."""
        return float(np.exp(self.log_p))


class _Beam(NamedTuple):
    """The beginnings that are followed, `beams` of each example in a row."""

    ids: Ids  # (N, B, t)
    log_p: Array  # (N, B); −∞ of places that are not in use
    ended: Array  # (N, B) bool
    lengths: Ids  # (N, B)
    weights: Array | None  # (N, B, t, S)


def decode(
    decoder: Any, memory: Tokens, limit: int, beams: int = 1, penalty: float = 0.7, best: int | None = None
) -> list[list[Answer]]:
    """For each example the texts with the largest score = log p / ((5 + T) / 6)^penalty, best first

    In every step each of the `beams` beginnings is continued by every token, and the best `beams` of the results are
    kept; one that has ended competes with the others as it is. With one beam this is greedy. Each token is computed
    once, from the decoder's state.

    Parameters
    ----------
    decoder : layer of `mmdl.layers.decoder`
    memory : Tokens (N, S, D)
        What the decoder looks at.
    limit : int
        Tokens of a text at most, END included.
    beams : int
    penalty : float
        Of length: 0 compares probabilities, which favours short texts.
    best : int, optional
        How many answers are returned for each example, by default all `beams`.

    Returns
    -------
    list of N lists of Answer

    Source: Wu et al. 2016, equation (14), without its penalty of coverage.
    """
    if beams < 1 or limit < 1:
        raise DataError(f"a beam and a text need at least one place each, not {beams} and {limit}")
    N = len(memory.values)
    state = _rows(decoder.start(memory), np.repeat(np.arange(N), beams))
    start = np.full((N, beams), -np.inf)
    start[:, 0] = 0  # all beginnings are alike at first: one of them stands for all
    beam = _Beam(np.zeros((N, beams, 0), int), start, np.zeros((N, beams), bool), np.zeros((N, beams), int), None)
    last = np.full(N * beams, END)
    for _ in range(limit):
        logits, state, weights = decoder.step(state, last)
        beam, rows = _continued(beam, log_softmax(logits.astype(np.float64)), weights, penalty)
        state, last = _rows(state, rows), beam.ids[..., -1].reshape(-1)
        if beam.ended.all():
            break
    return [_answers(beam, n, penalty, best or beams) for n in range(N)]


def _continued(beam: _Beam, log_q: Array, weights: Array | None, penalty: float) -> tuple[_Beam, Ids]:
    """The best continuations, and the rows (N · B,) of what they continue.  log_q (N · B, K): of the next token"""
    (N, B), K = beam.log_p.shape, log_q.shape[1]
    log_q = log_q.reshape(N, B, K).copy()
    log_q[beam.ended] = -np.inf
    log_q[beam.ended, END] = 0  # what has ended stays as it is
    log_p = beam.log_p[..., None] + log_q
    lengths = beam.lengths + ~beam.ended
    score = _score(log_p, lengths[..., None], penalty).reshape(N, B * K)
    chosen = np.argsort(-score, axis=1, kind="stable")[:, :B]
    parent, token = np.divmod(chosen, K)
    rows = (np.arange(N)[:, None], parent)
    ended = beam.ended[rows] | (token == END)
    ids = np.concatenate([beam.ids[rows], token[..., None]], axis=2)
    if weights is not None:
        looked = weights.reshape(N, B, 1, -1)
        weights = looked if beam.weights is None else np.concatenate([beam.weights, looked], axis=2)
        weights = weights[rows]
    found = _Beam(ids, np.take_along_axis(log_p.reshape(N, -1), chosen, 1), ended, lengths[rows], weights)
    return found, (rows[0] * B + parent).reshape(-1)


def _answers(beam: _Beam, n: int, penalty: float, best: int) -> list[Answer]:
    """The answers of one example, best first; places that never came into use are none."""
    score = _score(beam.log_p[n], beam.lengths[n], penalty)
    order = [b for b in np.argsort(-score, kind="stable") if score[b] > -np.inf]
    return [
        Answer(
            beam.ids[n, b, : beam.lengths[n, b]],
            float(beam.log_p[n, b]),
            float(score[b]),
            None if beam.weights is None else beam.weights[n, b, : beam.lengths[n, b]],
        )
        for b in order[:best]
    ]


def _score(log_p: Array, lengths: Ids, penalty: float) -> Array:
    return log_p / ((5 + lengths) / 6) ** penalty


def _rows(state: Any, rows: Ids) -> Any:
    """Some rows of every array of a state, whose first axis is that of the examples."""
    if isinstance(state, np.ndarray):
        return state[rows]
    if isinstance(state, tuple):
        parts = [_rows(each, rows) for each in state]
        return type(state)(*parts) if hasattr(state, "_fields") else tuple(parts)
    return state


def greedy_labels(logits: Array, mask: Array | None = None) -> list[list[int]]:
    """CTC's best path: in each frame the largest logit; repeats become one, and blanks (0) go.  logits (N, T, K)

    Source: Graves et al. 2006, section 3.2.
    """
    path = logits.argmax(axis=2)
    kept = path != END
    kept[:, 1:] &= path[:, 1:] != path[:, :-1]
    if mask is not None:
        kept &= mask
    return [row[keep].tolist() for row, keep in zip(path, kept, strict=True)]


def beam_labels(log_p: Array, beams: int = 10) -> list[tuple[list[int], float]]:
    """CTC's prefix beam search: log p of whole label sequences, over all the paths that a beam of prefixes reaches

    A prefix is reached by paths that end in a blank and by paths that end in its last label. Only after a blank does
    the same label again make it longer.

    Parameters
    ----------
    log_p : array (T, K)
        Log-probabilities of one example's frames; 0 is the blank.
    beams : int

    Returns
    -------
    list of at most `beams` pairs (labels, log p), best first

    Source: Hannun et al. 2014, algorithm 1, without a language model.
    """
    prefixes: dict[tuple[int, ...], tuple[float, float]] = {(): (0.0, -np.inf)}  # log p of paths ending in blank, label
    for frame in log_p.tolist():
        grown: dict[tuple[int, ...], tuple[float, float]] = {}

        def add(prefix: tuple[int, ...], blank: float, label: float, grown: Any = grown) -> None:
            before = grown.get(prefix, (-np.inf, -np.inf))
            grown[prefix] = float(np.logaddexp(before[0], blank)), float(np.logaddexp(before[1], label))

        for prefix, (blank, label) in prefixes.items():
            either = float(np.logaddexp(blank, label))
            add(prefix, either + frame[END], label + frame[prefix[-1]] if prefix else -np.inf)
            for k in range(1, len(frame)):
                longer = blank if prefix and prefix[-1] == k else either
                if longer > -np.inf:
                    add((*prefix, k), -np.inf, longer + frame[k])
        best = sorted(grown.items(), key=lambda item: -float(np.logaddexp(*item[1])))
        prefixes = dict(best[:beams])
    return [(list(prefix), float(np.logaddexp(*both))) for prefix, both in prefixes.items()]
