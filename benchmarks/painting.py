"""Whether a digit on the canvas is the same to a network as the digit of the test set that it was painted from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ae_core.codecs.codec import open_codec
from ae_core.datasets.catalogue import load_dataset
from ae_core.evaluation.metrics import evaluate
from ae_core.preprocessing.drawing import digit_from_canvas
from ae_core.runs.run import Run
from benchmarks.rows import Bar, Row, say

RECOGNISED = Bar(1.3, "most")
DIGITS = 500
CANVAS_SIDE = 308
"""As on the Draw page."""
SIDES = (80, 300)
"""How small and how large an image is painted, margins included."""
SEED = 7


def measure_recognisable(run: Run) -> list[Row]:
    """The run's mean squared error on painted digits, against that on the images they were painted from.

    Each is the error between what the network is given and what it gives back. Of a digit that is small or large or at
    the side of its canvas, the network must be given much the same as the test set has, or its error grows.

    But a picture with less ink has a smaller error just because of that: digits that were not centred and scaled at all
    would pass the first row. So in the second row each error is by how much the network was given, the mean of squared
    pixels.
    """
    say(f"  {DIGITS} test digits, each painted on a canvas")
    rng = np.random.default_rng(SEED)
    data = load_dataset("mnist")
    chosen = rng.choice(len(data.test_pixels), DIGITS, replace=False)
    drawn = np.stack([digit_from_canvas(paint_somewhere(pixels, rng)) for pixels in data.test_pixels[chosen]])
    codec = open_codec(run)
    given = (drawn, data.test_images[chosen])
    value, against = (evaluate(codec, images).mse for images in given)
    share, against_share = (mse / ink(images) for mse, images in zip((value, against), given, strict=True))
    what = f"error on {DIGITS} test digits painted on a canvas, against the same digits themselves"
    return [
        Row("drawing", what, value, "mse", against, RECOGNISED),
        Row("drawing", "the same as a share of the ink in each", share, "share", against_share, RECOGNISED),
    ]


def ink(images: NDArray[np.float32]) -> float:
    """The mean of the squared pixels of images (n, 28, 28): the error of a network that gives back nothing."""
    return float(np.mean(np.square(images, dtype=np.float64)))


def paint_somewhere(pixels: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """`paint` at a random size within `SIDES`, wherever it fits."""
    side = int(rng.integers(SIDES[0], SIDES[1], endpoint=True))
    top, left = (int(place) for place in rng.integers(0, CANVAS_SIDE - side, size=2, endpoint=True))
    return paint(pixels, side=side, top=top, left=left)


def paint(pixels: NDArray[np.uint8], *, side: int, top: int, left: int) -> NDArray[np.uint8]:
    """A black canvas (308, 308, 4) uint8 with the image (28, 28) on it, smoothly enlarged to side x side."""
    enlarged = Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC)
    canvas: NDArray[Any] = np.zeros((CANVAS_SIDE, CANVAS_SIDE, 4), np.uint8)
    canvas[:, :, 3] = 255
    canvas[top : top + side, left : left + side, :3] = np.asarray(enlarged)[:, :, None]
    return canvas
