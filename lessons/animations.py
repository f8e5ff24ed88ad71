"""Two moving pictures: a kernel that slides over an image, and attention that forms while a model learns.

`MMDL_FIGURES=figures python lessons/animations.py` draws both; the second trains a model for a minute.
"""

from functools import partial

import numpy as np

from mmdl import data, training
from mmdl.models import multimodal_classifier
from mmdl.ops.convolution import conv2d
from mmdl.ops.losses import softmax_cross_entropy
from mmdl.plots import AttentionDisplay, subplots
from mmdl.plots.animation import save_animation
from mmdl.plots.lesson import figures_folder
from mmdl.plots.style import SIGNED, VERMILLION, picture_on

SOBEL = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])


def sliding_kernel(glyphs, path, character="Q", stops_per_frame=13):
    """The article's sum at work: under the frame nine products are added, and their sum is one pixel on the right."""
    place = np.flatnonzero(glyphs.train.about["character"] == character)[0]
    image = glyphs.train.inputs["image"][place : place + 1] / 255.0
    image = image[:, 3:25, 3:25]
    feature_map = conv2d(image, SOBEL[:, :, None, None])[0, :, :, 0]
    P, Q = feature_map.shape
    figure, (left, middle, right) = subplots(1, 3, height=3.1)
    picture_on(left, image[0, :, :, 0], vmin=0, vmax=1).axes.set_title("image x\nwith nine pixels under the kernel")
    picture_on(middle, SOBEL, SIGNED, vmin=-4, vmax=4).axes.set_title("kernel w\ndoes it get darker to the right?")
    for (i, j), value in np.ndenumerate(SOBEL):
        middle.text(j, i, f"{value:+.0f}", ha="center", va="center", fontsize=13)
    filled = picture_on(right, np.full((P, Q), np.nan), SIGNED, vmin=-4, vmax=4)
    right.set_title("feature map\ny[p, q] = Σ x[p + i, q + j] w[i, j]")
    (frame,) = left.plot([], [], color=VERMILLION, linewidth=2.5)

    def draw(number):
        last = min((number + 1) * stops_per_frame, P * Q) - 1
        p, q = divmod(last, Q)
        frame.set_data(q - 0.5 + np.array([0, 3, 3, 0, 0]), p - 0.5 + np.array([0, 0, 3, 3, 0]))
        filled.set_data(np.where(np.arange(P * Q).reshape(P, Q) <= last, feature_map, np.nan))

    save_animation(figure, draw, -(-P * Q // stops_per_frame), path)


class Snapshots(training.Callback):
    """Keeps what the words of one example look at, ever more rarely: most is learned early."""

    def __init__(self, example, growth=1.25):
        self.example, self.growth, self.taken, self.seen = example, growth, [], 0

    def step(self, training):
        if self.seen >= self.growth ** len(self.taken) - 1:
            self.taken.append((self.seen, AttentionDisplay.from_model(training.model, self.example)))
        self.seen += 1


def attention_forming(glyphs, path, words=4):
    """From looking everywhere alike to looking somewhere: one unseen example while the model learns from others."""
    rich = glyphs.test.inputs["text"].mask.sum(axis=1) == words
    example = glyphs.test.select(np.flatnonzero(rich & (glyphs.test.labels == glyphs.classes.index("arrows")))[:1])
    rng = np.random.default_rng(0)
    snapshots = Snapshots(example)
    training.fit(
        multimodal_classifier(rng, glyphs),
        glyphs.train,
        optimizer=training.Adam(2e-3),
        epochs=2,
        rng=rng,
        schedule=partial(training.cosine, warm_up=0.3),
        augment={"modality_dropout": 0.15, **glyphs.augment},
        loss=training.classification(partial(softmax_cross_entropy, smoothing=0.1)),
        callbacks=(snapshots,),
    )
    figure = snapshots.taken[0][1].plot().figure_

    def draw(number):
        seen, display = snapshots.taken[number]
        figure.clear()
        display.plot(figure=figure)
        figure.suptitle(f"What each word looks at after {seen:,} steps of learning")

    save_animation(figure, draw, len(snapshots.taken), path, frames_per_second=4, colours=48)


if __name__ == "__main__":
    glyphs = data.load("glyphs")
    folder = figures_folder()
    sliding_kernel(glyphs, folder / "kernel_sliding.gif")
    attention_forming(glyphs, folder / "attention_forming.gif")
