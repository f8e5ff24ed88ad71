"""The steps of attention as stages: score, weight, weighted sum. Each evaluates the lines of the op that it quotes."""

import math

import numpy as np

from mmdl.explain.line import Line
from mmdl.explain.stage import Stage, plus, terms
from mmdl.layers import MultiHeadAttention
from mmdl.layers.projections import project, project_backward
from mmdl.ops.attention import attention, attention_backward, merge_heads, split_heads
from mmdl.ops.softmax import softmax_backward


def queries(layer, computed, returned, whose, keys_too=True, rows=slice(None)):
    """From normalized tokens n to queries q in heads, or to queries and keys (2, N, heads, T, D) and the values v.

    Parameters
    ----------
    layer : what has Wq, Wk and Wv
    computed, returned : Line
    whose : list of str
        The names of the tokens in these rows.
    keys_too : bool
        Whether keys and values come from the same tokens; they do not in cross-attention.
    rows : the tokens that take part
        If not all of them do, n itself waits for a later stage.
    """
    everything = isinstance(rows, slice)

    def forward(n, *waiting):
        q, k, v = (split_heads(each, layer.heads) for each in project(layer, n[:, rows], n[:, rows]))
        waiting = waiting if everything else (n, *waiting)
        return ((np.stack([q, k]), v, *waiting) if keys_too else (q, *waiting)), n

    def backward(gradients, n):
        if keys_too:
            (dq, dk), dv, *waiting = gradients
        else:
            dq, *waiting = gradients
            dk = dv = np.zeros_like(dq)
        dn = np.zeros_like(n) if everything else waiting.pop(0).copy()
        d = (merge_heads(each) for each in (dq, dk, dv))
        dn[:, rows] += sum(project_backward(layer, *d, n[:, rows], n[:, rows])[:3])
        return dn, *waiting

    def describe(before, after, at, to, share):
        x, y = before[0][at], after[0][to]
        kind, _, head, token, column = to if keys_too else (0, *to)
        bias = getattr(layer, "bqbk"[2 * kind : 2 * kind + 2], None)
        b = 0 if bias is None else bias[head * after[0].shape[-1] + column]
        numbers = f"{terms(x, share, y - b - share * x)}{'' if bias is None else plus(b, 'b')} = {y:.4f}"
        equation = "q = Σ n w" + ("" if bias is None else " + b") + (", and so are k and v" if keys_too else "")
        return equation, f"{('query', 'key')[kind]} of {whose[token]} in head {head}: {numbers}"

    return Stage("q, k, v" if keys_too else "query", forward, backward, describe, computed, returned)


def self_queries(layer, whose):
    """The queries, keys and values of self-attention, all from the same tokens."""
    back = Line(MultiHeadAttention.backward, "dx[:, trace.read] += dxq")
    return queries(layer, Line(MultiHeadAttention.forward, "q, k, v = "), back, whose)


def attending(asking, asked, mask, k=None, v=None):
    """The three stages from queries and keys to what attention returns, with its heads merged.

    `asking` and `asked` are the names of the tokens. The keys k and values v stand here if they are constant; otherwise
    keys come stacked upon the queries, and values wait beside them.
    """
    there = mask[:, None]  # the same for all heads
    return [_score(asking, asked, there, k), _weight(there), _weighted_sum(there, v)]


def _score(asking, asked, mask, k):
    computed, root = (
        Line(attention, "(q / math.sqrt(q.shape[-1])) @ k.mT"),
        Line(attention, "math.sqrt(q.shape[-1])"),
    )
    back_to_q, back_to_k = Line(attention_backward, "ds @ only(k, seen)"), Line(attention_backward, "ds.mT @ q")

    def both(x):
        return x if k is None else (x, k)

    def forward(x, *waiting):
        queries, keys = both(x)
        return (computed.value(q=queries, k=keys), *waiting), x

    def backward(gradients, x):
        ds, *waiting = gradients
        queries, keys = both(x)
        dq = back_to_q.value(ds=ds, k=keys, seen=mask)
        dx = dq if k is not None else np.stack([dq, back_to_k.value(ds=ds, q=queries)])
        return dx / root.value(q=queries), *waiting

    def describe(before, after, at, to, share):
        x, s, D = before[0][at], after[0][to], before[0].shape[-1]
        numbers = f"({terms(x, share * math.sqrt(D), s * math.sqrt(D) - share * x * math.sqrt(D))}) / √{D} = {s:.4f}"
        return "s = Σ q k / √D", f"{asking[to[2]]} attends to {asked[to[3]]}: {numbers}"

    return Stage("score", forward, backward, describe, computed, back_to_q)


def _weight(mask):
    computed = Line(attention, "softmax(_seen(s, mask, causal))")

    def forward(s, *waiting):
        a = computed.value(s=s.copy(), mask=mask, causal=False)  # it hides in place
        return (a, *waiting), a

    def backward(gradients, a):
        da, *waiting = gradients
        return softmax_backward(da, a), *waiting

    def describe(before, after, at, to, share):
        s = before[0]
        others = np.exp(s[at[:-1]][mask[0, 0]]).sum() - np.exp(s[at])
        numbers = f"exp({s[to]:.4f}) / (exp({s[at]:.4f}){plus(others, 'others')}) = {after[0][to]:.4f}"
        return "a = eˢ / Σ eˢ", numbers

    return Stage("weight", forward, backward, describe, computed, Line(attention_backward, "softmax_backward("))


def _weighted_sum(mask, v):
    computed = Line(attention, "weights @ v")
    back_to_a, back_to_v = (
        Line(attention_backward, "dy @ only(v, seen).mT"),
        Line(attention_backward, "weights.mT @ dy"),
    )

    def forward(a, *waiting):
        values, *waiting = (*waiting,) if v is None else (v, *waiting)
        return (merge_heads(computed.value(weights=a, v=values)), *waiting), (a, values)

    def backward(gradients, trace):
        dy, *waiting = gradients
        a, values = trace
        dy = split_heads(dy, a.shape[1])
        da = back_to_a.value(dy=dy, v=values, seen=mask)
        return (da, back_to_v.value(weights=a, dy=dy), *waiting) if v is None else (da, *waiting)

    def describe(before, after, at, to, share):
        a, y = before[0][at], after[0][to]
        return "y = Σ a v", f"{terms(a, share, y - share * a)} = {y:.4f}"

    return Stage("weighted sum", forward, backward, describe, computed, back_to_a)
