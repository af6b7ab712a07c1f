"""Pictures as PNG files: what a canvas sends, and what a visitor takes home."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ae_core.datasets.images import to_pixels
from ae_core.errors import DrawingError
from ae_core.preprocessing.drawing import MOST_SIDE

ENLARGED = 10
"""An image of 28 x 28 pixels would be a stamp in a report."""


def png_of(image: NDArray[np.float32]) -> bytes:
    """(28, 28) in [0, 1], a little more or less is clipped, as a PNG file of `ENLARGED` times its size."""
    return _png(to_pixels(image), ENLARGED)


def data_url(pixels: NDArray[np.uint8], enlarged: int) -> str:
    """Grey levels (h, w) as an address that holds a PNG file of `enlarged` times the size."""
    return f"data:image/png;base64,{base64.b64encode(_png(pixels, enlarged)).decode()}"


def _png(pixels: NDArray[np.uint8], enlarged: int) -> bytes:
    picture = Image.fromarray(np.kron(pixels, np.ones((enlarged, enlarged), np.uint8)))
    content = io.BytesIO()
    picture.save(content, format="PNG")
    return content.getvalue()


def rgba_of(png: bytes) -> NDArray[np.uint8]:
    """(h, w, 4) uint8 of a canvas's PNG. Raises DrawingError for anything else that a browser may send."""
    try:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as picture:
            if max(picture.size) > MOST_SIDE:
                raise ValueError("larger than any canvas of ours")
            return np.asarray(picture.convert("RGBA"))
    # Damaged bytes make Pillow raise almost anything; no list of it is complete.
    except Exception as error:
        raise DrawingError(
            f"A drawing must be a PNG with sides of at most {MOST_SIDE} pixels. Received: {len(png)} other bytes. "
            "Clear the canvas and draw again."
        ) from error
