"""Mistakes in whole classifiers, with modalities that are missing, and in pictures of what was learned."""

import numpy as np

from mmdl.check.exercises.classifier import classifier_backward, replace_absent_backward
from mmdl.check.exercises.looking import occlusion
from mmdl.check.wrong.known import mistakes_in
from mmdl.ops.softmax import softmax

MISTAKES = []
in_absent_backward = mistakes_in(MISTAKES, "replace_absent_backward")
in_classifier_backward = mistakes_in(MISTAKES, "classifier_backward")


@in_absent_backward("An absent row's x was not used: its gradient is zero.")
def absent_rows_send_a_gradient(dy, present):
    """In dx absent rows get dy, too."""
    return dy.copy(), replace_absent_backward(dy, present)[1]


@in_absent_backward("Only the absent rows used the learned vector: dy[~present].")
def all_rows_counted(dy, present):
    """dabsent adds up all rows instead of the absent ones."""
    return replace_absent_backward(dy, present)[0], dy.sum(axis=0)


@in_classifier_backward("The head hands on two gradients, du and dv: the picture's goes on to w and b.")
def image_branch_dropped(dlogits, image, ids, mask, p, trace):
    """The gradients of w and b are zero: what comes back from the head never reaches the picture's branch."""
    gradient = classifier_backward(dlogits, image, ids, mask, p, trace)
    return gradient | {name: np.zeros_like(gradient[name]) for name in "wb"}


@in_classifier_backward("The head hands on two gradients, du and dv: the text's goes on to E, W, U and c.")
def text_branch_dropped(dlogits, image, ids, mask, p, trace):
    """The gradients of E, W, U and c are zero: what comes back from the head never reaches the text's branch."""
    gradient = classifier_backward(dlogits, image, ids, mask, p, trace)
    return gradient | {name: np.zeros_like(gradient[name]) for name in "EWUc"}


@mistakes_in(MISTAKES, "saliency")("Start from the logit: dlogits is 1 at the label and 0 elsewhere.")
def gradient_of_the_probability(backward, logits, labels):
    """It is the saliency of the probability: where p is nearly 1 it vanishes."""
    p = softmax(logits)
    one_hot = np.arange(logits.shape[1]) == labels[:, None]
    return np.abs(backward(p * (one_hot - np.take_along_axis(p, labels[:, None], 1))))


@mistakes_in(MISTAKES, "principal_components")(
    "Take the mean of the rows away first: the directions are those of the distances from it."
)
def not_centred(x, components=2):
    """The mean is not taken away, neither from the points nor before the directions are looked for."""
    return x @ np.linalg.svd(x, full_matrices=False)[2][:components].T


@mistakes_in(MISTAKES, "occlusion")("Positive where covering hurts: f(x) − f(covered).")
def difference_turned_round(f, x, size=2, fill=0.0):
    """Every entry has the wrong sign: it is f(covered) − f(x)."""
    return -occlusion(f, x, size, fill)
