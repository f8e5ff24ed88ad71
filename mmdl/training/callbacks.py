"""Callbacks: what wants to be told how training goes."""


class Callback:
    """Each method does nothing until it is overridden.

    The model's arrays go on changing; `tree.copy(model)` keeps them as they are.
    """

    def start(self, epochs, steps):
        """Before the first step; `steps` are those of one epoch."""

    def step(self, model, step, loss):
        """After step 1, 2, ... of an epoch, with the loss before it."""

    def epoch(self, model, history):
        """After each epoch, when its metrics stand at the end of the history."""

    def end(self):
        """When training is over, however it ended."""
