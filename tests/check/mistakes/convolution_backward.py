"""Mistakes that students make in the exercises of lesson 03."""

import numpy as np

FITTING = {
    "conv2d_dw__stride_forgotten": ("stride",),
    "conv2d_dx__padded_on_one_side": ("shift", "padding", "moved"),
    "conv2d_dx__float32_buffer": ("float32", "precision", "single"),
    "conv2d_db__batch_forgotten": ("axis", "example", "sum"),
    "conv2d_dw__one_image_overwrites": ("last image", "image"),
    "conv2d_dx__kernel_unturned": ("turned", "flipped", "180"),
    "conv2d_dx__overlap_set": ("last window", "overwrit"),
    "conv2d_backward__everything_averaged": ("1 / n", "averag", "mean"),
}


def conv2d_dw__stride_forgotten(dy, x, w, stride=1):
    """The patches are read at p + i and q + j, whatever the stride."""
    grad = np.zeros(w.shape)
    N, P, Q, _ = dy.shape
    for n in range(N):
        for p in range(P):
            for q in range(Q):
                patch = x[n, p : p + w.shape[0], q : q + w.shape[1], :]
                grad += patch[..., None] * dy[n, p, q]
    return grad


def conv2d_dx__padded_on_one_side(dy, x, w, stride=1):
    """All of the padding is put above and to the left of dy, none below and to the right: dx is shifted."""
    s, t = (stride, stride) if np.isscalar(stride) else stride
    I, J, _, K = w.shape
    N, R, C, _ = x.shape
    spread = np.zeros((N, R - I + 1, C - J + 1, K))
    spread[:, ::s, ::t] = dy
    padded = np.pad(spread, ((0, 0), (2 * I - 2, 0), (2 * J - 2, 0), (0, 0)))
    turned = w[::-1, ::-1]
    dx = np.zeros(x.shape)
    for i in range(I):
        for j in range(J):
            dx += padded[:, i : i + R, j : j + C] @ turned[i, j].T
    return dx


def conv2d_dx__float32_buffer(dy, x, w, stride=1):
    """The gradient is collected in single precision, which keeps seven digits."""
    s, t = (stride, stride) if np.isscalar(stride) else stride
    gradient = np.zeros(x.shape, dtype=np.float32)
    for p in range(dy.shape[1]):
        for q in range(dy.shape[2]):
            back = np.einsum("nk,ijdk->nijd", dy[:, p, q], w)
            gradient[:, p * s : p * s + w.shape[0], q * t : q * t + w.shape[1]] += back
    return gradient


def conv2d_db__batch_forgotten(dy):
    """Places are added up, images are not."""
    return np.einsum("npqk->nk", dy)


def conv2d_dw__one_image_overwrites(dy, x, w, stride=1):
    """= where += belongs: every image overwrites the gradient of the one before."""
    s, t = np.broadcast_to(stride, 2)
    dw = np.zeros(w.shape)
    for n in range(len(x)):
        for i, j in np.ndindex(w.shape[:2]):
            seen = x[n, i : i + s * dy.shape[1] : s, j : j + t * dy.shape[2] : t][: dy.shape[1], : dy.shape[2]]
            dw[i, j] = np.einsum("pqd,pqk->dk", seen, dy[n])
    return dw


def conv2d_dx__kernel_unturned(dy, x, w, stride=1):
    """dy is padded and gathered with the kernel as it is."""
    s, t = np.broadcast_to(stride, 2)
    I, J, _, K = w.shape
    N, R, C, _ = x.shape
    wide = np.zeros((N, R + I - 1, C + J - 1, K))
    wide[:, I - 1 : I - 1 + s * dy.shape[1] : s, J - 1 : J - 1 + t * dy.shape[2] : t][
        :, : dy.shape[1], : dy.shape[2]
    ] = dy
    return sum(wide[:, i : i + R, j : j + C] @ w[i, j].T for i in range(I) for j in range(J))


def conv2d_dx__overlap_set(dy, x, w, stride=1):
    """A later window overwrites what an earlier one has sent."""
    s, t = (stride, stride) if np.ndim(stride) == 0 else stride
    dx = np.zeros(x.shape)
    for n in range(len(x)):
        for p in range(dy.shape[1]):
            for q in range(dy.shape[2]):
                dx[n, p * s : p * s + w.shape[0], q * t : q * t + w.shape[1]] = w @ dy[n, p, q]
    return dx


def conv2d_backward__everything_averaged(dy, x, w, stride=1):
    """dw and db are means over the batch."""
    s, t = np.broadcast_to(stride, 2)
    dx, dw = np.zeros(x.shape), np.zeros(w.shape)
    N, P, Q, _ = dy.shape
    for p, q in np.ndindex(P, Q):
        block = np.s_[:, s * p : s * p + w.shape[0], t * q : t * q + w.shape[1]]
        dx[block] += np.einsum("nk,ijdk->nijd", dy[:, p, q], w)
        dw += np.einsum("nijd,nk->ijdk", x[block], dy[:, p, q])
    return dx, dw / N, dy.sum(axis=(0, 1, 2)) / N
