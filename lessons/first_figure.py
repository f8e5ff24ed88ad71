"""The README's first figure: what an answer loses when a place of the picture is covered, or a word is taken away.

Where words look explains no answer (lesson 14). To cover and to measure does, as far as covering goes: two models that
learned from different random numbers agree on these maps, and one that learned nothing does not. `python
lessons/first_figure.py` checks that, and draws the figure; it trains two models, in about 20 s.
"""

from dataclasses import replace

import numpy as np

from mmdl import data
from mmdl.models import multimodal_classifier
from mmdl.ops.softmax import softmax
from mmdl.plots.figure import figure_of
from mmdl.plots.lesson import save_figure
from mmdl.plots.style import BLUE, SIGNED, picture_on, styled
from mmdl.tokens import Tokens
from mmdl.training.recipes import RECIPES

COVER = 6  # pixels, each way
SHOWN = "Latin", "Greek", "Cyrillic", "Arabic"  # one glyph of each
OTHERS = 500  # other glyphs, on which the models are compared


def log_probability(model, batch, answer, **inputs):
    """log p of the answers (N), with other inputs."""
    p = softmax(model(replace(batch, inputs={**batch.inputs, **inputs})))
    return np.log(p[np.arange(len(p)), answer])


def cost_of_covering(model, batch, answer, stride=1):
    """By how much log p of each answer falls, for every place of the cover: (N, P, P)."""
    image, before = batch["image"], log_probability(model, batch, answer)
    places = range(0, 29 - COVER, stride)
    cost = np.zeros((len(image), len(places), len(places)))
    for row, top in enumerate(places):
        for column, left in enumerate(places):
            covered = image.copy()
            covered[:, top : top + COVER, left : left + COVER] = 0
            cost[:, row, column] = before - log_probability(model, batch, answer, image=covered)
    return cost


def cost_of_words(model, batch, answer):
    """By how much log p of each answer falls without each of its words: (N, T), NaN where there is none."""
    (ids, mask), before = batch["text"], log_probability(model, batch, answer)
    cost = np.full(mask.shape, np.nan)
    for t in range(mask.shape[1]):
        without = mask & (np.arange(mask.shape[1]) != t)
        gone = before - log_probability(model, batch, answer, text=Tokens(ids, without))
        cost[:, t] = np.where(mask[:, t], gone, np.nan)
    return cost


def by_pixel(cost):
    """Of places of the cover (P, P) to pixels (28, 28): the mean over all covers that hide the pixel."""
    total, covers = np.zeros((2, 28, 28))
    for (top, left), value in np.ndenumerate(cost):
        total[top : top + COVER, left : left + COVER] += value
        covers[top : top + COVER, left : left + COVER] += 1
    return total / covers


def correlations(a, b):
    return np.mean([np.corrcoef(p.ravel(), q.ravel())[0, 1] for p, q in zip(a, b, strict=True)])


@styled
def picture(images, maps, words, costs, titles):
    figure = figure_of(None, 4.4)
    axes = figure.subplots(2, len(images), height_ratios=(2.4, 1))
    for column, (image, cost) in enumerate(zip(images, maps, strict=True)):
        top, bottom = axes[:, column]
        most = np.abs(cost).max()
        shown = picture_on(top, cost, cmap=SIGNED, vmin=-most, vmax=most)
        top.contour(image, levels=[0.4], colors="black", linewidths=1.2)
        top.set_title(titles[column])
        bar = figure.colorbar(shown, ax=top, orientation="horizontal", shrink=0.7)
        bar.set_ticks([-most, 0, most], labels=[f"{-most:.2g}".replace("-", "−"), "0", f"{most:.2g}"])
        y = np.arange(len(words[column]))
        bottom.barh(y, costs[column], color=BLUE, height=0.5)
        for row, word in enumerate(words[column]):
            bottom.text(0.05, row - 0.36, word, fontsize=7, va="center")
        bottom.set(xlim=(min(0, *costs[column]) - 0.1, 4), ylim=(4.5, -0.8), yticks=[], xticks=(0, 2, 4))
    axes[0, 0].set_ylabel("with the place covered")
    axes[1, 0].set_ylabel("without\nthe word")
    figure.supxlabel("by how much the logarithm of the answer's probability falls", fontsize=10)
    return figure


def main():
    glyphs = data.load("glyphs", fonts=("DejaVuSans", "DejaVuSerif"))
    models = []
    for rng in map(np.random.default_rng, range(2)):
        recipe = replace(RECIPES["attention"], epochs=4)
        models.append(recipe.fit(multimodal_classifier(rng, glyphs, "attention"), glyphs, rng).model)
    untrained = multimodal_classifier(np.random.default_rng(2), glyphs, "attention")
    sans = glyphs.test.select(glyphs.test.about["font"] == "DejaVuSans")
    some = next(data.batches(sans, OTHERS, np.random.default_rng(0)))
    answer = models[0](some).argmax(axis=1)
    one, other, nothing = (cost_of_covering(model, some, answer, stride=4) for model in (*models, untrained))
    agree, chance = correlations(one, other), correlations(one, nothing)
    print(f"maps of two trained models agree: {agree:.2f}; of a trained and an untrained one: {chance:.2f}")
    assert agree > 0.4 and chance < 0.2

    right = (answer == some.labels) & (some["text"].mask.sum(axis=1) >= 2)  # words
    p, strength = softmax(models[0](some)), one.max(axis=(1, 2))
    chosen = [np.argmax(right * (some.labels == glyphs.classes.index(family)) * strength) for family in SHOWN]
    batch = replace(
        some,
        inputs={"image": some["image"][chosen], "text": Tokens(*(each[chosen] for each in some["text"]))},
        labels=some.labels[chosen],
        present={name: there[chosen] for name, there in some.present.items()},
    )
    says = [f"{family}, {row.max():.0%}" for family, row in zip(SHOWN, p[chosen], strict=True)]
    costs, tokenizer = cost_of_words(models[0], batch, batch.labels), models[0].preprocessors["text"]
    words = [tokenizer.words_of(ids[there]) for ids, there in zip(*batch["text"], strict=True)]
    costs = [row[~np.isnan(row)] for row in costs]
    maps = [by_pixel(cost) for cost in cost_of_covering(models[0], batch, batch.labels)]
    save_figure(picture(batch["image"][..., 0], maps, words, costs, says), "first_figure")


if __name__ == "__main__":
    main()
