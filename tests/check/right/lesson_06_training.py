"""Right solutions of lesson 06: the formulas, the same in another order, number by number."""

import numpy as np


def momentum_step__formula(p, g, v, rate=0.01, momentum=0.9):
    v = momentum * v + g
    return p - rate * v, v


def momentum_step__apart(p, g, v, rate=0.01, momentum=0.9):
    return p - rate * g - rate * momentum * v, g + v * momentum


def momentum_step__one_by_one(p, g, v, rate=0.01, momentum=0.9):
    new_p, new_v = np.array(p), np.array(v)
    for i in np.ndindex(*p.shape):
        new_v[i] = g[i] + momentum * v[i]
        new_p[i] -= new_v[i] * rate
    return new_p, new_v


def adam_step__formula(p, g, m, v, step, rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    return p - rate * (m / (1 - beta1**step)) / (np.sqrt(v / (1 - beta2**step)) + epsilon), m, v


def adam_step__distances(p, g, m, v, step, rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m = m + (1 - beta1) * (g - m)
    v = v - (1 - beta2) * (v - g * g)
    root = (1 - beta2**step) ** 0.5
    return p - rate * root / (1 - beta1**step) * m / (v**0.5 + epsilon * root), m, v


def adam_step__one_by_one(p, g, m, v, step, rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    new = [np.zeros(p.shape) for _ in range(3)]
    for i in np.ndindex(*p.shape):
        first = beta1 * m[i] + g[i] - beta1 * g[i]
        second = beta2 * v[i] + g[i] * g[i] - beta2 * g[i] * g[i]
        new[0][i] = p[i] - rate * (first / (1 - beta1**step)) / ((second / (1 - beta2**step)) ** 0.5 + epsilon)
        new[1][i], new[2][i] = first, second
    return tuple(new)


def dropout__where(x, mask, rate):
    return np.where(mask, x / (1 - rate), 0)


def dropout__product(x, mask, rate):
    return x * mask * (1 / (1 - rate))


def dropout__index(x, mask, rate):
    y = np.zeros(x.shape)
    y[mask] = x[mask] / (1 - rate)
    return y


def dropout_backward__where(dy, mask, rate):
    return np.where(mask, dy / (1 - rate), 0)


def dropout_backward__copied(dy, mask, rate):
    dx = np.zeros_like(dy)
    dx[mask] = dy[mask] / (1.0 - rate)
    return dx


def dropout_backward__scaled_mask(dy, mask, rate):
    return dy * (mask.astype(dy.dtype) / (1 - rate))


def momentum_step_backward__named(dp, dv, rate=0.01, momentum=0.9):
    velocity = dv + -rate * dp
    return dp.copy(), velocity.copy(), velocity * momentum


def momentum_step_backward__two_ways(dp, dv, rate=0.01, momentum=0.9):
    return dp, dv - dp * rate, momentum * dv - momentum * rate * dp


def momentum_step_backward__as_a_matrix(dp, dv, rate=0.01, momentum=0.9):
    jacobian = np.array([[1, -rate, -rate * momentum], [0, 1, momentum]])
    return tuple(np.tensordot(jacobian.T, np.stack([dp, dv]), 1))


def mixup__formula(x, y, order, share):
    return share * x + (1 - share) * x[order], share * y + (1 - share) * y[order]


def mixup__as_a_matrix(x, y, order, share):
    mix = share * np.eye(len(x)) + (1 - share) * np.eye(len(x))[order]
    return mix @ x, mix @ y


def mixup__one_by_one(x, y, order, share):
    new_x, new_y = np.empty(x.shape), np.empty(y.shape)
    for n, partner in enumerate(order):
        new_x[n] = x[partner] + share * (x[n] - x[partner])
        new_y[n] = y[partner] + share * (y[n] - y[partner])
    return new_x, new_y
