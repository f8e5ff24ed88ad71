"""The adjoint of a broadcast is a sum."""


def sum_to(dx, shape):
    """Sum the gradient of a broadcast array over the axes along which it was repeated. dx -> array of `shape`"""
    dx = dx.sum(axis=tuple(range(dx.ndim - len(shape)))) if dx.ndim > len(shape) else dx
    repeated = tuple(axis for axis, length in enumerate(shape) if length == 1 != dx.shape[axis])
    return dx.sum(axis=repeated, keepdims=True) if repeated else dx
