"""Grids of made images, and of each the training image that is nearest to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ui.components.payload import Images, image_bytes, pack
from ui.components.scripts import register

_SAMPLES = register("samples")


@dataclass(frozen=True)
class Grid:
    """What is written above and below one grid."""

    title: str
    note: str


@dataclass(frozen=True)
class Caption:
    """What one image is taken for: `short`, a few letters, stands under it, and `full`, a line, in its card."""

    short: str
    full: str


@dataclass(frozen=True, eq=False)
class SampleSet:
    """Grids of one codec.

    Attributes:
        name: of the codec.
        grids: g of them.
        images: (g * n, 28, 28) uint8, those of the first grid first.
        nearest: (g * n, 28, 28) uint8, of each the training image nearest to it.
        distances: (g * n,) float32, to that.
        nearest_names: what to call each of those, g * n texts.
        usual: the 5th, 50th and 95th percentile of the distances of held-out images.
        captions: one for each image, or none at all.
    """

    name: str
    grids: Sequence[Grid]
    images: Images
    nearest: Images
    distances: NDArray[np.float32]
    nearest_names: Sequence[str]
    usual: tuple[float, float, float]
    captions: Sequence[Caption] = ()


def samples(*, key: str, sets: Sequence[SampleSet]) -> None:
    """Show the grids, and of each set a card with one image and its nearest.

    Pointing at an image puts it into the card, without a message to the server.

    Raises:
        ValueError: arrays of other shapes, or lengths that do not go together.
    """
    _SAMPLES(key=key, data=samples_data(sets))


def samples_data(sets: Sequence[SampleSet]) -> bytes:
    """What `samples` sends. Raises ValueError as it does."""
    header, blobs = [], {}
    for place, one in enumerate(sets):
        count = len(one.images)
        captions = len(one.captions) or count
        counts = {count, len(one.nearest), len(one.distances), len(one.nearest_names), captions}
        if len(counts) > 1 or count % len(one.grids):
            raise ValueError(
                f"Every grid of {one.name} must have equally many images, each with its nearest. Received: {count} "
                f"images, {len(one.nearest)} nearest, {len(one.distances)} distances, {len(one.nearest_names)} names, "
                f"{len(one.captions)} captions."
            )
        blobs[f"images{place}"] = image_bytes(one.images, name="images")
        blobs[f"nearest{place}"] = image_bytes(one.nearest, name="nearest")
        blobs[f"distances{place}"] = one.distances.astype("<f4").tobytes()
        header.append(
            {
                "name": one.name,
                "grids": [vars(grid) for grid in one.grids],
                "nearestNames": list(one.nearest_names),
                "usual": list(one.usual),
                "captions": [vars(caption) for caption in one.captions],
            }
        )
    return pack({"sets": header}, blobs)
