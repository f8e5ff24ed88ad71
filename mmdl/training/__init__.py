"""Training: optimizers, schedules, the loop, and files that keep what was learned."""

from mmdl.training.callbacks import Callback, EarlyStopping, Progress, StopOnSignal, Validation
from mmdl.training.checkpoint import load, save
from mmdl.training.evaluation import evaluate, evaluate_subsets, predictions
from mmdl.training.loop import Epochs, Fitted, Training, fit, fitted
from mmdl.training.losses import BatchLoss, classification, loss_and_gradient, perplexity, transcription, writing
from mmdl.training.optimizers import SGD, Adam, AdamW, RMSprop
from mmdl.training.resuming import Checkpoint, load_checkpoint, resume
from mmdl.training.schedules import clip_by_global_norm, constant, cosine, global_norm, step_decay

__all__ = [
    "SGD", "Adam", "AdamW", "BatchLoss", "Callback", "Checkpoint", "EarlyStopping", "Epochs", "Fitted", "Progress",
    "RMSprop", "StopOnSignal", "Training", "Validation", "classification", "clip_by_global_norm", "constant", "cosine",
    "evaluate", "evaluate_subsets", "fit", "fitted", "global_norm", "load", "load_checkpoint", "loss_and_gradient",
    "perplexity", "predictions", "resume", "save", "step_decay", "transcription", "writing",
]  # fmt: skip
