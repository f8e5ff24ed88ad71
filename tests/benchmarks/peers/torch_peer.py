"""PyTorch as its documentation would have one write it: eager, or compiled where MMDL_COMPILE is set."""

import os
from functools import partial

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from tests.benchmarks import works


class CNN(nn.Sequential):
    """The article's first listing, channels first as PyTorch has them."""

    def __init__(self):
        flat = works.FILTERS * ((works.SIDE - 2) // 2) ** 2
        super().__init__(
            nn.Conv2d(1, works.FILTERS, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(flat, works.CLASSES)
        )


class Reader(nn.Module):
    """The article's second listing."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(works.WORDS, works.D)
        self.lstm = nn.LSTM(works.D, works.H, num_layers=2, batch_first=True)
        self.head = nn.Linear(works.H, works.CLASSES)

    def forward(self, ids):
        h, _ = self.lstm(self.embedding(ids))
        return self.head(h[:, -1])


class Both(nn.Module):
    """The article's third listing: the product of two softmaxes is the softmax of the sum."""

    def __init__(self):
        super().__init__()
        self.image, self.text = CNN(), Reader()

    def forward(self, x):
        images, ids = x
        return self.image(images) + self.text(ids)


class Block(nn.Module):
    """A transformer block with the norms before the steps; padding, if any, is masked."""

    def __init__(self, width=works.WIDTH, hidden=works.HIDDEN):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.into, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.widen, self.narrow = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x, mask=None):
        n, t, d = x.shape
        q, k, v = self.into(self.norm1(x)).view(n, t, 3, works.HEADS, d // works.HEADS).permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(q, k, v, mask)
        x = x + self.out(seen.transpose(1, 2).reshape(n, t, d))
        return x + self.narrow(F.relu(self.widen(self.norm2(x))))


class Default(nn.Module):
    """A twin of what `mmdl train` trains: the same layers with the same number of parameters."""

    def __init__(self, words, length, width=64, patches=25):
        super().__init__()
        self.stages = nn.Sequential(
            *(nn.Conv2d(1, 16, 3), nn.MaxPool2d(2), nn.ReLU()),
            *(nn.Conv2d(16, width, 3), nn.MaxPool2d(2), nn.ReLU()),
        )
        self.words = nn.Embedding(words, width, padding_idx=0)
        self.absent = nn.ParameterList([torch.randn(1, width) * 0.02 for _ in range(2)])
        self.projections = nn.ModuleList([nn.Linear(width, width) for _ in range(2)])
        self.positions = nn.ParameterList([torch.randn(count, width) * 0.02 for count in (patches, length)])
        self.modality = nn.Parameter(torch.randn(2, width) * 0.02)
        self.block, self.norm = Block(width, 4 * width), nn.LayerNorm(width)
        self.head = nn.Sequential(nn.Dropout(0.3), nn.Linear(width, works.CLASSES))

    def forward(self, x):
        images, ids, mask = x
        patches = self.stages(images).flatten(2).transpose(1, 2)
        tokens = torch.cat(
            [
                projection(each) + kind + positions[: each.shape[1]]
                for projection, each, kind, positions in zip(
                    self.projections, (patches, self.words(ids)), self.modality, self.positions, strict=True
                )
            ],
            dim=1,
        )
        everywhere = torch.cat([mask.new_ones(patches.shape[:2]), mask], dim=1)
        y = self.norm(self.block(tokens, everywhere[:, None, None]))
        counted = everywhere[..., None].to(y.dtype)
        return self.head((y * counted).sum(1) / counted.sum(1))


def ctc(logits, labels, lengths):
    """−Σ log p of the labels, and its gradient, as arrays."""
    scores = torch.tensor(logits, requires_grad=True)
    frames = torch.full((len(logits),), logits.shape[1])
    log_p = torch.log_softmax(scores, -1).transpose(0, 1)
    loss = F.ctc_loss(log_p, torch.from_numpy(labels), frames, torch.from_numpy(lengths), reduction="sum")
    loss.backward()
    return loss.detach().numpy(), scores.grad.numpy()


def prepared(letter):
    """(model, input, target, loss) of a piece of work."""
    torch.manual_seed(0)
    if letter == "e":
        glyphs, batch = works.glyph_batch()
        words = glyphs.preprocessors["text"]
        model = Default(words.entries, words.length)
        ids, mask = (torch.from_numpy(np.array(each)) for each in batch["text"])
        x = torch.from_numpy(batch["image"].transpose(0, 3, 1, 2).copy()), ids, mask
        return model, x, torch.from_numpy(batch.labels.astype(np.int64)), F.cross_entropy
    given = works.inputs(n=1 if letter == "f" else works.N)
    images = torch.from_numpy(given.images.transpose(0, 3, 1, 2).copy())
    ids, labels = torch.from_numpy(given.ids), torch.from_numpy(given.labels)
    if letter == "a":
        return CNN(), images, labels, F.cross_entropy
    if letter == "b":
        return Reader(), ids, labels, F.cross_entropy
    if letter in "cf":
        return Both(), (images, ids), labels, F.cross_entropy
    return Block(), torch.from_numpy(given.tokens), torch.from_numpy(given.target), F.mse_loss


def work(letter):
    """A function that does the work once."""
    compiles = bool(os.environ.get("MMDL_COMPILE"))
    if letter == "g":
        return None if compiles else partial(ctc, *works.spoken())
    model, x, target, loss = prepared(letter[0])
    if compiles:
        model = torch.compile(model)
    if works.WORKS[letter].what == "predict":
        model.eval()

        def predict():
            with torch.inference_mode():
                return model(x)

        return predict
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)

    def step():
        optimizer.zero_grad()
        loss(model(x), target).backward()
        optimizer.step()

    return step
