"""Heat over a picture: the picture grey and soft, what is hot in colour.

Shapes: h w height and width of a heat map, H W of a picture in pixels.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

COLOURS = "inferno"
# The colour map goes from black, which dark pictures would swallow, to a pale yellow, which light ones would.
COOLEST, HOTTEST = 0.3, 0.9
# Of a grey picture, instead of black and white, so that colours are seen on either.
DARKEST, LIGHTEST = 40, 190
MOST_OPAQUE = 0.85


def shades(heat: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(h, w) in [0, 1] to (h, w, 4) RGBA: nothing is clear, what is hot is bright and hides most of what is below."""
    import matplotlib  # here, as it takes its time to load

    coloured = matplotlib.colormaps[COLOURS](COOLEST + (HOTTEST - COOLEST) * heat)
    coloured[..., 3] = MOST_OPAQUE * heat**0.7
    return np.asarray((255 * coloured).round(), np.uint8)


def over(picture: NDArray[np.uint8], heat: NDArray[np.float32], longer_side: int) -> Image.Image:
    """A heat map (h, w) in [0, 1] of the whole picture, over (H, W, 3) RGB; `longer_side` in pixels at most."""
    below = Image.fromarray(picture)
    below.thumbnail((longer_side, longer_side), Image.Resampling.LANCZOS)
    grey = below.convert("L").point([round(DARKEST + level * (LIGHTEST - DARKEST) / 255) for level in range(256)])
    smooth = Image.fromarray(heat).resize(grey.size, Image.Resampling.BICUBIC)
    above = Image.fromarray(shades(np.asarray(smooth).clip(0, 1)))
    return Image.alpha_composite(grey.convert("RGBA"), above).convert("RGB")
