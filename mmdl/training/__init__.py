"""Training: optimizers, schedules, the loop, and files that keep what was learned."""

from mmdl.training.callbacks import Callback
from mmdl.training.checkpoint import load, save
from mmdl.training.clipping import clip_by_global_norm, global_norm
from mmdl.training.evaluation import evaluate, evaluate_subsets, predictions
from mmdl.training.loop import Fitted, fit
from mmdl.training.optimizers import SGD, Adam, AdamW, RMSprop
from mmdl.training.progress import Progress
from mmdl.training.schedules import constant, cosine, step_decay
from mmdl.training.workers import loss_and_gradient

__all__ = [
    "SGD", "Adam", "AdamW", "Callback", "Fitted", "Progress", "RMSprop", "clip_by_global_norm", "constant", "cosine",
    "evaluate", "evaluate_subsets", "fit", "global_norm", "load", "loss_and_gradient", "predictions", "save",
    "step_decay",
]  # fmt: skip
