"""Lesson 00: the affine map, and its three gradients one by one."""

import numpy as np

from mmdl.check.exercise import backward, forward, piece
from mmdl.check.known import mistakes_in
from mmdl.check.prediction import prediction
from mmdl.ops.dense import affine_backward

AFFINE = forward(
    "affine",
    "Each row of x is one example. Its output k is the sum over d of x[d] W[d, k], and then b[k] is added.",
    "All rows at once are a product of two matrices; b is added to every row by broadcasting.",
    "y = x @ W + b",
)

AFFINE_BACKWARD = backward(
    "affine",
    "Write y[n, k] = Σ_d x[n, d] W[d, k] + b[k]. Which y does one entry of x move, and by how much? Which does one of W?",
    "dx[n, d] = Σ_k dy[n, k] W[d, k],   dW[d, k] = Σ_n x[n, d] dy[n, k],   db[k] = Σ_n dy[n, k]",
    "As products: dx = dy Wᵀ and dW = xᵀ dy. The shapes tell, unless all sizes are equal.",
)


def affine_db(dy):
    """db = Σ dy over the examples"""
    return dy.sum(axis=0)


def affine_dW(dy, x):
    """dW = xᵀ dy"""
    return x.T @ dy


def affine_dx(dy, W):
    """dx = dy Wᵀ"""
    return dy @ W.T


EXERCISES = (
    AFFINE,
    piece(
        affine_db,
        AFFINE_BACKWARD,
        "db",
        "The same b was added to every row of y. What moves several things gets the sum of their gradients.",
        "Add up the rows of dy: one number is left for each column.",
    ),
    piece(
        affine_dW,
        AFFINE_BACKWARD,
        "dW",
        "W[d, k] is multiplied by x[n, d] and goes into y[n, k], for every example n.",
        "dW[d, k] = Σ_n x[n, d] dy[n, k]: two loops around a sum, or one product of matrices.",
        "dW has the shape of W, (D, K). x is (N, D) and dy is (N, K), so x has to be turned.",
    ),
    piece(
        affine_dx,
        AFFINE_BACKWARD,
        "dx",
        "x[n, d] goes into y[n, k] for every k, each time multiplied by W[d, k].",
        "dx[n, d] = Σ_k dy[n, k] W[d, k]: the sum runs along the rows of W.",
        "dx = dy Wᵀ",
    ),
    AFFINE_BACKWARD,
)

MISTAKES = []
in_affine = mistakes_in(MISTAKES, "affine")
in_affine_backward = mistakes_in(MISTAKES, "affine_backward")


@in_affine("Every row of y gets the bias on top: + b.")
def bias_left_out(x, W, b):
    """y is x W without the bias."""
    return x @ W


@in_affine_backward("dW has W's shape, (D, K): xᵀ dy.")
def weights_transposed(dy, x, W):
    """dW is the transpose of what it should be."""
    dx, dW, db = affine_backward(dy, x, W)
    return dx, dW.T, db


@in_affine_backward("One bias, N uses: add up dy over the examples, axis 0.")
def bias_not_summed(dy, x, W):
    """db has one row for every example; it should be the sum of these rows."""
    return *affine_backward(dy, x, W)[:2], dy


@in_affine_backward("The mean was taken in the loss already, and stands in dy. Add up; do not average.")
def averaged_over_the_batch(dy, x, W):
    """The batch is averaged instead of added up: N times too small."""
    dx, dW, db = affine_backward(dy, x, W)
    return dx, dW / len(x), db / len(x)


@in_affine_backward("Every example used these weights: add up what all of them send back.")
def first_example_only(dy, x, W):
    """Only the first example counts; what the others send is left out."""
    return affine_backward(dy, x, W)[0], *affine_backward(dy[:1], x[:1], W)[1:]


@in_affine_backward("axis=0 runs over the examples, which share the bias; axis=1 would add different biases up.")
def bias_summed_along_rows(dy, x, W):
    """db is the sum along each row of dy, one number an example, not one a bias."""
    return *affine_backward(dy, x, W)[:2], dy.sum(axis=1)


@prediction("y has two axes, and so has W: one number for each entry of the one and each of the other.")
def shape_of_the_jacobian():
    """(1, 50, 100, 50): 250,000 numbers, of which all but 5,000 are zero. The backward pass needs only dW = xᵀ dy."""
    x, W = np.zeros((1, 100)), np.zeros((100, 50))
    return (*(x @ W).shape, *W.shape)


@prediction("W[1, 2] carries x[1] to y[2]: how much does dy make of that?", "dW[1, 2] = x[1] dy[2].")
def moved_by_a_nudge():
    """dW[1, 2] = x[1] dy[2] = 2 · 2 = 4, so a nudge of 0.01 moves the loss by 0.04."""
    x, dy = np.array([[1.0, 2.0]]), np.array([[1.0, -1.0, 2.0]])
    return float(0.01 * affine_dW(dy, x)[1, 2])


PREDICTIONS = (shape_of_the_jacobian, moved_by_a_nudge)
