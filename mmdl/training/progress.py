"""Progress: a bar for each epoch on a terminal, a line for each epoch elsewhere."""

import sys

from mmdl.training.callbacks import Callback


class Progress(Callback):
    """Says how training goes; `stream` is standard error unless given."""

    def __init__(self, stream=None):
        self.stream = sys.stderr if stream is None else stream
        self.bar = None

    def start(self, epochs, steps):
        self.epochs, self.steps, self.done = epochs, steps, 0

    def step(self, model, step, loss):
        if self.stream.isatty():
            if self.bar is None:
                self.bar = self._new_bar()
            self.bar.set_postfix_str(f"loss {loss:.3f}", refresh=False)
            self.bar.update()

    def epoch(self, model, history):
        self.done += 1
        if self.bar is None:
            metrics = summary(history, "loss", "accuracy", "validation_loss", "validation_accuracy")
            seconds = history["seconds"][-1]
            print(f"epoch {self.done}/{self.epochs}: {metrics}, {seconds:.1f} s", file=self.stream, flush=True)
        else:
            self.bar.set_postfix_str(summary(history, "accuracy", "validation_accuracy"))
            self.end()

    def end(self):
        if self.bar is not None:
            self.bar.close()
            self.bar = None

    def _new_bar(self):
        from tqdm import tqdm

        return tqdm(
            desc=f"epoch {self.done + 1}/{self.epochs}",
            total=self.steps,
            file=self.stream,
            bar_format="{desc} {bar:5} {n_fmt}/{total_fmt} {elapsed}<{remaining}{postfix}",
        )


def summary(history, *names):
    """The last epoch's metrics of these names, as far as there are any, in words."""
    return ", ".join(f"{name.replace('_', ' ')} {history[name][-1]:.3f}" for name in names if name in history)
