"""Small heat maps in a terminal: truth, yours and their difference side by side, for mistakes have shapes."""

import numpy as np

WIDTH, HEIGHT = 20, 20  # pixels of one map, at most; a character holds two, one above the other
LARGEST = 4  # characters across which one entry may stretch
GAP = "   "
NEGATIVE = (18, 25, 32, 75, 117, 153, 195)  # of the 256-colour palette: blue, fading towards zero
ZERO = 255
POSITIVE = (230, 222, 215, 208, 202, 166, 94)  # to orange; both are told apart by the colour-blind, too
NOT_A_NUMBER = 201
RAMP = " .:-=+*#%@"  # where there are no colours: from the smallest number to the largest
IMAGE_AXES = (("R", "C"), ("P", "Q"), ("I", "J"))


def heat_maps(picture, paint):
    """Lines with three maps and their titles; of a stack of images one is shown, else the last two axes."""
    where, truth, given = _slice(picture.comparison, picture.axes)
    gap = given - truth
    scale = np.nanmax(np.abs(truth), initial=0) or 1.0
    maps = [_shades(truth, scale), _shades(given, scale), _shades(gap, np.nanmax(np.abs(gap), initial=0) or 1.0)]
    if not paint.colour:
        low, high = truth.min(), truth.max()
        maps = [_letters(truth, low, high), _letters(given, low, high), np.where(np.abs(gap) <= 1e-9 * scale, ".", "#")]
    stretch = max(1, min(LARGEST, WIDTH // truth.shape[1], HEIGHT // truth.shape[0]))
    drawn = [_drawn(each, stretch, paint) for each in maps]
    width = max(truth.shape[1] * stretch, len("difference"))
    pad = " " * (width - truth.shape[1] * stretch)
    titles = GAP.join(title.ljust(width) for title in ("truth", "yours", "difference"))
    lines = [(pad + GAP).join(row) for row in zip(*drawn, strict=True)]
    return [f"{where} for a larger input", titles.rstrip(), *lines]


def _slice(comparison, axes):
    """What is shown, in words, and two matrices."""
    truth, given = (np.asarray(each, float) for each in (comparison.expected, comparison.given))
    if truth.ndim == 1:
        return comparison.name, truth[None, :WIDTH], given[None, :WIDTH]
    gap = np.nan_to_num(np.abs(given - truth), nan=np.inf)
    worst = list(np.unravel_index(np.argmax(gap), gap.shape))
    shown = next((tuple(map(axes.index, pair)) for pair in IMAGE_AXES if set(pair) <= set(axes)), None)
    shown = shown or (truth.ndim - 2, truth.ndim - 1)
    index = [_window(worst[axis], truth.shape[axis], size) for axis, size in zip(shown, (HEIGHT, WIDTH), strict=True)]
    whole = [int(place) for place in worst]
    for axis, part in zip(shown, index, strict=True):
        whole[axis] = part
    words = ", ".join(_in_words(part, truth.shape[axis]) for axis, part in enumerate(whole))
    name = comparison.name if truth.ndim == 2 and words == ":, :" else f"{comparison.name}[{words}]"
    return name, truth[tuple(whole)], given[tuple(whole)]


def _window(place, length, size):
    """A part of an axis that has room, around a place."""
    start = max(0, min(place - size // 2, length - size))
    return slice(start, min(start + size, length))


def _in_words(part, length):
    if not isinstance(part, slice):
        return str(part)
    return ":" if part.stop - part.start == length else f"{part.start}:{part.stop}"


def _shades(array, scale):
    """Colours of the palette."""
    strength = np.clip(array / scale, -1, 1)
    step = np.ceil(np.abs(strength) * len(POSITIVE) - 1e-9)
    step = np.nan_to_num(step).astype(int)
    palette = np.array([ZERO, *POSITIVE]), np.array([ZERO, *NEGATIVE[::-1]])
    colours = np.where(strength >= 0, palette[0][step], palette[1][step])
    return np.where(np.isfinite(array), colours, NOT_A_NUMBER)


def _letters(array, low, high):
    """Letters of the ramp."""
    place = np.clip((array - low) / ((high - low) or 1.0), 0, 1) * (len(RAMP) - 1)
    letters = np.array(list(RAMP))[np.nan_to_num(place).round().astype(int)]
    return np.where(np.isfinite(array), letters, "?")


def _drawn(values, stretch, paint):
    """The lines of one map."""
    if not paint.colour:
        rows = values if stretch == 1 else np.repeat(values, max(stretch // 2, 1), axis=0)
        return ["".join(np.repeat(row, stretch)) for row in rows]
    pixels = [list(np.repeat(row, stretch)) for row in np.repeat(values, stretch, axis=0)]
    if len(pixels) % 2:
        pixels.append([None] * len(pixels[0]))
    return [
        "".join(paint.pixels(*pair) for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(pixels[::2], pixels[1::2], strict=True)
    ]
