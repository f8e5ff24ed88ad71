"""Mistakes of lesson 11 in layer normalisation, forward and back."""

import numpy as np

from mmdl.check.known import mistakes_in
from mmdl.ops.normalization import LayerNormalized, layer_norm, layer_norm_backward

MISTAKES = []
in_layer_norm = mistakes_in(MISTAKES, "layer_norm")
in_layer_norm_backward = mistakes_in(MISTAKES, "layer_norm_backward")


@in_layer_norm("The variance is the mean of the squares: divided by D. (np.std and np.var do that unless told ddof=1.)")
def variance_by_one_less(x, gamma, beta, epsilon=1e-5):
    """The variance is divided by D − 1 instead of D."""
    D = x.shape[-1]
    deviation = np.sqrt(x.var(axis=-1, keepdims=True) * D / (D - 1) + epsilon)
    n = (x - x.mean(axis=-1, keepdims=True)) / deviation
    return LayerNormalized(gamma * n + beta, n, deviation)


@in_layer_norm("ε belongs under the root: √(variance + ε).")
def epsilon_outside_the_root(x, gamma, beta, epsilon=1e-5):
    """ε is added to the deviation, not to the variance."""
    deviation = x.std(axis=-1, keepdims=True) + epsilon
    n = (x - x.mean(axis=-1, keepdims=True)) / deviation
    return LayerNormalized(gamma * n + beta, n, deviation)


@in_layer_norm("Divide by the deviation, the root of the variance.")
def divided_by_the_variance(x, gamma, beta, epsilon=1e-5):
    """It is divided by the variance instead of its root."""
    variance = x.var(axis=-1, keepdims=True) + epsilon
    n = (x - x.mean(axis=-1, keepdims=True)) / variance
    return LayerNormalized(gamma * n + beta, n, variance)


@in_layer_norm("Mean and variance belong to one row: axis=-1. Along axis 0 it would be batch normalisation.")
def over_the_batch(x, gamma, beta, epsilon=1e-5):
    """Mean and variance run over the examples instead of along each row."""
    deviation = np.sqrt(x.var(axis=0, keepdims=True) + epsilon)
    n = (x - x.mean(axis=0, keepdims=True)) / deviation
    return LayerNormalized(gamma * n + beta, n, deviation)


@in_layer_norm_backward("The mean depends on x, too: subtract mean(dn).")
def mean_taken_for_a_constant(dy, gamma, normalized, deviation):
    """In dx the term of the mean is missing: the entries of a row of dx do not add up to zero."""
    dn = dy * gamma
    dx = (dn - normalized * (dn * normalized).mean(axis=-1, keepdims=True)) / deviation
    return dx, *layer_norm_backward(dy, gamma, normalized, deviation)[1:]


@in_layer_norm_backward("The deviation depends on x, too: subtract n ∘ mean(dn ∘ n).")
def variance_taken_for_a_constant(dy, gamma, normalized, deviation):
    """In dx the term of the variance is missing: ⟨dx, n⟩ is not (nearly) zero."""
    dn = dy * gamma
    dx = (dn - dn.mean(axis=-1, keepdims=True)) / deviation
    return dx, *layer_norm_backward(dy, gamma, normalized, deviation)[1:]


@in_layer_norm_backward("Mean and deviation depend on x: each adds a term to dx.")
def statistics_taken_for_constants(dy, gamma, normalized, deviation):
    """dx is dy ∘ γ / deviation, as if mean and deviation were constants."""
    return dy * gamma / deviation, *layer_norm_backward(dy, gamma, normalized, deviation)[1:]


@in_layer_norm_backward("First back through γ: dn = dy ∘ γ.")
def gamma_left_out(dy, gamma, normalized, deviation):
    """In dx, γ is missing: it is made from dy instead of dy ∘ γ."""
    dx = layer_norm_backward(dy, np.ones_like(gamma), normalized, deviation)[0]
    return dx, *layer_norm_backward(dy, gamma, normalized, deviation)[1:]


@in_layer_norm("y = γ ∘ n + β: the mean is taken away before the division.")
def mean_not_taken_away(x, gamma, beta, epsilon=1e-5):
    """The mean is not taken away: n is x / deviation."""
    deviation = layer_norm(x, gamma, beta, epsilon).deviation
    return LayerNormalized(gamma * x / deviation + beta, x / deviation, deviation)


@in_layer_norm_backward("γ comes first on the way back: dn = dy ∘ γ, and the means are taken of that.")
def gamma_after_the_means(dy, gamma, normalized, deviation):
    """In dx, γ is multiplied in after the means are taken away; it belongs before them."""
    dx, dgamma, dbeta = layer_norm_backward(dy, np.ones_like(gamma), normalized, deviation)
    return gamma * dx, dgamma, dbeta
