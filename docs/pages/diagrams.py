"""Diagrams of mechanisms, with the numbers that the lessons work out by hand, computed here by the library's ops."""

import numpy as np

from docs.pages.drawing import BACKWARD, FORWARD, INK, MARK, Drawing, short
from mmdl.fusion import FUSIONS
from mmdl.ops.attention import attention
from mmdl.ops.convolution import conv2d, conv2d_backward
from mmdl.ops.lstm import lstm
from mmdl.ops.rnn import rnn, rnn_backward


def write(folder):
    """Draw all of them into a folder."""
    folder.mkdir()
    for draw in (kernel, kernel_backward, recurrence, lstm_cell, attention_mean, block, fusions, classifier):
        name, drawing = draw()
        drawing.write(folder / f"{name}.svg")


def kernel():
    """A kernel stands on a picture, and its sum goes into the feature map."""
    x, w = np.array([[0.0, 0, 1, 1]] * 3), np.array([[-1.0, 1.0]] * 2)
    y = conv2d(x[None, :, :, None], w[:, :, None, None])[0, :, :, 0]
    page = Drawing(480, 210, "A kernel slides over a picture")
    page.grid(20, 40, x, marked={(0, 1), (0, 2), (1, 1), (1, 2)})
    page.grid(206, 57, w, fill=MARK)
    page.grid(342, 57, y, marked={(0, 1)})
    for left, words in ((88, "picture x"), (240, "kernel w"), (393, "feature map y")):
        page.words(left, 22, words)
    page.words(178, 91, "∘", size=20)
    page.arrow(282, 91, 334, 91, "Σ")
    products = " + ".join(f"({short(a)})·{short(b)}" for a, b in zip(w.ravel(), x[:2, 1:3].ravel(), strict=True))
    page.words(240, 180, f"y[0, 1] = {products} = {short(y[0, 1])}")
    return "kernel", page


def kernel_backward():
    """Each pixel collects from every window that it lies in."""
    x, w = np.array([1.0, 2.0, 4.0]), np.array([-1.0, 1.0])
    dy = np.array([1.0, 10.0])
    dx, dw, _ = conv2d_backward(dy.reshape(1, 1, 2, 1), x.reshape(1, 1, 3, 1), w.reshape(1, 2, 1, 1))
    page = Drawing(480, 230, "The gradient goes back from each window to its pixels")
    for n, each in enumerate(dy):
        page.box(130 + 130 * n, 20, 90, 34, f"dy[{n}] = {short(each)}")
    for n, each in enumerate(dx.ravel()):
        page.box(65 + 130 * n, 140, 90, 34, f"dx[{n}] = {short(each)}", MARK)
    for n in range(2):
        for i in range(2):
            name, outer = f"w{'₀₁'[i]}", n == i
            words = f"· {name} = {short(w[i])}" if outer else f"· {name}"
            aside = (-38 if i == 0 else 40) if outer else (16 if i == 0 else -16)
            page.arrow(175 + 130 * n, 56, 110 + 130 * (n + i), 136, words, BACKWARD, beside=(aside, -4))
    page.words(240, 205, f"dw = Σ x dy = ({short(dw.ravel()[0])}, {short(dw.ravel()[1])})   with x = (1, 2, 4)")
    return "kernel_backward", page


