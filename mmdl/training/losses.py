"""What training measures on a batch: a loss, its gradient, and how many things both are a mean over."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from mmdl.data.preprocessors.target import END
from mmdl.ops.ctc import ctc_loss
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.shapes import Array


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
