"""Right solutions of lesson 01: entry by entry, all entries as a stack of directions, by flat index."""

import numpy as np


def central_difference__copies(f, x, dy, h=1e-5):
    dx = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        plus, minus = np.array(x), np.array(x)
        plus[i], minus[i] = x[i] + h, x[i] - h
        dx[i] = (dy * f(plus)).sum() / (2 * h) - (dy * f(minus)).sum() / (2 * h)
    return dx


def central_difference__there_and_back(f, x, dy, h=1e-5):
    x = x.astype(float)
    flat, found = x.reshape(-1), []
    for i in range(flat.size):
        here = flat[i]
        flat[i] = here + h
        up = np.array(f(x))
        flat[i] = here - h
        down = np.array(f(x))
        flat[i] = here
        found.append(np.vdot(dy, up - down) / (2 * h))
    return np.array(found).reshape(x.shape)


def central_difference__directions(f, x, dy, h=1e-5):
    steps = h * np.eye(x.size).reshape(x.size, *x.shape)
    return np.array([np.tensordot(dy, f(x + e) - f(x - e), dy.ndim) for e in steps]).reshape(x.shape) / h / 2


def complex_step__copies(f, x, dy, h=1e-30):
    dx = np.empty_like(x)
    for i in np.ndindex(*x.shape):
        z = x + 0j
        z[i] += h * 1j
        dx[i] = (dy * f(z).imag).sum() / h
    return dx


def complex_step__directions(f, x, dy, h=1e-30):
    units = np.eye(x.size).reshape(-1, *x.shape)
    return np.reshape([np.vdot(dy, np.imag(f(x + 1j * h * unit)) / h) for unit in units], x.shape)


def complex_step__jacobian(f, x, dy, h=1e-30):
    jacobian = np.zeros((x.size, dy.size))
    for i in range(x.size):
        z = x.ravel().astype(complex)
        z[i] = complex(z[i].real, h)
        jacobian[i] = f(z.reshape(x.shape)).imag.ravel() / h
    return (jacobian @ dy.ravel()).reshape(x.shape)


def adjoint_gap__sums(f, x, dx, dy, v, h=1e-30):
    return abs((dy * f(x + 1j * h * v).imag / h).sum() - (dx * v).sum())


def adjoint_gap__products(f, x, dx, dy, v, h=1e-30):
    Jv = np.imag(f(x + h * v * 1j)) / h
    return np.abs(dy.ravel() @ Jv.ravel() - v.ravel() @ dx.ravel())


def adjoint_gap__einsum(f, x, dx, dy, v, h=1e-30):
    z = np.empty(x.shape, complex)
    z.real, z.imag = x, h * v
    gap = np.vdot(dx, v) - np.vdot(f(z).imag, dy) / h
    return gap if gap > 0 else -gap


def row_products_backward__all_others(dy, x):
    dx = np.ones(x.shape)
    for d in range(x.shape[1]):
        for e in range(x.shape[1]):
            if e != d:
                dx[:, d] *= x[:, e]
    return dy[:, None] * dx


def row_products_backward__from_both_ends(dy, x):
    one = np.ones((len(x), 1))
    before = np.cumprod(np.hstack([one, x[:, :-1]]), axis=1)
    after = np.cumprod(np.hstack([one, x[:, :0:-1]]), axis=1)[:, ::-1]
    return np.einsum("n,nd,nd->nd", dy, before, after)


def row_products_backward__masked(dy, x):
    D = x.shape[1]
    table = np.where(np.eye(D, dtype=bool), 1.0, x[:, None, :])
    return table.prod(axis=2) * dy.reshape(-1, 1)


def neighbours_backward__padded(dy, x):
    wide = np.pad(dy, ((0, 0), (1, 1)))
    left, right = np.pad(x, ((0, 0), (1, 0)))[:, :-1], np.pad(x, ((0, 0), (0, 1)))[:, 1:]
    return wide[:, :-1] * left + wide[:, 1:] * right


def neighbours_backward__pair_by_pair(dy, x):
    dx = 0 * x
    for n, d in np.ndindex(dy.shape):
        dx[n, d] += dy[n, d] * x[n, d + 1]
        dx[n, d + 1] += dy[n, d] * x[n, d]
    return dx


def neighbours_backward__joined(dy, x):
    zero = np.zeros((len(x), 1))
    return np.hstack([dy * x[:, 1:], zero]) + np.hstack([zero, dy * x[:, :-1]])