def recurrence():
    """A recurrence unrolled over three steps, forward and backward."""
    x = np.array([[[1.0], [2.0], [0.0]]])
    W, U, b = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0], [0.5, 0.0]]), np.zeros(2)
    h = rnn(x, W, U, b, f="relu")  # the lesson's f(a) = a: no state here is negative
    dh = np.zeros_like(h)
    dh[0, 3] = 1, 0
    dx = rnn_backward(dh, x, W, U, h, f="relu")[0].ravel()
    page = Drawing(480, 250, "A recurrence unrolled")
    for t in range(4):
        state = ", ".join(short(each) for each in h[0, t])
        page.box(20 + 116 * t, 90, 92, 40, f"h{'₀₁₂₃'[t]} = ({state})", size=12)
        if t < 3:
            page.arrow(112 + 116 * t, 102, 134 + 116 * t, 102)
            page.arrow(134 + 116 * t, 120, 112 + 116 * t, 120, colour=BACKWARD)
            page.words(123 + 116 * t, 84, "U", FORWARD, 12)
            page.words(123 + 116 * t, 140, "Uᵀ", BACKWARD, 12)
            page.box(
                136 + 116 * t,
                188,
                92,
                40,
                f"x{'₁₂₃'[t]} = {short(x[0, t, 0])}\ndx{'₁₂₃'[t]} = {short(dx[t])}",
                MARK,
                size=12,
            )
            page.arrow(172 + 116 * t, 186, 172 + 116 * t, 134, "W", beside=(-12, 0))
            page.arrow(192 + 116 * t, 134, 192 + 116 * t, 186, "Wᵀ", BACKWARD, beside=(14, 0))
    page.box(368, 20, 92, 32, "loss = h₃[0]", "white")
    page.arrow(404, 88, 404, 54)
    page.arrow(424, 54, 424, 88, "(1, 0)", BACKWARD, beside=(26, 4))
    page.words(150, 36, "blue: forward, with f(a) = a\norange: the gradient, step by step", size=12)
    return "recurrence", page


def lstm_cell():
    """One step of an LSTM, gate by gate."""
    b = np.array([0, np.log(3), np.log(3) / 2, np.log(4)])
    found = lstm(np.zeros((1, 1, 1)), np.zeros((1, 4)), np.zeros((1, 4)), b, c0=np.full((1, 1), 2.0))
    (i, f, g, o), (before, c), h = found.gates.ravel(), found.c.ravel(), found.h[0, 1, 0]
    page = Drawing(480, 270, "An LSTM cell")
    page.box(12, 40, 70, 36, f"c₀ = {short(before)}", MARK)
    page.box(150, 40, 40, 36, "×")
    page.box(250, 40, 40, 36, "+")
    page.box(390, 40, 78, 36, f"c₁ = {short(c)}", MARK)
    page.arrow(84, 58, 146, 58)
    page.arrow(192, 58, 246, 58, short(f * before))
    page.arrow(292, 58, 386, 58, "the cell")
    page.box(120, 190, 80, 44, f"forget f\n{short(f)}")
    page.box(206, 190, 60, 44, f"input i\n{short(i)}")
    page.box(272, 190, 76, 44, f"candidate g\n{short(g)}", size=12)
    page.box(354, 190, 70, 44, f"output o\n{short(o)}")
    page.box(250, 116, 40, 36, "×")
    page.arrow(166, 188, 170, 80)
    page.arrow(236, 188, 262, 156)
    page.arrow(306, 188, 278, 156)
    page.arrow(270, 114, 270, 80, short(i * g), beside=(22, 4))
    page.box(380, 116, 44, 36, "×")
    page.arrow(400, 188, 400, 156)
    page.arrow(420, 78, 406, 112, "tanh", beside=(24, 0))
    page.words(448, 134, f"h₁ =\n{short(h)}", FORWARD)
    page.words(270, 255, "all four gates: σ or tanh of x W + h₀ U + b", size=12)
    return "lstm", page


def attention_mean():
    """A query meets keys; their weights make a mean of the values."""
    q = np.ones((1, 1, 4))
    k = np.array([[[1.0, 0, 0, 1], [0, 0, 0, 0]]])
    v = np.array([[[10.0], [20.0]]])
    found = attention(q, k, v)
    scores, weights, y = (q @ k.mT / 2)[0, 0], found.weights[0, 0], found.y.item()
    page = Drawing(480, 250, "Attention: query, keys, weights, mean")
    page.box(12, 96, 84, 46, "query q\n(1, 1, 1, 1)", MARK, size=12)
    for n in range(2):
        top = 30 + 130 * n
        page.box(150, top, 90, 46, f"key k{'₀₁'[n]}\n({', '.join(short(each) for each in k[0, n])})", size=12)
        page.box(300, top, 70, 46, f"weight\n{weights[n]:.3f}", "white", size=12)
        page.box(400, top, 70, 46, f"value v{'₀₁'[n]}\n{short(v[0, n, 0])}", size=12)
        page.arrow(98, 119, 146, top + 23)
        page.arrow(242, top + 23, 296, top + 23, f"s = {short(scores[n])}")
    page.words(335, 119, "softmax", INK, 12)
    page.arrow(335, 106, 335, 80)
    page.arrow(335, 132, 335, 156)
    page.words(240, 232, f"y = {weights[0]:.3f} · 10 + {weights[1]:.3f} · 20 = {y:.2f}", FORWARD)
    return "attention", page


