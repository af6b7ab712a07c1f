"""How good reconstructions are, in the figures that the literature uses."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ae_core.config.layers import IMAGE_SHAPE
from ae_core.datasets.images import as_floats
from ae_core.errors import DataError

if TYPE_CHECKING:
    from ae_core.codecs.codec import Codec

Images = NDArray[np.float32]
LEAST_LOG = math.log(1e-7)
"""Keras clips probabilities by 1e-7 before it takes their logarithm; so do we, to report the same figure."""
BATCH = 250
"""Images at a time: all that is worked out of so many stays in the processor's cache."""
WINDOW, SIGMA = 11, 1.5
"""Side and standard deviation, in pixels, of the Gaussian window within which SSIM compares two images."""
C1, C2 = 0.01**2, 0.03**2
"""What keeps SSIM's quotients finite where an image is black or flat, for values from 0 to 1."""
NORMAL_95 = 1.96
"""Standard errors to each side of a mean that hold the true mean 95 times of 100."""
LEAST_ERROR = 1e-12
"""A squared error below it counts as this much: without any error PSNR would be infinite."""


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


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % interval.

    Attributes:
        mean: of all values.
        half: half the interval's width, 1.96 standard errors of the mean; NaN for a single value.
    """

    mean: float
    half: float

    @property
    def low(self) -> float:
        """The interval's lower end."""
        return self.mean - self.half

    @property
    def high(self) -> float:
        """The interval's upper end."""
        return self.mean + self.half


def squared_errors(images: Images, reconstructions: Images) -> NDArray[np.float64]:
    """Mean squared error per pixel of each image: (n, 28, 28) twice -> (n,)."""
    difference = reconstructions.reshape(len(images), -1) - images.reshape(len(images), -1)
    return np.asarray(np.mean(np.square(difference, dtype=np.float64), axis=1))


def cross_entropies(images: Images, reconstructions: Images) -> NDArray[np.float64]:
    """Binary cross-entropy per pixel of each image, in nats: (n, 28, 28) twice -> (n,)."""
    target = images.reshape(len(images), -1)
    guess = np.clip(reconstructions.reshape(len(images), -1), 0, 1)
    # Logarithms of single precision take a sixth of the time, and their mean is exact to seven digits. They are what is
    # clipped: next to 1, a probability of single precision has no neighbour as near as 1e-7.
    with np.errstate(divide="ignore"):
        white, black = (np.maximum(log, LEAST_LOG) for log in (np.log(guess), np.log1p(-guess)))
    return np.asarray(-np.mean(black + target * (white - black), axis=1, dtype=np.float64))


def psnrs(errors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Peak signal-to-noise ratio in decibels, for a peak of 1, of mean squared errors of whatever shape."""
    return np.asarray(-10 * np.log10(np.maximum(errors, LEAST_ERROR)))


def ssims(images: Images, reconstructions: Images) -> NDArray[np.float64]:
    """Structural similarity of each image: (n, 28, 28) twice -> (n,), 1 for equal ones.

    Wang, Bovik, Sheikh and Simoncelli (2004), "Image quality assessment: from error visibility to structural
    similarity": their Gaussian window, at each of the 18 x 18 places where it lies wholly within the image, and the
    mean over these places. Reconstructions are taken as they are, not clipped.
    """
    # A sum of variances is all the formula asks for, so that four blurred maps are enough instead of five.
    squares = images * images + reconstructions * reconstructions
    x, y = _blurred(images), _blurred(reconstructions)
    both = x * y
    covariance = _blurred(images * reconstructions) - both
    means = x * x + y * y
    variances = _blurred(squares) - means
    c1, c2 = np.float32(C1), np.float32(C2)
    places = (2 * both + c1) * (2 * covariance + c2) / ((means + c1) * (variances + c2))
    return np.asarray(places.mean(axis=(1, 2), dtype=np.float64))


def _blurred(images: Images) -> Images:
    """Weighted means (n, 18, 18) of `images` (n, 28, 28) within the window, which is a product of rows and columns."""
    # One small product an image. As one large product it would be shared out among threads that wait for each other,
    # which takes several times as long wherever something else runs.
    return np.asarray(_BLUR.T @ images @ _BLUR, np.float32)


def _blur_matrix(side: int) -> Images:
    """(side, side - WINDOW + 1): column i holds the window's weights along one axis, beginning at row i."""
    offsets = np.arange(WINDOW) - WINDOW // 2
    weights = np.exp(-np.square(offsets) / (2 * SIGMA**2))
    matrix = np.zeros((side, side - WINDOW + 1), np.float32)
    for place in range(matrix.shape[1]):
        matrix[place : place + WINDOW, place] = weights / weights.sum()
    return matrix


_BLUR = _blur_matrix(IMAGE_SHAPE[0])


def interval(values: NDArray[Any]) -> Interval:
    """The mean of `values` (n,), n at least 1, and how sure it is: the values count as independent draws."""
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else math.nan
    return Interval(float(np.mean(values)), NORMAL_95 * spread / math.sqrt(len(values)))


def evaluate(codec: Codec, images: Images) -> Evaluation:
    """Encode and decode all `images` (n, 28, 28) in batches, and measure what is lost. Raises DataError for none."""
    return evaluate_each(codec, images)[0]


def evaluate_each(codec: Codec, images: Images | NDArray[np.uint8]) -> tuple[Evaluation, NDArray[np.float64]]:
    """The same, and beside it the mean squared error of each image, (n,). Raises DataError for none."""
    pairs = [(squared_errors(x, y), cross_entropies(x, y)) for x, y in reconstructed(codec, images)]
    errors = np.concatenate([squared for squared, _ in pairs])
    mse = float(np.mean(errors))
    figures = Evaluation(
        images=len(images),
        mse=mse,
        squared_error=mse * images[0].size,
        cross_entropy=float(np.mean(np.concatenate([entropies for _, entropies in pairs]))),
        psnr=float(psnrs(np.asarray(mse))),
    )
    return figures, errors


def percentiles(errors: NDArray[Any]) -> NDArray[np.float32]:
    """The 0th, 1st, ... 100th percentile of `errors` (n,), as (101,) rising: enough to say how strange an error is."""
    found: NDArray[np.float32] = np.percentile(errors, np.arange(101)).astype(np.float32)
    return found


def reconstructed(codec: Codec, images: Images | NDArray[np.uint8]) -> Iterator[tuple[Images, Images]]:
    """Batches of images, each with its reconstructions.

    Args:
        images: (n, 28, 28), as floats in [0, 1], or as bytes, which become floats a batch at a time.

    Raises:
        DataError: there are none.
    """
    if not len(images):
        raise DataError("Figures must be of at least one image. Received: none. Choose images to reconstruct.")
    for start in range(0, len(images), BATCH):
        batch = _floats(images[start : start + BATCH])
        yield batch, codec.decode(codec.encode(batch))


def _floats(images: NDArray[Any]) -> Images:
    return as_floats(images) if images.dtype == np.uint8 else images
