"""How good made images are: whether they lie where real ones crowd, and whether all kinds of real ones are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from ae_core.errors import DataError

Floats = NDArray[np.float32]

NEIGHBOURS = 5
"""As both papers chose it."""
ROUNDING = 1e-6
"""Share of their squared lengths by which rounding may move the squared distance of two images."""


@dataclass(frozen=True)
class Quality:
    """How good a set of made images is.

    Attributes:
        density: how much the places where made images lie are crowded with real ones, 0 to 1; 1 is as for real images.
        coverage: share of the real images that have a made one near them, 0 to 1.
    """

    density: float
    coverage: float


@dataclass(frozen=True, eq=False)
class RealImages:
    """Real images, to hold made ones against. Each has a ball around it, which reaches to its k-th nearest other one.

    Figures fall with the number of real images, and coverage rises with that of made ones: compare only those of
    equally many.

    Attributes:
        features: (n, f), about their mean.
        mean: (f,).
        radii: (n,), squared, of the balls.
        crowding: `_crowding` of real images among each other.
    """

    features: Floats
    mean: Floats
    radii: Floats
    crowding: float

    @classmethod
    def of(cls, features: NDArray[Any]) -> RealImages:
        """Those with these features (n, f). Raises DataError for no more than `NEIGHBOURS`."""
        if features.ndim != 2 or len(features) <= NEIGHBOURS:
            raise DataError(
                f"Samples must be held against more than {NEIGHBOURS} test images. Received: features of shape "
                f"{features.shape}. Choose a run of more images."
            )
        mean = features.mean(axis=0, dtype=np.float64).astype(np.float32)
        centred = features.astype(np.float32) - mean
        distances = _squared_distances(centred, centred)
        np.fill_diagonal(distances, np.inf)
        radii = np.partition(distances, NEIGHBOURS - 1, axis=1)[:, NEIGHBOURS - 1]
        return cls(centred, mean, radii, _crowding(distances, radii))

    def quality(self, made: NDArray[Any]) -> Quality:
        """How good images with the features `made` (m, f) are.

        Density is the clipped density of Salvy, Talbot and Thirion (2026), "Enhanced generative model evaluation with
        clipped density and coverage": no image counts as more than crowded, and no ball is larger than usual, as odd
        real images have balls so large that nearly anything lies in them. Coverage is that of Naeem et al. (2020): the
        share of balls with a made image in them.

        Raises:
            DataError: other features than those of the real images, or no images.
        """
        if made.ndim != 2 or made.shape[1:] != self.mean.shape or not len(made):
            raise DataError(
                f"Samples must have features of shape (m, {len(self.mean)}). Received: {made.shape}. Choose others."
            )
        centred = made.astype(np.float32) - self.mean
        distances = _squared_distances(self.features, centred)
        density = min(1.0, _crowding(distances, self.radii) / self.crowding)
        return Quality(density, float((distances <= self.radii[:, None]).any(axis=1).mean()))


def _crowding(distances: Floats, radii: Floats) -> float:
    """In how many of the balls images lie: of `NEIGHBOURS` or more as 1, of none as 0, and the mean of that.

    Args:
        distances: (n, m), squared, from the centres of the balls to the images.
        radii: (n,), squared; larger ones than the median count as that.
    """
    usual = np.minimum(radii, np.median(radii))
    balls = np.count_nonzero(distances <= usual[:, None], axis=0)
    return float(np.minimum(balls / NEIGHBOURS, 1).mean())


def _squared_distances(a: Floats, b: Floats) -> Floats:
    """(n, f) and (m, f) -> (n, m)."""
    # One thread, as in `random_features`.
    with threadpool_limits(1):
        products = a @ b.T
    lengths = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1)
    distances: Floats = lengths - 2 * products
    # Images that are the same must count as such.
    distances[distances < ROUNDING * lengths] = 0
    return distances
