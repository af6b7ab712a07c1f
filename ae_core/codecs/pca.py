"""Principal component analysis (PCA): the best linear encoder and decoder, which every autoencoder is held against.

An autoencoder whose layers are all linear can at best span the same space (Baldi and Hornik, 1989).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ae_core.codecs.browser_layers import Dense, pack_dense
from ae_core.config.config import Config
from ae_core.config.layers import IMAGE_SHAPE, PIXELS
from ae_core.datasets.catalogue import dataset_for
from ae_core.errors import DataError
from ae_core.npz import read_array, readable, write_npz
from ae_core.runs.store import RunStore

MOST_COMPONENTS = 256
CHUNK_IMAGES = 2048
MIDDLE_GREY = 128
EXACT_IMAGES = 1024
"""Of bytes less `MIDDLE_GREY`, the products of so many images add up to whole numbers that float32 holds exactly."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class PcaBasis:
    """Mean and principal components of a set of images (Pearson, 1901; Hotelling, 1933).

    Attributes:
        mean: (784,) float32.
        components: (256, 784) float32, the direction of most variance first. Rows are orthonormal, with the entry of
            largest size positive; beyond the rank of the data they are zero.
    """

    mean: Floats
    components: Floats

    @classmethod
    def fit(cls, images: NDArray[Any]) -> PcaBasis:
        """The basis of `images`, (n, 28, 28) uint8, or floats in [0, 1].

        Works through the images in pieces; they are never converted as a whole.

        Raises:
            DataError: not images, none at all, or values that are not finite.
        """
        if not len(_checked(images)):
            raise DataError("PCA must have at least one image. Received: none. Choose images to fit it to.")
        mean, covariance = _moments_of_bytes(images) if images.dtype == np.uint8 else _moments(images)
        if not np.isfinite(covariance).all():
            raise DataError("Images must hold finite numbers. Received: NaN or infinity. Mend the images first.")
        # A pixel that never changes, as those in MNIST's corners, is part of no direction: without these 67 of 784 the
        # decomposition takes a quarter less.
        changing = np.flatnonzero(covariance.diagonal())
        variances, directions = np.linalg.eigh(covariance[np.ix_(changing, changing)])
        kept = min(MOST_COMPONENTS, len(changing))
        components = np.zeros((MOST_COMPONENTS, PIXELS))
        components[:kept, changing] = directions.T[::-1][:kept]
        # An eigenvector's sign is the solver's whim: without this, another machine would mirror the latent space.
        largest = np.abs(components).argmax(axis=1)
        components *= np.sign(components[np.arange(len(components)), largest])[:, None]
        # Directions without variance are as arbitrary, and rounding alone decides which come first.
        components[:kept][variances[::-1][:kept] <= 1e-9 * variances[-1:]] = 0
        return cls(mean.astype(np.float32), components.astype(np.float32))

    def held_out_mse(self, images: NDArray[Any]) -> NDArray[np.float64]:
        """Mean squared error per pixel of reconstructions that keep 0, 1, ... all components, (k + 1,).

        Components are orthonormal, so that each takes its squared code off the error and one pass gives all.

        Args:
            images: (n, 28, 28) uint8, or floats in [0, 1].

        Raises:
            DataError: not images, or none at all.
        """
        if not len(_checked(images)):
            raise DataError("An error must be of at least one image. Received: none. Choose images to reconstruct.")
        total, explained = 0.0, np.zeros(len(self.components))
        for rows in _rows(images):
            rows -= self.mean
            total += float(np.square(rows).sum())
            explained += np.square(rows @ self.components.T).sum(axis=0)
        left = total - np.concatenate([[0.0], np.cumsum(explained)])
        errors: NDArray[np.float64] = np.maximum(left, 0) / (len(images) * PIXELS)
        return errors

    def codec(self, latent_dim: int) -> PcaCodec:
        """The codec that keeps the first `latent_dim` components. Raises DataError unless it is 1 to 256."""
        if not 1 <= latent_dim <= len(self.components):
            raise DataError(f"latent_dim must be 1 to {len(self.components)}. Received: {latent_dim}.")
        return PcaCodec(self.mean, self.components[:latent_dim])

    def save(self, path: Path | str) -> None:
        """Writes `mean` and `components` to an `.npz` file, which others see whole or not at all. Raises StoreError."""
        write_npz(Path(path), {"mean": self.mean, "components": self.components})

    @classmethod
    def load(cls, path: Path | str) -> PcaBasis:
        """The opposite of `save`. Raises DataError when the file is missing or damaged."""
        path = Path(path)
        with readable(path.name, remedy="Delete it; it is then made anew."):
            mean, components = read_array(path, "mean"), read_array(path, "components")
            fits = mean.shape == (PIXELS,) and components.ndim == 2 and components.shape[1] == PIXELS
            if not fits or not all(a.dtype == np.float32 and np.isfinite(a).all() for a in (mean, components)):
                raise ValueError("not a mean and components")
        return cls(mean, components)


