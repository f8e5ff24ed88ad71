"""A photograph that is always there, for lessons that want a real picture: matplotlib brings it along."""

import numpy as np
from matplotlib.cbook import get_sample_data
from PIL import Image


def photograph(size):
    """Grace Hopper's face, grey (size, size), from 0, black, to 1; `size` divides 400."""
    with get_sample_data("grace_hopper.jpg") as file:
        face = Image.open(file).convert("L").crop((56, 20, 456, 420))
    return np.asarray(face.reduce(400 // size), float) / 255
