"""Right solutions of lesson 24: loops, slices, masks, matrices."""

import numpy as np


def even_shares__dealt_out(N, R):
    counts = np.zeros(R, int)
    for n in range(N):
        counts[n % R] += 1
    return counts


def even_shares__splits(N, R):
    return np.array([len(part) for part in np.array_split(np.arange(N), R)])


def even_shares__rounded_up(N, R):
    return np.array([-(-(N - r) // R) for r in range(R)])


def sum_in_order__waiting_room(rows, sender):
    waiting, turn, total, totals = {}, 0, np.zeros(rows.shape[1]), []
    for row, rank in zip(rows, sender, strict=True):
        waiting[int(rank)] = row
        while turn in waiting:
            total = total + waiting.pop(turn)
            turn += 1
        totals.append(total)
    return np.array(totals)


def sum_in_order__from_scratch(rows, sender):
    R = len(rows)
    totals = np.zeros_like(rows)
    for i in range(R):
        there = sender[: i + 1].tolist()
        for rank in range(R):
            if rank not in there:
                break
            totals[i] += rows[there.index(rank)]
    return totals


def sum_in_order__matrix(rows, sender):
    R = len(rows)
    arrived = np.zeros((R, R), bool)  # after an arrival, by rank
    for i, rank in enumerate(sender):
        arrived[i:, rank] = True
    return np.logical_and.accumulate(arrived, axis=1).astype(float) @ rows[np.argsort(sender)]


def flatten__loop(arrays):
    row = []
    for array in arrays:
        row.extend(array.reshape(-1).tolist())
    return np.array(row)


def flatten__stacked(arrays):
    return np.hstack([array.flatten() for array in arrays])


def flatten__filled(arrays):
    row, start = np.empty(sum(array.size for array in arrays)), 0
    for array in arrays:
        row[start : start + array.size] = array.flat
        start += array.size
    return row


def ring_all_reduce__lists(rows):
    R = len(rows)
    have = [np.array_split(row, R) for row in rows]
    for t in range(R - 1):
        for r in range(R):
            k = (r - t) % R
            have[(r + 1) % R][k] = have[(r + 1) % R][k] + have[r][k]
    added = np.array([np.concatenate(pieces) for pieces in have])
    for t in range(R - 1, 2 * R - 2):
        for r in range(R):
            k = (r - t) % R
            have[(r + 1) % R][k] = have[r][k]
    return added, np.array([np.concatenate(pieces) for pieces in have])


def ring_all_reduce__all_at_once(rows):
    R = len(rows)
    pieces, ranks = rows.reshape(R, R, -1).copy(), np.arange(R)
    for t in range(R - 1):
        pieces[(ranks + 1) % R, (ranks - t) % R] += pieces[ranks, (ranks - t) % R]
    return pieces.reshape(R, -1), np.tile(rows.sum(axis=0), (R, 1))


def ring_all_reduce__mailboxes(rows):
    R, P = rows.shape
    B, state, added = P // R, rows.copy(), None
    for t in range(2 * R - 2):
        if t == R - 1:
            added = state.copy()
        mail = {(r + 1) % R: ((r - t) % R, state[r].copy()) for r in range(R)}
        for receiver, (k, row) in mail.items():
            place = slice(k * B, (k + 1) * B)
            state[receiver, place] = row[place] + (state[receiver, place] if t < R - 1 else 0)
    return added, state


def restore__start(row, like):
    arrays, start = [], 0
    for array in like:
        arrays.append(row[start : start + array.size].reshape(array.shape))
        start += array.size
    return tuple(arrays)


def restore__iterator(row, like):
    numbers = iter(row)
    return [np.array([next(numbers) for _ in range(array.size)]).reshape(array.shape) for array in like]


def restore__filled(row, like):
    arrays = tuple(np.empty_like(array) for array in like)
    for array in arrays:
        array.flat = row[: array.size]
        row = row[array.size :]
    return arrays


def share_backward__loop(p, words, mask, total):
    ds = np.zeros_like(p)
    for t in range(len(p)):
        if mask[t]:
            ds[t] = p[t] / total
            ds[t, words[t]] -= 1 / total
    return ds


def share_backward__subtract(p, words, mask, total):
    ds = p.copy()
    ds[np.arange(len(p)), words] -= 1
    return ds * mask[:, None] / total


def share_backward__through_softmax(p, words, mask, total):
    dp = np.where(np.arange(p.shape[1]) == words[:, None], -1 / (total * p), 0) * mask[:, None]
    return p * (dp - (dp * p).sum(axis=1, keepdims=True))


def all_reduce_backward__ones(dtotal):
    return np.ones((len(dtotal), len(dtotal))) @ dtotal


def all_reduce_backward__loops(dtotal):
    dx = np.zeros_like(dtotal)
    for q in range(len(dtotal)):
        for r in range(len(dtotal)):
            dx[q] += dtotal[r]
    return dx


def all_reduce_backward__ring(dtotal):
    return np.repeat(dtotal.sum(axis=0, keepdims=True), len(dtotal), axis=0)
