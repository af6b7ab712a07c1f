"""How good reconstructions are, in the figures that the literature uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ae_core.errors import DataError

if TYPE_CHECKING:
    from ae_core.codec import Codec

Images = NDArray[np.float32]
EPSILON = 1e-7
"""Keras clips probabilities by this much before it takes their logarithm; so do we, to report the same figure."""
BATCH = 1000


@dataclass(frozen=True)
class Evaluation:
    """Figures over all held-out images.

    Attributes:
        images: how many.
        mse: mean squared error per pixel.
        squared_error: the same summed over the 784 pixels of an image (Hinton & Salakhutdinov 2006 report this).
        cross_entropy: binary cross-entropy per pixel in nats, reconstructions clipped to [0, 1].
        psnr: peak signal-to-noise ratio of the mean squared error, in decibels, for a peak of 1.
    """

    images: int
    mse: float
    squared_error: float
    cross_entropy: float
    psnr: float

    def to_json(self) -> dict[str, float]:
        """The figures by name."""
        return asdict(self)


def squared_errors(images: Images, reconstructions: Images) -> NDArray[np.float64]:
    """Mean squared error per pixel of each image: (n, 28, 28) twice -> (n,)."""
    difference = reconstructions.reshape(len(images), -1) - images.reshape(len(images), -1)
    return np.asarray(np.mean(np.square(difference, dtype=np.float64), axis=1))


def cross_entropies(images: Images, reconstructions: Images) -> NDArray[np.float64]:
    """Binary cross-entropy per pixel of each image, in nats: (n, 28, 28) twice -> (n,)."""
    target = images.reshape(len(images), -1).astype(np.float64)
    guess = np.clip(reconstructions.reshape(len(images), -1).astype(np.float64), EPSILON, 1 - EPSILON)
    return np.asarray(-np.mean(target * np.log(guess) + (1 - target) * np.log1p(-guess), axis=1))


def evaluate(codec: Codec, images: Images) -> Evaluation:
    """Encode and decode all `images` (n, 28, 28) in batches, and measure what is lost. Raises DataError for none."""
    return evaluate_each(codec, images)[0]


def evaluate_each(codec: Codec, images: Images) -> tuple[Evaluation, NDArray[np.float64]]:
    """The same, and beside it the mean squared error of each image, (n,). Raises DataError for none."""
    if not len(images):
        raise DataError("Figures must be of at least one image. Received: none. Choose images to reconstruct.")
    pairs = [(squared_errors(x, y), cross_entropies(x, y)) for x, y in _reconstructed(codec, images)]
    errors = np.concatenate([squared for squared, _ in pairs])
    mse = float(np.mean(errors))
    figures = Evaluation(
        images=len(images),
        mse=mse,
        squared_error=mse * images[0].size,
        cross_entropy=float(np.mean(np.concatenate([entropies for _, entropies in pairs]))),
        psnr=float(-10 * np.log10(max(mse, 1e-12))),
    )
    return figures, errors


def percentiles(errors: NDArray[Any]) -> NDArray[np.float32]:
    """The 0th, 1st, ... 100th percentile of `errors` (n,), as (101,) rising: enough to say how strange an error is."""
    found: NDArray[np.float32] = np.percentile(errors, np.arange(101)).astype(np.float32)
    return found


def _reconstructed(codec: Codec, images: Images) -> Iterator[tuple[Images, Images]]:
    for start in range(0, len(images), BATCH):
        batch = images[start : start + BATCH]
        yield batch, codec.decode(codec.encode(batch))