@dataclass(frozen=True, eq=False)
class PcaCodec:
    """PCA as a codec: `encode` projects onto the components, `decode` adds them up again.

    Attributes:
        mean: (784,) float32.
        components: (latent_dim, 784) float32.
    """

    mean: Floats
    components: Floats

    @classmethod
    def fit(cls, images: NDArray[Any], latent_dim: int = 32) -> PcaCodec:
        """Fits PCA to `images`, (n, 28, 28) uint8 or floats in [0, 1]. For several dimensions, fit a `PcaBasis` once.

        Raises:
            DataError: not images, or `latent_dim` is not 1 to 256.
        """
        return PcaBasis.fit(images).codec(latent_dim)

    @property
    def latent_dim(self) -> int:
        """Numbers in a code."""
        return len(self.components)

    def encode(self, images: Floats) -> Floats:
        """Codes (n, latent_dim) of `images` (n, 28, 28) in [0, 1]. Raises DataError for another shape or for bytes."""
        if _checked(images).dtype.kind != "f":
            raise DataError(f"Images must be floats from 0 to 1. Received: {images.dtype}. Divide them by 255.")
        rows: Floats = images.reshape(-1, PIXELS).astype(np.float32, copy=False)
        codes: Floats = np.subtract(rows, self.mean) @ self.components.T
        return codes

    def decode(self, codes: Floats) -> Floats:
        """Images (n, 28, 28) of `codes` (n, latent_dim); not clipped, so a little below 0 or above 1 is possible.

        Raises:
            DataError: codes of another shape.
        """
        if codes.ndim != 2 or codes.shape[1] != self.latent_dim:
            raise DataError(f"Codes must have the shape (n, {self.latent_dim}). Received: {codes.shape}.")
        images: Floats = codes.astype(np.float32, copy=False) @ self.components
        images += self.mean
        return images.reshape(-1, *IMAGE_SHAPE)

    def browser_network(self) -> tuple[dict[str, Any], bytes]:
        """PCA as two linear layers, in the form that `export.browser_network` gives a trained network."""
        shift = -self.mean.astype(np.float64) @ self.components.T
        spec, weights = pack_dense(
            encoder=[Dense(self.components.T, shift, "linear")],
            decoder=[Dense(self.components, self.mean, "linear")],
        )
        spec["decoder"].append({"kind": "reshape", "shape": list(IMAGE_SHAPE), "activation": "linear", "strides": 1})
        return spec, weights


def _checked(images: NDArray[Any]) -> NDArray[Any]:
    numbers = images.dtype == np.uint8 or images.dtype.kind == "f"
    if images.shape[1:] != IMAGE_SHAPE or not numbers:
        raise DataError(
            "Images must have the shape (n, 28, 28) and be uint8, or floats from 0 to 1. "
            f"Received: {images.shape} {images.dtype}."
        )
    return images


def _moments(images: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean (784,) and covariance (784, 784) of floats, in double precision."""
    mean = sum(rows.sum(axis=0) for rows in _rows(images)) / len(images)
    covariance = np.zeros((PIXELS, PIXELS))
    for rows in _rows(images):
        rows -= mean
        covariance += rows.T @ rows
    return mean, covariance / len(images)


def _moments_of_bytes(images: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The same of grey levels, scaled to [0, 1]: exact sums in one pass, at the speed of single precision."""
    total, products = np.zeros(PIXELS), np.zeros((PIXELS, PIXELS))
    for start in range(0, len(images), EXACT_IMAGES):
        grey = images[start : start + EXACT_IMAGES].reshape(-1, PIXELS)
        rows = np.subtract(grey, np.float32(MIDDLE_GREY), dtype=np.float32)
        total += rows.sum(axis=0)
        products += rows.T @ rows
    shifted = total / len(images)
    covariance = products / len(images) - np.outer(shifted, shifted)
    return (shifted + MIDDLE_GREY) / 255, covariance / 255**2


def _rows(images: NDArray[Any]) -> Iterator[NDArray[np.float64]]:
    """The images in pieces, (up to `CHUNK_IMAGES`, 784) in [0, 1]."""
    for start in range(0, len(images), CHUNK_IMAGES):
        rows = images[start : start + CHUNK_IMAGES].reshape(-1, PIXELS).astype(np.float64)
        yield rows / 255 if images.dtype == np.uint8 else rows


def baseline_path(store: RunStore, config: Config) -> Path:
    """Where the PCA of the data that `config` learns from is kept."""
    data = Config(dataset=config.dataset, classes=config.classes, train_size=config.train_size)
    return store.root / "pca" / f"{data.key}.npz"


def make_baseline(config: Config, store: RunStore) -> None:
    """Fit the PCA that `config` is compared with and keep it at `baseline_path`, in this process."""
    data = dataset_for(config, folder=store.root / "datasets")
    PcaBasis.fit(data.train_pixels).save(baseline_path(store, config))


def basis_of(config: Config, store: RunStore) -> PcaBasis:
    """The PCA of the images that `config` learns from, fitted in this process if it is not there yet."""
    path = baseline_path(store, config)
    if not path.exists():
        make_baseline(config, store)
    return PcaBasis.load(path)
