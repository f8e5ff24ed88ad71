"""Mistakes that students make in the exercises of lesson 13."""

import numpy as np

FITTING = {
    "concatenate_backward__equal_parts": ("width", "equal", "shape"),
    "elementwise_product_backward__one_other_only": ("all other", "third", "three"),
    "concatenate__wrong_order": ("order", "blocks", "other"),
    "elementwise_product_backward__by_division": ("0", "divid"),
    "elementwise_product_backward__own": ("own value",),
    "tensor_product__b_first": ("another order", "slowly"),
    "tensor_product_backward__sides_exchanged": ("own values", "shape"),
}


def concatenate_backward__equal_parts(dy, features):
    """The columns are cut into equal parts, as if all modalities were equally wide."""
    parts = np.array_split(dy, len(features), axis=1)
    return (*parts,)


def elementwise_product_backward__one_other_only(dy, features):
    """Each gradient is multiplied with one other modality; with three of them, one is missing."""
    gradients = []
    for m in range(len(features)):
        other = features[1] if m == 0 else features[0]
        gradients.append(dy * other)
    return tuple(gradients)


def concatenate__wrong_order(features):
    """The last comes first."""
    return np.hstack(features[::-1])


def elementwise_product_backward__by_division(dy, features):
    """The whole product over its own factor."""
    back = dy * np.multiply.reduce(np.stack(features))
    return tuple(back / own for own in features)


def elementwise_product_backward__own(dy, features):
    """Its own factor."""
    return tuple(map(np.multiply, [dy] * len(features), features))


def tensor_product__b_first(a, b):
    """b runs slowly."""
    return np.array([np.kron(right, left) for left, right in zip(a, b, strict=True)])


def tensor_product_backward__sides_exchanged(dy, a, b):
    """The table is read the other way."""
    table = dy.reshape(len(a), b.shape[1], a.shape[1])
    return np.einsum("nkd,nk->nd", table, b), np.einsum("nkd,nd->nk", table, a)
