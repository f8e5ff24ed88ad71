"""Lesson 15: a whole classifier, forward, backward and update."""

import numpy as np

from mmdl.check.exercise import Exercise
from mmdl.check.known import mistakes_in
from mmdl.check.prediction import prediction
from mmdl.ops.activations import relu, relu_backward
from mmdl.ops.convolution import conv2d, conv2d_backward
from mmdl.ops.dense import affine, affine_backward
from mmdl.ops.embedding import embedding, embedding_backward
from mmdl.ops.fusion import concatenate, concatenate_backward
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.ops.pooling import max_pool2d, max_pool2d_backward
from mmdl.ops.rnn import rnn, rnn_backward


def head(features, W, b):
    """logits = concatenate(features) W + b"""
    return affine(concatenate(features), W, b)


def head_backward(dlogits, features, W):
    """Back through the matrix, and apart again"""
    dz, dW, db = affine_backward(dlogits, concatenate(features), W)
    return concatenate_backward(dz, features), dW, db


def image_branch_backward(du, image, p, r, winner):
    """du -> dy -> dr -> da -> dw, db"""
    dy = du.reshape(winner.shape)
    dr = max_pool2d_backward(dy, r, winner)
    da = relu_backward(dr, r)
    _, dw, db = conv2d_backward(da, image, p["w"])
    return dw, db


def text_branch_backward(dv, ids, mask, p, e, h):
    """dv -> dh -> de -> dE, and dW, dU, dc on the way"""
    dh = np.zeros_like(h)
    dh[:, -1] = dv
    de, dW, dU, dc, _ = rnn_backward(dh, e, p["W"], p["U"], h, mask)
    return embedding_backward(de, ids, p["E"]), dW, dU, dc


def forward_pass(image, ids, mask, p):
    """logits and the trace"""
    r = relu(conv2d(image, p["w"], p["b"]))
    y, winner = max_pool2d(r)
    u = y.reshape(len(y), -1)
    e = embedding(ids, p["E"])
    h = rnn(e, p["W"], p["U"], p["c"], mask=mask)
    v = h[:, -1]
    return head((u, v), p["V"], p["d"]), {"r": r, "winner": winner, "u": u, "e": e, "h": h, "v": v}


def classifier(image, ids, mask, p):
    """The forward pass"""
    return forward_pass(image, ids, mask, p)[0]


def classifier_backward(dlogits, image, ids, mask, p, trace):
    """The forward pass read upwards"""
    (du, dv), dV, dd = head_backward(dlogits, (trace["u"], trace["v"]), p["V"])
    dE, dW, dU, dc = text_branch_backward(dv, ids, mask, p, trace["e"], trace["h"])
    dw, db = image_branch_backward(du, image, p, trace["r"], trace["winner"])
    return {"w": dw, "b": db, "E": dE, "W": dW, "U": dU, "c": dc, "V": dV, "d": dd}


def sgd_update(p, gradient, rate):
    """p ← p − rate · gradient"""
    return {name: p[name] - rate * gradient[name] for name in p}


