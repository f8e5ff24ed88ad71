"""Mistakes that students make in the exercises of lesson 05."""

import numpy as np

FITTING = {
    "relu_backward__slope_alone": ("dy", "upstream", "chain"),
    "max_pool2d__best_starts_at_zero": ("negative", "zero"),
    "max_pool2d__last_of_equals_wins": ("tie", "first", "equal"),
    "max_pool2d_backward__window_read_by_columns": ("column", "transpos", "row by row"),
    "relu__kept_the_sign_of_zero_side": ("negative", "sign", "0"),
    "relu_backward__passes_at_zero": ("y is 0", "nothing is held", "dx is dy"),
    "max_pool2d__mean_of_the_window": ("mean", "average"),
    "max_pool2d_backward__shared_by_equals": ("share", "equal"),
    "max_pool2d_backward__top_left": ("first cell",),
}


def relu_backward__slope_alone(dy, y):
    """This is the slope of the ReLU; what comes from above was never multiplied in."""
    slope = np.zeros_like(dy)
    slope[y > 0] = 1
    return slope


def max_pool2d__best_starts_at_zero(x, window=2):
    """The search starts with 0 as the best value so far, so that a window of negative numbers gives 0."""
    I, J = (window, window) if np.isscalar(window) else window
    N, R, C, D = x.shape
    best = np.zeros((N, R // I, C // J, D))
    which = np.zeros(best.shape, dtype=int)
    for i in range(I):
        for j in range(J):
            candidate = x[:, i : I * (R // I) : I, j : J * (C // J) : J]
            better = candidate > best
            best = np.where(better, candidate, best)
            which = np.where(better, i * J + j, which)
    return best, which


def max_pool2d__last_of_equals_wins(x, window=2):
    """>= lets a later equal value take the place of an earlier one."""
    I, J = (window, window) if np.isscalar(window) else window
    N, R, C, D = x.shape
    y = np.full((N, R // I, C // J, D), -np.inf)
    winner = np.zeros(y.shape, dtype=int)
    for n, p, q, d in np.ndindex(*y.shape):
        for number in range(I * J):
            value = x[n, p * I + number // J, q * J + number % J, d]
            if value >= y[n, p, q, d]:
                y[n, p, q, d] = value
                winner[n, p, q, d] = number
    return y, winner


def max_pool2d_backward__window_read_by_columns(dy, x, winner, window=2):
    """The winner's number is read as if the window were counted column by column."""
    height, _ = (window, window) if np.isscalar(window) else window
    width = height if np.isscalar(window) else window[1]
    grad = np.zeros(x.shape)
    for n, p, q, d in np.ndindex(*dy.shape):
        col, row = divmod(winner[n, p, q, d], height)
        grad[n, p * height + row, q * width + col, d] = dy[n, p, q, d]
    return grad


def relu__kept_the_sign_of_zero_side(x):
    """The size of every number, whatever its sign."""
    return np.sqrt(x * x)


def relu_backward__passes_at_zero(dy, y):
    """>= lets the gradient pass where y is 0, which is everywhere."""
    return dy * (y >= 0)


def max_pool2d__mean_of_the_window(x, window=2):
    """The winner is right, but the mean of the window is returned."""
    I, J = np.broadcast_to(window, 2)
    N, R, C, D = x.shape
    cut = x[:, : R // I * I, : C // J * J].reshape(N, R // I, I, C // J, J, D)
    cells = cut.transpose(0, 1, 3, 5, 2, 4).reshape(N, R // I, C // J, D, I * J)
    return cells.mean(-1), cells.argmax(-1)


def max_pool2d_backward__shared_by_equals(dy, x, winner, window=2):
    """Those who reach the maximum share."""
    I, J = np.broadcast_to(window, 2)
    dx = np.zeros(x.shape)
    for n, p, q, d in np.ndindex(dy.shape):
        patch = x[n, p * I : p * I + I, q * J : q * J + J, d]
        best = patch == patch.max()
        dx[n, p * I : p * I + I, q * J : q * J + J, d] = dy[n, p, q, d] * best / best.sum()
    return dx


def max_pool2d_backward__top_left(dy, x, winner, window=2):
    """Everything goes to the corner of the window."""
    I, J = np.broadcast_to(window, 2)
    dx = np.zeros_like(x)
    P, Q = dy.shape[1:3]
    dx[:, : P * I : I, : Q * J : J] = dy
    return dx
