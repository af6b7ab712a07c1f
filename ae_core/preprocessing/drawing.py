"""From a drawing on a canvas to an image as MNIST's are. The browser does the same: `digit_from_canvas` defines it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ae_core.config.layers import IMAGE_SHAPE
from ae_core.errors import DrawingError

SIDE = IMAGE_SHAPE[0]
BOX = 20
"""Side of the square that a digit of MNIST fills, in pixels of the image."""

CENTRE = 14
"""Row and column of the pixel that holds a digit's centre of mass."""

FAINTEST = 0.1
"""Ink below this does not stretch the bounding box: stray anti-aliasing, the soft edge of a stroke."""

TIE = 1e-6
"""Keeps a centre of mass that lies half-way, as a symmetric digit's does, from being decided by rounding errors."""

MOST_SIDE = 2048

Floats = NDArray[np.float64]


def digit_from_canvas(rgba: NDArray[Any], *, centre: bool = True) -> NDArray[np.float32]:
    """The drawing as an image (28, 28) float32 in [0, 1], made as those of MNIST were (LeCun et al., 1998).

    This is the definition; `ui/components/draw/drawing.js` follows it step by step, in double precision:

    1. Ink of a pixel: (0.299 R + 0.587 G + 0.114 B) x A / 255 / 255. White strokes on black or on nothing give 0 to 1.
    2. Crop to the smallest box, h x w, around all pixels with ink of at least `FAINTEST`. No such pixel: all zeros.
    3. Shrink the crop to H x W by area averaging (`area_weights`), where, with L = max(h, w),
       H = max(1, floor((40 h + L) / (2 L))) and W likewise: the longer side becomes 20, the other keeps its proportion.
    4. Centre of mass of the shrunk crop, in rows (y) and columns (x) that count from 0.
    5. Put its upper left corner at row 14 - floor(y + 0.5 + `TIE`), column 14 - floor(x + 0.5 + `TIE`), moved as little
       as needed to lie inside the image; the rest is zero. So digits are moved by whole pixels and never blurred twice,
       and their centre of mass is within half a pixel of pixel (14, 14), as in MNIST.

    With `centre=False` steps 2 to 5 are left out: the whole canvas is shrunk to 28 x 28 by area averaging.

    Args:
        rgba: (h, w, 4) uint8, each side 1 to `MOST_SIDE`, alpha not multiplied into the colours (as canvases give it).

    Raises:
        DrawingError: another shape or type.
    """
    shaped = rgba.ndim == 3 and rgba.shape[2] == 4 and min(rgba.shape) >= 1 and max(rgba.shape) <= MOST_SIDE
    if not shaped or rgba.dtype != np.uint8:
        raise DrawingError(
            f"A drawing must be (h, w, 4) uint8 with sides of 1 to {MOST_SIDE}. Received: {rgba.shape} {rgba.dtype}."
        )
    red, green, blue, alpha = np.moveaxis(rgba, 2, 0)
    ink = (0.299 * red + 0.587 * green + 0.114 * blue) * alpha / 255 / 255
    if not centre:
        return shrink(ink, SIDE, SIDE).astype(np.float32)
    rows, columns = (np.flatnonzero((ink >= FAINTEST).any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return np.zeros(IMAGE_SHAPE, np.float32)
    crop = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    longer = max(crop.shape)
    height, width = (max(1, (2 * BOX * side + longer) // (2 * longer)) for side in crop.shape)
    digit = shrink(crop, height, width)
    top, left = (_corner(digit.sum(axis=axis)) for axis in (1, 0))
    image = np.zeros(IMAGE_SHAPE, np.float32)
    image[top : top + height, left : left + width] = digit
    return image


def shrink(ink: Floats, height: int, width: int) -> Floats:
    """`ink` (h, w) averaged over areas to (height, width); also enlarges, as squares, a drawing smaller than that."""
    shrunk: Floats = area_weights(ink.shape[0], height) @ ink @ area_weights(ink.shape[1], width).T
    return shrunk


def area_weights(size: int, count: int) -> Floats:
    """(count, size): what each of `count` equal cells along a side takes of each of its `size` pixels.

    Cell i reaches from i x size / count to (i + 1) x size / count. It takes of pixel j the length of [j, j + 1] that it
    covers, divided by its own length; so rows sum to 1.
    """
    edges = np.arange(count + 1) * size / count
    pixels = np.arange(size)
    covered = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    weights: Floats = np.maximum(covered, 0) * count / size
    return weights


def _corner(ink: Floats) -> int:
    """Where a side begins in the image, from its ink by row (or by column)."""
    mass = float((ink * np.arange(ink.size)).sum() / ink.sum())
    begin = CENTRE - int(np.floor(mass + 0.5 + TIE))
    return min(max(begin, 0), SIDE - ink.size)
