"""The numbers behind a figure: kept in its file, so that a picture can be held against a new run of its lesson."""

from pathlib import Path

import numpy as np

from mmdl import strict_json

KEY = "Numbers"  # of the text that the PNG carries


def numbers_of(figure):
    """What is drawn on each axes, a row for every line, image, bar chart and cloud of points

    Returns
    -------
    list of lists, one an axes, of [kind, entries, mean, deviation, smallest, largest]
        Written out with four digits; entries that are not finite are left out.
    """
    return [[_summary(kind, values) for kind, values in _drawn(ax)] for ax in figure.axes]


def as_text(figure):
    """The numbers as one line of JSON."""
    return strict_json.written(numbers_of(figure))


def numbers_in(path):
    """The numbers that the PNG file carries, as `numbers_of` gave them; None if it carries none."""
    from PIL import Image

    with Image.open(Path(path)) as image:
        return strict_json.parsed(image.text[KEY]) if KEY in image.text else None


def _drawn(ax):
    for line in ax.lines:
        yield "line", np.ma.filled(line.get_ydata(), np.nan)
    for image in ax.images:
        yield "image", np.ma.filled(image.get_array().astype(float), np.nan)
    for collection in ax.collections:
        yield "points", np.ma.filled(collection.get_offsets().astype(float), np.nan)
    for container in ax.containers:
        if bars := [patch for patch in container if hasattr(patch, "get_height")]:
            yield "bars", [(patch.get_width(), patch.get_height()) for patch in bars]


def _summary(kind, values):
    values = np.asarray(values, float).ravel()
    finite = values[np.isfinite(values)]
    summary = (finite.mean(), finite.std(), finite.min(), finite.max()) if finite.size else (0, 0, 0, 0)
    return [kind, int(values.size), *(float(f"{value:.4g}") for value in summary)]
