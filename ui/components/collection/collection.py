"""Brings images, their codes and what is known of them to the visitor's tab, where they stay: a few megabytes, once."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ae_core.config.hyperparameters import MOST_CLASSES
from ae_core.config.layers import IMAGE_SHAPE
from ui.components.payload import Images, fingerprint, image_bytes, pack
from ui.components.scripts import register

Floats = NDArray[np.float32]

ATLAS_SIDE = 100
"""Images along each side of an atlas: 2,800 pixels, which every browser can hold as one picture."""
FULL_PRECISION = 32
"""Codes of more numbers than this are sent as half floats: 16 bits are more than a picture of them can show."""
SAMPLE = 300
"""Codes, evenly spaced over all, whose nearest others tell what a usual distance is."""

_COLLECTION = register("collection")


@dataclass(frozen=True, eq=False)
class Collection:
    """Images and their codes on their way to the browser.

    Attributes:
        name: by which other components ask for it.
        count: number of images.
        latent_dim: numbers in each code.
        codes: (count, latent_dim) float32, as they were given.
        block: what is sent, once for as long as the page shows it.
    """

    name: str
    count: int
    latent_dim: int
    codes: Floats = field(repr=False)
    block: bytes = field(repr=False)

    @classmethod
    def of(
        cls,
        images: Images,
        codes: Floats,
        labels: NDArray[np.integer] | None,
        class_names: Sequence[str],
        errors: Floats,
    ) -> Collection:
        """Pack them, which takes half a second for 10,000 images.

        Args:
            images: (n, 28, 28) uint8.
            codes: (n, latent_dim) float32.
            labels: (n,), each a place in `class_names`; None where there are none.
            errors: (n,) float32, the error of each image's reconstruction.

        Raises:
            ValueError: no images, an array of another shape, or a label without a name.
        """
        pixels = image_bytes(images, name="images")
        count, latent_dim = _check(len(images), codes, labels, class_names, errors)
        blobs = {f"atlas{index}": png for index, png in enumerate(_atlases(images))}
        blobs["codes"] = _code_bytes(codes)
        blobs["errors"] = errors.astype("<f4").tobytes()
        if labels is not None:
            blobs["labels"] = labels.astype(np.uint8).tobytes()
        values = {
            "count": count,
            "latentDim": latent_dim,
            "half": latent_dim > FULL_PRECISION,
            "classNames": list(class_names) if labels is not None else [],
            "usual": usual_distance(codes),
        }
        name = fingerprint(
            pixels, repr(values).encode(), *(blob for key, blob in blobs.items() if not key.startswith("atlas"))
        )
        return cls(name, count, latent_dim, codes, pack({"name": name, **values}, blobs))


def carry_collection(collection: Collection) -> None:
    """Send images and codes to the browser. It shows nothing; other components name the collection.

    Call it outside of fragments that poll: there is no need to look at megabytes twice a second.
    """
    _COLLECTION(key=f"collection_{collection.name}", data=collection.block)


def usual_distance(codes: Floats) -> float:
    """The median distance from a code (n, latent_dim) to the one nearest to it; 0 where there is no other."""
    if len(codes) < 2:
        return 0.0
    points = codes.astype(np.float64)
    sample = np.linspace(0, len(codes) - 1, min(SAMPLE, len(codes))).astype(np.intp)
    squares = (points**2).sum(axis=1)
    distances = squares[sample][:, None] + squares - 2 * points[sample] @ points.T
    distances[np.arange(len(sample)), sample] = np.inf
    nearest = distances.argmin(axis=1)
    # Differences of large squares are noise when codes are nearly the same: measured again from the codes themselves.
    return float(np.median(np.linalg.norm(points[sample] - points[nearest], axis=1)))


def _check(count: int, codes: Any, labels: Any, class_names: Sequence[str], errors: Any) -> tuple[int, int]:
    if count == 0:
        raise ValueError("images must hold at least one image. Received: none.")
    if codes.ndim != 2 or len(codes) != count or codes.shape[1] == 0:
        raise ValueError(f"codes must be of shape ({count}, latent_dim). Received: {codes.shape}.")
    if not np.isfinite(codes).all():
        raise ValueError("codes must be finite. Received: some that are not.")
    if errors.shape != (count,):
        raise ValueError(f"errors must be of shape ({count},). Received: {errors.shape}.")
    if labels is None:
        return count, codes.shape[1]
    if labels.shape != (count,):
        raise ValueError(f"labels must be of shape ({count},). Received: {labels.shape}.")
    if len(class_names) > MOST_CLASSES:
        raise ValueError(f"class_names must be at most {MOST_CLASSES}. Received: {len(class_names)}.")
    if labels.min() < 0 or labels.max() >= len(class_names):
        raise ValueError(
            f"labels must be places in the {len(class_names)} class_names. Received: {labels.min()} to {labels.max()}."
        )
    return count, codes.shape[1]


def _code_bytes(codes: Floats) -> bytes:
    if codes.shape[1] <= FULL_PRECISION:
        return codes.astype("<f4").tobytes()
    limit = float(np.finfo(np.float16).max)
    return np.clip(codes, -limit, limit).astype("<f2").tobytes()


def _atlases(images: Images) -> list[bytes]:
    """Greyscale PNG files of 100 x 100 images each, row by row; the last has as many rows as it needs."""
    height, width = IMAGE_SHAPE
    files = []
    for start in range(0, len(images), ATLAS_SIDE**2):
        part = images[start : start + ATLAS_SIDE**2]
        rows = -(-len(part) // ATLAS_SIDE)
        tiles = np.zeros((rows * ATLAS_SIDE, height, width), np.uint8)
        tiles[: len(part)] = part
        picture = tiles.reshape(rows, ATLAS_SIDE, height, width).swapaxes(1, 2).reshape(rows * height, -1)
        file = io.BytesIO()
        # A low level takes half the time of the usual one and makes a file a tenth larger.
        Image.fromarray(picture).save(file, "PNG", compress_level=3)
        files.append(file.getvalue())
    return files
