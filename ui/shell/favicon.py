"""The tab's icon, drawn here: Streamlit would fetch a Material icon from the internet."""

from __future__ import annotations

from functools import cache

import numpy as np
from PIL import Image

SIZE = 64
BLUE, ORANGE = (0, 114, 178), (213, 94, 0)


@cache
def favicon() -> Image.Image:
    """An encoder that tapers into a bottleneck and a decoder that widens again, 64 x 64."""
    rows, columns = np.mgrid[0:SIZE, 0:SIZE]
    centre = (SIZE - 1) / 2
    half_height = 5 + 24 * np.abs(columns - centre) / centre
    inside = np.abs(rows - centre) <= half_height
    picture = np.zeros((SIZE, SIZE, 4), np.uint8)
    picture[..., :3] = np.where((columns < SIZE / 2)[..., None], BLUE, ORANGE)
    picture[..., 3] = np.where(inside, 255, 0)
    return Image.fromarray(picture)