def block():
    """A transformer block: two steps, each with a residual around it."""
    page = Drawing(480, 190, "A transformer block with its residuals")
    for left, width, words in (
        (56, 52, "norm"),
        (124, 76, "attention"),
        (256, 52, "norm"),
        (322, 90, "feed-\nforward"),
    ):
        page.box(left, 74, width, 44, words)
    for left, words in ((12, "x"), (232, "+"), (436, "+")):
        page.words(left + 4, 96, words, size=17)
    for start, end in ((22, 52), (110, 120), (202, 226), (244, 252), (310, 318), (414, 430)):
        page.arrow(start, 96, end, 96)
    page.arrow(36, 92, 234, 82, "residual: x goes around", bend=-28, beside=(0, -10))
    page.arrow(246, 92, 438, 82, "residual", bend=-30, beside=(0, -10))
    page.arrow(438, 108, 248, 108, "dy goes around, too", BACKWARD, bend=-26, beside=(0, 14))
    page.arrow(230, 108, 36, 108, "", BACKWARD, bend=-26)
    return "block", page


def fusions():
    """All fusions as small multiples: what they take, and how one comes of two."""
    said = {
        "attention": "every token attends to all",
        "cross-attention": "each to the other's tokens",
        "bottleneck": "through a few shared tokens",
        "concatenate": "side by side",
        "sum": "x W₁ + x′ W₂",
        "product": "(x W₁) ∘ (x′ W₂)",
        "gated": "each as a gate lets it",
        "film": "one scales and shifts the other",
        "tensor": "all products of entries",
        "low-rank": "the tensor, factored",
        "product-of-experts": "probabilities multiplied",
        "article-product": "products, not normalized first",
        "average": "mean of probabilities",
        "mixture-of-experts": "a gate weighs the experts",
    }
    colours = {"tokens": "#DDEFE3", "vectors": "#EAF3FA", "logits": "#FFE9C7"}
    rows = -(-len(FUSIONS) // 3)
    page = Drawing(480, 40 + 84 * rows, "The fusions")
    for n, (name, kind) in enumerate(FUSIONS.items()):
        left, top = 8 + 157 * (n % 3), 8 + 84 * (n // 3)
        page.box(left, top, 150, 76, f"{name}\n{said.get(name, '')}", colours[kind.takes], size=10)
        page.words(left + 75, top + 66, f"of {kind.takes}", "#555555", 9)
    page.words(240, 24 + 84 * rows, "green: of tokens; blue: of vectors; orange: of logits", size=12)
    return "fusions", page


def classifier():
    """The whole classifier, and the way of a gradient through it."""
    page = Drawing(480, 230, "The classifier: forward, and the way of a gradient back")
    for top, name, reads in ((24, "image", "convolutions"), (130, "text", "recurrence")):
        page.box(8, top, 70, 56, name, MARK)
        page.box(112, top, 100, 56, f"encoder\n({reads})")
        page.arrow(80, top + 20, 108, top + 20)
        page.arrow(108, top + 38, 80, top + 38, colour=BACKWARD)
    page.box(252, 76, 76, 56, "fusion")
    page.box(358, 76, 52, 56, "head")
    page.words(450, 104, "loss")
    page.arrow(214, 46, 256, 74)
    page.arrow(266, 74, 216, 62, colour=BACKWARD)
    page.arrow(214, 162, 256, 134)
    page.arrow(266, 134, 216, 146, colour=BACKWARD)
    for start, end in ((330, 354), (412, 432)):
        page.arrow(start, 96, end, 96)
        page.arrow(end, 114, start, 114, colour=BACKWARD)
    page.words(240, 212, "blue: forward.  orange: backward reads the same lines upwards", size=12)
    return "classifier", page
