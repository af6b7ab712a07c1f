"""Images as arrays: their grey levels, evenly spaced ones among many, and the few that stand for all."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

PREVIEW_SIZE = 16


def evenly(count: int, most: int) -> NDArray[np.intp]:
    """Indices of at most `most` of `count` images, evenly spaced over all, rising."""
    return np.linspace(0, count - 1, min(most, count)).round().astype(np.intp)


def as_floats(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Grey levels 0 to 255, of whatever shape, as floats in [0, 1]."""
    return np.divide(pixels, np.float32(255), dtype=np.float32)


def to_pixels(images: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Images in [0, 1] as grey levels 0 to 255; values outside are clipped, NaN becomes black."""
    clean = np.nan_to_num(images, nan=0.0, posinf=1.0, neginf=0.0)
    return np.round(np.clip(clean, 0, 1) * 255).astype(np.uint8)


def preview_indices(labels: NDArray[np.integer[Any]] | None, count: int) -> list[int]:
    """Indices of the sixteen (or fewer) images that stand for all: one of each class in turn.

    Args:
        labels: (count,) labels of the images, or None for data without any.
        count: how many images there are.
    """
    if labels is None:
        return list(range(min(PREVIEW_SIZE, count)))
    by_class = [np.flatnonzero(labels == label)[:PREVIEW_SIZE].tolist() for label in np.unique(labels)]
    chosen: list[int] = []
    for rank in range(PREVIEW_SIZE):
        chosen += [indices[rank] for indices in by_class if rank < len(indices)]
    return chosen[:PREVIEW_SIZE]
