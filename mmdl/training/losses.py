"""What training measures on a batch: a loss, its gradient, and how many things both are a mean over."""

from collections.abc import Callable
from typing import Any, NamedTuple

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


CLASSIFICATION = classification()
