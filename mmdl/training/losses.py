"""What training measures on a batch: a loss, its gradient, and how many things both are a mean over."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from mmdl.data.augment import Mixture
from mmdl.data.preprocessors.target import END
from mmdl.ops.ctc import ctc_loss
from mmdl.ops.losses import soft_cross_entropy, softmax_cross_entropy
from mmdl.shapes import Array, Ids


class BatchLoss(NamedTuple):
    """The loss of one batch, as a function of the model's output and the batch returns it."""

    value: float  # a mean
    gradient: Array  # of the value with respect to the model's output
    count: int  # type: ignore[assignment]  # what the mean is over: so many examples, or tokens
    sums: dict[str, float]  # over the same examples or tokens, such as right answers: their means are metrics


Loss = Callable[[Any, Any], BatchLoss]


def classification(loss: Callable[..., Any] = softmax_cross_entropy) -> Loss:
    """The loss of logits (N, K) and a batch's labels (N,), a mean over examples; and how many logits are right

    `loss` returns value and gradient; for label smoothing `partial(softmax_cross_entropy, smoothing=0.1)`.
    """

    def of_batch(logits: Array, batch: Any) -> BatchLoss:
        value, dlogits = loss(logits, batch.labels)
        right = int((logits.argmax(axis=1) == batch.labels).sum())
        return BatchLoss(float(value), dlogits, len(batch), {"accuracy": right})

    return of_batch


def weighted_classification(weights: Array, smoothing: float = 0.0) -> Loss:
    """The loss of logits (N, K) whose classes count differently, or whose examples are mixtures, see `weighted_loss`

    An answer is right as far as the example is of that class.
    """

    def of_batch(logits: Array, batch: Any) -> BatchLoss:
        value, dlogits = weighted_loss(logits, batch.labels, weights, smoothing, batch.mixture)
        right = shares_of(logits, batch.labels, batch.mixture)[np.arange(len(batch)), logits.argmax(axis=1)].sum()
        return BatchLoss(float(value), dlogits, len(batch), {"accuracy": float(right)})

    return of_batch


def weighted_loss(
    logits: Array, labels: Ids, weights: Array, smoothing: float = 0.0, mixture: Mixture | None = None
) -> Any:
    """loss = mean of −Σ_k t_k log p_k  with  t = (1 − ε) a + ε Σ_k a_k / K,  a_k = w_k (λ [k = y] + (1 − λ) [k = y′])

    Parameters
    ----------
    logits : array (N, K)
    labels : array y (N,)
    weights : array w (K,)
        Of the classes, see `balanced`.
    smoothing : float ε
    mixture : Mixture, optional
        The partners' labels y′ and the shares λ, which are 1 without it.

    Returns
    -------
    Loss : value, gradient (N, K)

    Source: Zhang et al. 2018, equation 1, for the mixed targets; Szegedy et al. 2016 for the smoothing.
    """
    a = shares_of(logits, labels, mixture) * weights.astype(logits.real.dtype)
    return soft_cross_entropy(logits, (1 - smoothing) * a + smoothing * a.mean(axis=1, keepdims=True))


def shares_of(logits: Array, labels: Ids, mixture: Mixture | None) -> Array:
    """How much of each example is of each class: one-hot rows, or mixtures of two.  -> (N, K)"""
    found, examples = np.zeros(logits.shape, logits.real.dtype), np.arange(len(labels))
    found[examples, labels] = 1 if mixture is None else mixture.shares
    if mixture is not None:
        found[examples, mixture.labels] += 1 - mixture.shares
    return found


def balanced(labels: Ids, classes: int) -> Array:
    """w_k = N / (K N_k): all classes together count alike, and the mean over examples stays one.  labels (N,) -> (K,)

    A class without examples has the weight of one with a single example.
    """
    weights: Array = len(labels) / (classes * np.maximum(np.bincount(labels, minlength=classes), 1))
    return weights


def writing(smoothing: float = 0.0) -> Loss:
    """The loss of a writer's logits (N, T, K), a mean over the tokens of all targets, ends included

    Longer texts count for more, and so do batches with more tokens; parts of a batch weigh what they hold.
    """

    def of_batch(logits: Array, batch: Any) -> BatchLoss:
        targets, mask = batch.targets.values, batch.targets.full_mask
        value, dlogits = softmax_cross_entropy(logits, targets, smoothing, mask)
        right = int(((logits.argmax(axis=2) == targets) & mask).sum())
        return BatchLoss(float(value), dlogits, int(mask.sum()), {"accuracy": right})

    return of_batch


def transcription(logits: Any, batch: Any) -> BatchLoss:
    """The CTC loss of a transcriber's frames, Tokens (N, P, K), a mean over examples: END is the blank, and no label"""
    targets, mask = batch.targets.values, batch.targets.full_mask
    value, dlogits, _ = ctc_loss(logits.values, targets, logits.full_mask, mask & (targets != END), END)
    return BatchLoss(float(value), dlogits, len(targets), {})


def perplexity(loss: float) -> float:
    """e^loss, of a mean over tokens: among so many tokens, all alike, one would be as unsure"""
    return math.exp(loss)


CLASSIFICATION = classification()


def loss_and_gradient(model: Any, batch: Any, loss: Loss = CLASSIFICATION) -> tuple[BatchLoss, Any]:
    """What the loss says of the model's output for a batch, and its gradient, a tree like the model"""
    output, trace = model.forward(batch)
    measured = loss(output, batch)
    _, gradient = model.backward(measured.gradient, trace, input_gradient=False)
    return measured, gradient
