"""Moving pictures: the same figure drawn again and again, as a GIF."""

from io import BytesIO
from pathlib import Path

from mmdl.errors import DataError
from mmdl.files import replacing
from mmdl.plots.style import DPI, styled


@styled
def save_animation(figure, draw, frames, path, frames_per_second=10, pause=1.5, colours=64, limit=500_000):
    """Write draw(0), draw(1), ... as a GIF that repeats; the last picture stays for a while.

    Parameters
    ----------
    figure : matplotlib Figure
    draw : function of the frame's number that changes the figure
    frames : int
    path : str or path
        Ends in ".gif".
    pause : float
        Seconds that the last picture stays.
    colours : int
        The same ones for all frames; fewer make a smaller file.
    limit : int
        Bytes that the file may take.

    Returns
    -------
    Path
    """
    from PIL import Image

    pictures = []
    for frame in range(frames):
        draw(frame)
        buffer = BytesIO()
        figure.savefig(buffer, format="png", dpi=DPI)
        pictures.append(Image.open(buffer).convert("RGB"))
    palette = pictures[-1].quantize(colours)
    indexed = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    durations = [1000 // frames_per_second] * (frames - 1) + [int(1000 * pause)]
    buffer = BytesIO()
    indexed[0].save(buffer, "gif", save_all=True, append_images=indexed[1:], duration=durations, loop=0, optimize=True)
    if len(buffer.getvalue()) > limit:
        raise DataError(f"the animation takes {len(buffer.getvalue()) // 1000} kB, more than {limit // 1000} kB")
    path = Path(path)
    with replacing(path) as unfinished:
        unfinished.write_bytes(buffer.getvalue())
    return path
