"""How good made images are: whether each looks like a real one, and whether all kinds of real ones are made.

No downloaded network is needed: the features are those of a small classifier of the dataset itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from ae_core.config.layers import PIXELS
from ae_core.datasets.dataset import as_floats
from ae_core.errors import DataError
from ae_core.npz import read_array, readable, write_npz
from ae_core.runs.store import RunStore

Floats = NDArray[np.float32]

NEIGHBOURS = 3
"""As Kynkäänniemi et al. (2019) chose it."""
HIDDEN = (128, 64)
"""Units of the classifier's hidden layers; the second gives the features."""
BATCH = 256
BATCHES = 1400
"""Six times MNIST, or more often fewer images: 98 of 100 test digits are then told right."""
MOST_PASSES = 60


class Features(Protocol):
    """What tells images apart; PCA's `encode` is one, and `Judge.encode` another."""

    def __call__(self, images: Floats) -> Floats:
        """(n, 28, 28) in [0, 1] -> (n, f)."""
        ...


@dataclass(frozen=True)
class Quality:
    """How good a set of made images is.

    Attributes:
        precision: share of the made images that lie among the real ones, 0 to 1.
        recall: share of the real images that lie among the made ones, 0 to 1.
    """

    precision: float
    recall: float

    @property
    def both(self) -> float:
        """Their harmonic mean (F1): near 1 only when both are."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def precision_recall(real: NDArray[Any], made: NDArray[Any], *, neighbours: int = NEIGHBOURS) -> Quality:
    """Improved precision and recall (Kynkäänniemi, Karras, Laine, Lehtinen and Aila, 2019).

    Each set stands for the union of balls around its points, each reaching to the point's k-th nearest other one.
    Precision is the share of made points inside the real set's balls, recall the other way round. Both fall and rise
    with the sizes of the sets: compare only figures of equally many.

    Args:
        real: features (n, f).
        made: features (m, f).

    Raises:
        DataError: features of another shape, or no more than `neighbours` of either.
    """
    for points in (real, made):
        if points.ndim != 2 or points.shape[1:] != real.shape[1:] or len(points) <= neighbours:
            raise DataError(
                f"Precision and recall must have more than {neighbours} images of each kind, with equally many "
                f"features. Received: {real.shape} and {made.shape}. Choose more images."
            )
    centre = real.mean(axis=0, dtype=np.float64)
    real, made = real - centre, made - centre
    # As in `latent.sampling`: the products are small.
    with threadpool_limits(1):
        between = _squared_distances(real, made)
        radii = [_radii(points, neighbours) for points in (real, made)]
    # Points that are the same must count as such, whatever rounding makes of their distance.
    slack = 1e-9 * max(float(np.square(points).sum(axis=1).max()) for points in (real, made))
    inside_real = (between <= radii[0][:, None] + slack).any(axis=0)
    inside_made = (between <= radii[1] + slack).any(axis=1)
    return Quality(float(inside_real.mean()), float(inside_made.mean()))


@dataclass(frozen=True, eq=False)
class Judge:
    """The hidden layers of a small classifier of a dataset, which has seen no made image.

    Attributes:
        layers: kernel (in, out) and bias (out,) of each, float32; all with ReLU.
    """

    layers: Sequence[tuple[Floats, Floats]]

    @classmethod
    def fit(cls, images: NDArray[np.uint8], labels: NDArray[np.integer[Any]], *, batches: int = BATCHES) -> Judge:
        """Train it on `images` (n, 28, 28) and `labels` (n,): three seconds for MNIST.

        Args:
            batches: of 256 images, to learn from. Always the same first weights and order.

        Raises:
            DataError: fewer than two kinds of labels.
        """
        from sklearn.neural_network import MLPClassifier

        classes = np.unique(labels)
        if len(classes) < 2:
            raise DataError("A classifier must have two classes. Received: one. Choose images of several classes.")
        rows = as_floats(images.reshape(len(images), PIXELS))
        batch = min(BATCH, len(rows))
        network = MLPClassifier(HIDDEN, batch_size=batch, learning_rate_init=0.002, random_state=0)
        # Its products are small: several threads would mostly wait for one another.
        with threadpool_limits(1):
            for _ in range(min(MOST_PASSES, ceil(batches * batch / len(rows)))):
                network.partial_fit(rows, labels, classes=classes)
        hidden = zip(network.coefs_[:-1], network.intercepts_[:-1], strict=True)
        return cls([(kernel.astype(np.float32), bias.astype(np.float32)) for kernel, bias in hidden])

    def encode(self, images: Floats) -> Floats:
        """Features (n, 64) of `images` (n, 28, 28) in [0, 1]."""
        values = images.reshape(len(images), PIXELS)
        for kernel, bias in self.layers:
            values = np.maximum(values @ kernel + bias, 0)
        return values

    def save(self, path: Path) -> None:
        """Write it to an `.npz` file. Raises StoreError."""
        arrays: dict[str, Floats] = {}
        for place, (kernel, bias) in enumerate(self.layers):
            arrays |= {f"k{place}": kernel, f"b{place}": bias}
        write_npz(path, arrays)

    @classmethod
    def load(cls, path: Path) -> Judge:
        """The opposite of `save`. Raises DataError when the file is missing or damaged."""
        with readable(path.name, remedy="Delete it; it is then made anew."):
            layers = [(read_array(path, f"k{place}"), read_array(path, f"b{place}")) for place in range(len(HIDDEN))]
            sizes = (PIXELS, *HIDDEN)
            for (kernel, bias), *shape in zip(layers, sizes[:-1], sizes[1:], strict=True):
                if kernel.shape != tuple(shape) or bias.shape != kernel.shape[1:]:
                    raise ValueError("not the hidden layers of a classifier")
                if not all(a.dtype == np.float32 and np.isfinite(a).all() for a in (kernel, bias)):
                    raise ValueError("not finite floats")
        return cls(layers)


def _radii(points: NDArray[Any], neighbours: int) -> NDArray[np.float64]:
    """Squared distance from each point to its k-th nearest other one, (n,)."""
    distances = _squared_distances(points, points)
    np.fill_diagonal(distances, np.inf)
    radii: NDArray[np.float64] = np.partition(distances, neighbours - 1, axis=1)[:, neighbours - 1]
    return radii


def _squared_distances(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.float64]:
    """(n, f) and (m, f) -> (n, m)."""
    squares = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1) - 2 * (a @ b.T)
    distances: NDArray[np.float64] = np.maximum(squares, 0)
    return distances


def judge_path(store: RunStore, dataset: str) -> Path:
    """Where the classifier is kept whose features tell how good made images of a dataset are."""
    return store.root / "judges" / f"{dataset}.npz"
