"""Features of images by a small convolutional network that was never trained.

Its filters see edges, strokes and how they meet, of whatever images, with labels or without. A network that was trained
to name digits does not do: it has learned to overlook what a digit is not, and finds blots as good as digits.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

Floats = NDArray[np.float32]

LAYERS = ((5, 16), (3, 32))
"""Of each layer the side of its filters and how many there are."""
SEED = 1
CHUNK = 250
"""Images at a time: what the first layer looks at are 20 MB then."""


def random_features(images: NDArray[Any]) -> Floats:
    """Features (n, 1568) of `images` (n, 28, 28) in [0, 1]; the same in every process.

    Two layers of random filters, each with ReLU and the largest of every 2 x 2 values. Naeem et al. (2020), "Reliable
    fidelity and diversity metrics for generative models", found features of random networks the better ones for images
    that are unlike photographs, MNIST among them.
    """
    made = []
    # Products so small are slower by several threads, and on a busy computer many times so.
    with threadpool_limits(1):
        for start in range(0, len(images), CHUNK):
            values = images[start : start + CHUNK, :, :, None].astype(np.float32)
            for kernel in _kernels():
                values = _halved(_filtered(values, kernel))
            made.append(values.reshape(len(values), -1))
    return np.concatenate(made)


@lru_cache(maxsize=1)
def _kernels() -> tuple[Floats, ...]:
    """Of each layer its filters (channels, side, side, filters), each of length 1."""
    random, kernels, channels = np.random.default_rng(SEED), [], 1
    for side, filters in LAYERS:
        kernel = random.normal(size=(channels, side, side, filters))
        if channels == 1:
            # Blind to grey that is even: what counts is where it changes.
            kernel -= kernel.mean(axis=(1, 2), keepdims=True)
        kernel /= np.sqrt(np.square(kernel).sum(axis=(0, 1, 2)))
        kernels.append(kernel.astype(np.float32))
        channels = filters
    return tuple(kernels)


def _filtered(values: Floats, kernel: Floats) -> Floats:
    """(n, h, w, channels) -> (n, h, w, filters), zero or positive; beyond the edge all is 0."""
    channels, side, _, filters = kernel.shape
    margin = side // 2
    padded = np.pad(values, ((0, 0), (margin, margin), (margin, margin), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side), axis=(1, 2))
    rows = windows.reshape(-1, channels * side * side) @ kernel.reshape(-1, filters)
    positive: Floats = np.maximum(rows, 0)
    return positive.reshape(*values.shape[:3], filters)


def _halved(values: Floats) -> Floats:
    """The largest of every 2 x 2 values: (n, h, w, c) -> (n, h / 2, w / 2, c)."""
    count, height, width, channels = values.shape
    largest: Floats = values.reshape(count, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))
    return largest