def models(draws):
    """A small model with a batch."""
    letters = {
        "N": (1, 2, 3),
        "R": (3, 5, 6),
        "C": (3, 4, 5),
        "K": (1, 2, 3),
        "T": (1, 2, 4),
        "A": (2, 4),
        "D": (1, 2, 3),
    }
    for letter, options in letters.items():
        draws.size(letter, options)
    I, J, K, H = draws.of(2, 1), draws.of(1, 2), draws.size("K"), draws.size("H", (1, 2, 3))
    width = ((draws.size("R") - I + 1) // 2) * ((draws.size("C") - J + 1) // 2) * K
    classes = draws.size("S", (2, 3, 4))
    shapes = {"w": (I, J, 1, K), "b": (K,), "E": draws.shape("A D"), "W": draws.shape("D H"), "c": (H,)}
    p = {name: draws.rng.standard_normal(shape) for name, shape in shapes.items()} | {"U": draws.orthogonal("H")}
    p |= {"V": draws.rng.standard_normal((width + H, classes)) / 2, "d": draws.rng.standard_normal(classes)}
    image = draws.rng.standard_normal((draws.size("N"), draws.size("R"), draws.size("C"), 1))
    mask = np.arange(draws.size("T")) < draws.rng.integers(1, draws.size("T") + 1, (draws.size("N"), 1))
    return {"image": image, "ids": draws.integers("N T", draws.size("A")), "mask": mask, "p": p}


def traced(draws):
    """The same with all that is found on the way forward, and the gradients that come back."""
    drawn = models(draws)
    logits, trace = forward_pass(**drawn)
    upstream = {f"d{name}": draws.rng.standard_normal(trace[name].shape) for name in "uv"}
    return drawn | trace | upstream | {"dlogits": draws.rng.standard_normal(logits.shape), "trace": trace}


def joined(draws):
    """Features of different widths before a head."""
    features = tuple(draws.rng.standard_normal((draws.size("N"), draws.of(1, 2, 3))) for _ in range(draws.of(2, 1, 3)))
    draws.lengths["D"] = sum(x.shape[1] for x in features)
    return {"features": features} | draws.arrays(W="D K", b="K", dlogits="N K")


def two_trees(draws):
    """Parameters and a gradient with the same names."""
    names = ("W", "b", "E")
    shapes = {name: draws.shape("N D") for name in names}
    p, gradient = ({name: draws.rng.standard_normal(shapes[name]) for name in names} for _ in range(2))
    return {"p": p, "gradient": gradient, "rate": draws.of(0.1, 0.5)}


EXERCISES = (
    Exercise(
        head,
        joined,
        ("logits",),
        (
            "First one long row for each example: np.concatenate(features, axis=-1).",
            "Then an affine map: z @ W + b.",
        ),
        axes={"logits": "N K"},
    ),
    Exercise(
        head_backward,
        joined,
        ("dfeatures", "dW", "db"),
        (
            "Join the features again; then it is `affine_backward` with x = z.",
            "dz = dlogits Wᵀ, dW = zᵀ dlogits, db = Σ dlogits.",
            "Cut dz into pieces as wide as the features: np.split(dz, np.cumsum(widths)[:-1], axis=-1), as a tuple.",
        ),
        axes={"dfeatures": "N D", "dW": "D K", "db": "K"},
    ),
    Exercise(
        image_branch_backward,
        traced,
        ("dw", "db"),
        (
            "Four steps forward, four steps back: reshape, max_pool2d_backward, relu_backward, conv2d_backward.",
            "A reshape backward is the reshape to the shape that was there before: that of `winner`.",
            "The ReLU's backward pass takes its result, r. Of conv2d_backward's three results dx is not needed here.",
        ),
        axes={"dw": "I J D K", "db": "K"},
    ),
    Exercise(
        text_branch_backward,
        traced,
        ("dE", "dW", "dU", "dc"),
        (
            "v was h[:, −1]. So dh is zero everywhere but in its last place.",
            "rnn_backward needs the mask, or steps without a word would be counted.",
            "de is the first of its results; embedding_backward(de, ids, p['E']) makes dE of it.",
        ),
        axes={"dE": "A D", "dW": "D H", "dU": "H H", "dc": "H"},
    ),
    Exercise(
        classifier,
        traced,
        ("logits",),
        (
            "All lines stand at the top of the exercise file.",
            "The mask goes to rnn by name: mask=mask.",
        ),
        axes={"logits": "N K"},
    ),
    Exercise(
        classifier_backward,
        traced,
        ("gradient",),
        (
            "Read the forward pass upwards: first the head, then the two branches.",
            "head_backward gives (du, dv) at once; each branch turns its own into gradients of its own parameters.",
            'Collect them under the names of p: {"w": dw, "b": db, "E": dE, "W": dW, "U": dU, "c": dc, "V": dV, "d": dd}.',
        ),
    ),
    Exercise(
        sgd_update,
        two_trees,
        ("p",),
        (
            "The same line for every name.",
            "{name: p[name] - rate * gradient[name] for name in p}",
        ),
    ),
)

MISTAKES = []
in_classifier_backward = mistakes_in(MISTAKES, "classifier_backward")


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


@mistakes_in(MISTAKES, "text_branch_backward")("A word that stands twice gets two gradients: np.add.at(dE, ids, de).")
def repeated_words_overwrite(dv, ids, mask, p, e, h):
    """In dE a word that stands at several places gets the gradient of one place only, the last: dE[ids] = de."""
    dh = np.zeros_like(h)
    dh[:, -1] = dv
    de, dW, dU, dc, _ = rnn_backward(dh, e, p["W"], p["U"], h, mask)
    dE = np.zeros_like(p["E"])
    dE[ids] = de
    return dE, dW, dU, dc


@mistakes_in(MISTAKES, "text_branch_backward")("v was h[:, −1]: all other states get zeros.")
def every_state_gets_dv(dv, ids, mask, p, e, h):
    """dv goes to every state, but the head read only the last."""
    dh = np.broadcast_to(dv[:, None], h.shape)
    de, dW, dU, dc, _ = rnn_backward(dh, e, p["W"], p["U"], h, mask)
    return embedding_backward(de, ids, p["E"]), dW, dU, dc


@mistakes_in(MISTAKES, "text_branch_backward")("Steps without a word kept the state: give rnn_backward the mask.")
def mask_left_out_on_the_way_back(dv, ids, mask, p, e, h):
    """rnn_backward is not given the mask: steps without a word send gradients, too."""
    dh = np.zeros_like(h)
    dh[:, -1] = dv
    de, dW, dU, dc, _ = rnn_backward(dh, e, p["W"], p["U"], h)
    return embedding_backward(de, ids, p["E"]), dW, dU, dc


@mistakes_in(MISTAKES, "image_branch_backward")("relu_backward stands between the pool and the convolution.")
def relu_skipped(du, image, p, r, winner):
    """The ReLU is left out on the way back: what the pool sends goes straight to the convolution."""
    dr = max_pool2d_backward(du.reshape(winner.shape), r, winner)
    _, dw, db = conv2d_backward(dr, image, p["w"])
    return dw, db


@mistakes_in(MISTAKES, "classifier")("The mask goes to rnn by name: mask=mask.")
def mask_left_out(image, ids, mask, p):
    """The text is read without the mask: padding moves the state, too."""
    return forward_pass(image, ids, np.ones_like(mask), p)[0]


@mistakes_in(MISTAKES, "sgd_update")("Against the gradient: p − rate · gradient.")
def uphill(p, gradient, rate):
    """Every parameter moves along its gradient, uphill, instead of against it."""
    return {name: p[name] + rate * gradient[name] for name in p}


@mistakes_in(MISTAKES, "sgd_update")("How far is told by the rate: p − rate · gradient.")
def rate_left_out(p, gradient, rate):
    """The whole gradient is subtracted, without the rate."""
    return {name: p[name] - gradient[name] for name in p}


@prediction("Each family has about the probability 1 / 10.")
def first_loss():
    """log 10 = 2.303. If a fresh model's loss is far from that, something is wrong before training has begun."""
    return float(softmax_cross_entropy(np.zeros((1, 10)), np.array([3])).value)


@prediction("What does the gradient of V need: what comes back from the head, or what goes into it?")
def branch_that_gets_nothing():
    """V's rows meet v itself on the way forward: dV = zᵀ dlogits, before dv is even made."""
    features = np.ones((2, 2)), np.ones((2, 3))
    _, dV, _ = head_backward(np.ones((2, 4)), features, np.ones((5, 4)))
    return "b" if dV[2:].any() else "a"


PREDICTIONS = (first_loss, branch_that_gets_nothing)
