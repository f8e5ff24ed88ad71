"""A photograph that is always there, for lessons that want a real picture: matplotlib brings it along."""

import numpy as np
from matplotlib.cbook import get_sample_data
from PIL import Image


def photograph(size=None):
    """Grace Hopper in grey, from 0, black, to 1: (600, 512), or her face alone, (size, size); `size` divides 400."""
    with get_sample_data("grace_hopper.jpg") as file:
        image = Image.open(file).convert("L")
    if size:
        image = image.crop((56, 20, 456, 420)).reduce(400 // size)
    return np.asarray(image, float) / 255
