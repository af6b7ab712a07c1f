"""Whether an image is new: which training image is nearest to it, and how far that is for an image that is new."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ae_core.config.layers import PIXELS
from ae_core.datasets.images import as_floats, evenly
from ae_core.errors import DataError

Floats = NDArray[np.float32]

CHUNK = 4000
"""Training images that are floats at once: 12 MB."""
USUAL_AMONG = 200
PERCENTILES = (5, 50, 95)


@dataclass(frozen=True, eq=False)
class Nearest:
    """Of each of m images: `indices` (m,) of the nearest training images, and the `distances` (m,) to them."""

    indices: NDArray[np.intp]
    distances: Floats


@dataclass(frozen=True, eq=False)
class Originals:
    """Training images to look others up in. They are asked for at each look, and not kept: 47 MB for MNIST.

    Attributes:
        images: call it for (n, 28, 28) uint8, always the same.
        squares: (n,) float32, squared length of each, in units of a byte.
    """

    images: Callable[[], NDArray[np.uint8]]
    squares: Floats

    @classmethod
    def of(cls, images: Callable[[], NDArray[np.uint8]]) -> Originals:
        """Of what `images` returns. Raises DataError for none."""
        pixels = _flat(images())
        if not len(pixels):
            raise DataError("A nearest image must be among at least one. Received: none. Choose training images.")
        starts = range(0, len(pixels), CHUNK)
        squares = [np.square(pixels[start : start + CHUNK], dtype=np.float32).sum(axis=1) for start in starts]
        return cls(images, np.concatenate(squares))

    def nearest(self, images: NDArray[Any]) -> Nearest:
        """The nearest of all, exactly, by the Euclidean distance over 784 pixels in [0, 1].

        Args:
            images: (m, 28, 28) floats in [0, 1].
        """
        pixels = _flat(self.images())
        wanted = np.ascontiguousarray(_flat(images), np.float32) * np.float32(255)
        best, indices = np.full(len(wanted), np.inf), np.zeros(len(wanted), np.intp)
        for start in range(0, len(pixels), CHUNK):
            rows = pixels[start : start + CHUNK].astype(np.float32)
            # But for the squared length of the wanted image, which is the same for all.
            away = self.squares[start : start + CHUNK, None] - 2 * (rows @ wanted.T)
            found = away.argmin(axis=0)
            closest = away[found, np.arange(len(wanted))]
            nearer = closest < best
            best[nearer], indices[nearer] = closest[nearer], found[nearer] + start
        # Measured again: differences of large squares are noise where images are nearly the same.
        distances = np.linalg.norm(pixels[indices] - wanted, axis=1) / 255
        return Nearest(indices, distances.astype(np.float32))


def _flat(images: NDArray[Any]) -> NDArray[Any]:
    return images.reshape(len(images), PIXELS)


def usual_distances(originals: Originals, held_out: NDArray[np.uint8]) -> tuple[float, float, float]:
    """The 5th, 50th and 95th percentile of how far a held-out image is from the nearest training image.

    Args:
        held_out: (n, 28, 28), of which `USUAL_AMONG`, evenly spaced, are looked up.
    """
    images = as_floats(held_out[evenly(len(held_out), USUAL_AMONG)])
    low, median, high = np.percentile(originals.nearest(images).distances, PERCENTILES)
    return float(low), float(median), float(high)
