"""What is printed of a model or a data set is a tree of lines, never a wall of numbers."""

import html.parser

import numpy as np
import pytest

from mmdl import data
from mmdl.layers import Dense, ReLU, Sequential
from mmdl.models import multimodal_classifier
from mmdl.outline import Outline

SMALL = Sequential(
    (Dense(np.zeros((3, 2)), np.zeros(2)), ReLU(), Sequential((Dense(np.zeros((2, 1000)), np.zeros(1000)),)))
)


@pytest.fixture(scope="module")
def glyphs():
    return data.load("glyphs", fonts=("DejaVuSans",))


def test_layers_with_shapes_and_counts():
    assert str(SMALL).splitlines() == [
        "Sequential                                      3,008",
        "├─ layers[0]: Dense(W (3, 2), b (2,))               8",
        "├─ layers[1]: ReLU",
        "└─ layers[2]: Sequential                        3,000",
        "   └─ layers[0]: Dense(W (2, 1000), b (1000,))  3,000",
    ]


def test_a_model_is_a_page(glyphs):
    model = multimodal_classifier(np.random.default_rng(0), glyphs, "attention")
    lines = repr(model).splitlines()
    assert lines[0].startswith("MultimodalClassifier(10 classes") and lines[0].endswith("117,354")
    assert any("modalities['image']: Modality" in line for line in lines)
    assert any("Wq (64, 64)" in line and "heads=4" in line for line in lines)
    assert len(lines) < 40 and len(repr(model)) < 6000


def test_a_data_set(glyphs):
    lines = repr(glyphs).splitlines()
    assert lines[0].startswith("glyphs: Latin, Greek, Cyrillic, Arabic, ...") and lines[0].endswith("10 classes")
    assert any("train" in line and f"{len(glyphs.train):,} examples" in line for line in lines)
    assert any("image: (28, 28, 1) uint8" in line for line in lines)
    assert len(repr(glyphs)) < 2000


class Balanced(html.parser.HTMLParser):
    """Counts what is open."""

    def __init__(self):
        super().__init__()
        self.open, self.kinds, self.said = [], [], ""

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        self.kinds.append((tag, "open" in dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.said += data


def test_html_folds():
    page = Balanced()
    page.feed(SMALL._repr_html_())
    assert page.open == [] and ("details", True) in page.kinds
    assert "Dense(W (3, 2), b (2,))" in page.said
    deep = Balanced()
    deep.feed(Outline("a", "", (Outline("b", "", (Outline("c", "", (Outline("<d>"),)),)),)).html())
    assert [is_open for tag, is_open in deep.kinds if tag == "details"] == [True, True, False]
    assert "<d>" in deep.said
