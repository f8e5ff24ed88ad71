"""Exercises of lesson 24: what many ranks share, send and add up.

Write what is missing, then ask `mmdl check 24_many_machines.py`. For the next step of help add `--hint`.
"""

import numpy as np


def even_shares(N, R):
    """★ How many of N examples each of R ranks has: as even as can be; the first ranks have one more

    N, R whole numbers -> counts (R,)

    >>> even_shares(10, 4).tolist()
    [3, 3, 2, 2]
    """
    raise NotImplementedError


def sum_in_order(rows, sender):
    """★ Rows arrive one by one, and are added in the order of the ranks, 0 first: a row waits for those before it

    rows (R, P) as they arrive, sender (R,) the rank that each is from -> totals (R, P): what is added up after each
    arrival

    >>> rows, sender = np.array([[100.0], [1.0], [10.0]]), np.array([2, 0, 1])
    >>> sum_in_order(rows, sender).tolist()
    [[0.0], [1.0], [111.0]]
    """
    raise NotImplementedError


def flatten(arrays):
    """★ All arrays end to end as one row, each as it lies in memory: its last axis runs fastest

    arrays, a tuple -> row (P,)

    >>> flatten((np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0]))).tolist()
    [1.0, 2.0, 3.0, 4.0, 5.0]
    """
    raise NotImplementedError


def ring_all_reduce(rows):
    """★ In step t rank r sends piece r − t (modulo R) to rank r + 1, which adds it to its own

    A row has R pieces of P / R numbers. There are 2 (R − 1) steps, t = 0, 1, ...; from t = R − 1 on a piece that comes
    is not added but takes the place of the receiver's own.
    rows (R, P), one for each rank -> added (R, P), what the ranks have after the first R − 1 steps, and total (R, P)

    >>> added, total = ring_all_reduce(np.array([[1.0, 2.0], [10.0, 20.0]]))
    >>> added.tolist(), total.tolist()
    ([[1.0, 22.0], [11.0, 20.0]], [[11.0, 22.0], [11.0, 22.0]])
    """
    raise NotImplementedError


def restore(row, like):
    """★★ Forward: `flatten`. Derive the way back, from the gradient of the row to those of the arrays

    row (P,), like a tuple of arrays (whose shapes matter, not their numbers) -> a tuple of arrays of these shapes

    >>> [array.tolist() for array in restore(np.array([1.0, 2, 3, 4, 5]), (np.zeros((2, 2)), np.zeros(1)))]
    [[[1.0, 2.0], [3.0, 4.0]], [5.0]]
    """
    raise NotImplementedError


def share_backward(p, words, mask, total):
    """★★ Forward: p = softmax(s),  L = −Σ log p[t, words[t]] / total, over the words of all ranks. Derive ds of one

    `total` counts the words of all ranks; where the mask is False there is no word. The gradients that the ranks send
    are added up, and nothing more is done to them.
    p (T, K), words (T,), mask (T,), total a whole number -> ds (T, K)

    >>> share_backward(np.array([[0.75, 0.25], [0.5, 0.5]]), np.array([0, 1]), np.array([True, False]), 5).tolist()
    [[-0.05, 0.05], [0.0, 0.0]]
    """
    raise NotImplementedError


def all_reduce_backward(dtotal):
    """★★ Forward: total[r] = Σ_q x[q], the same on every rank r. Derive what comes back to x

    Every rank goes on with its own copy of the total, so each sends back a gradient of its own (batch normalisation
    over all ranks does so with its sums).
    dtotal (R, P) -> dx (R, P)

    >>> all_reduce_backward(np.array([[1.0, 2.0], [10.0, 20.0]])).tolist()
    [[11.0, 22.0], [11.0, 22.0]]
    """
    raise NotImplementedError


def sent_by_a_rank():
    """★★★ Eight ranks add up rows of 1,000,000 numbers in a ring. How many numbers does each rank send?

    Answer with a whole number
    """
    raise NotImplementedError


def never_faster_than():
    """★★★ A batch keeps one machine busy for 12 s. Its gradient has 2 GB, and a cable carries 1 GB a second

    There is no latency. Ever more machines share the batch, in a ring. How many times faster do they ever get?
    Answer with a number
    """
    raise NotImplementedError
