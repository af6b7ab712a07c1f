"""A code in the visitor's hand: a slider for each of its dimensions, and what the decoder makes of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ui.components.payload import fingerprint, pack
from ui.components.scripts import register

Floats = NDArray[np.float32]

UNUSED_BELOW = 0.01
"""A dimension whose standard deviation is below this share of the largest is called unused."""
PERCENTILES = np.arange(0.5, 100)
"""0.5, 1.5, ... 99.5: the first and the last are the ends of a slider, any is a value that data has."""

_TRAVERSE = register("traverse")


@dataclass(frozen=True, eq=False)
class CodeStats:
    """How the codes of a dataset spread in each dimension.

    Attributes:
        mean, std: (d,) float32.
        order: (d,) int64, dimensions by standard deviation, largest first; unused ones are last.
        values: (100, d) float32, values of the data at the percentiles 0.5, 1.5, ... 99.5.
        unused: (d,) bool, whether the standard deviation is below 1 % of the largest.
    """

    mean: Floats
    std: Floats
    order: NDArray[np.int64]
    values: Floats
    unused: NDArray[np.bool_]

    @classmethod
    def of(cls, codes: Floats) -> CodeStats:
        """Of (n, d) codes. Raises ValueError for another shape, no codes, or codes that are not finite."""
        if codes.ndim != 2 or not codes.size or not np.isfinite(codes).all():
            raise ValueError(f"codes must be of shape (n, d) and finite. Received: {codes.shape}.")
        std = codes.std(axis=0, dtype=np.float64)
        return cls(
            codes.mean(axis=0, dtype=np.float64).astype(np.float32),
            std.astype(np.float32),
            np.argsort(-std, kind="stable"),
            # "nearest": between two clusters of values lies none that the data has.
            np.percentile(codes, PERCENTILES, axis=0, method="nearest").astype(np.float32),
            # Where nothing varies at all, no dimension is used.
            (std < UNUSED_BELOW * std.max()) | (std == 0),
        )

    @property
    def low(self) -> Floats:
        """(d,) below which half a per cent of the data lies."""
        return self.values[0]

    @property
    def high(self) -> Floats:
        """(d,) above which half a per cent of the data lies."""
        return self.values[-1]

    @property
    def latent_dim(self) -> int:
        """Numbers in a code."""
        return len(self.mean)


def traverse(*, key: str, model: str, stats: CodeStats, codes: Floats, names: Sequence[str]) -> None:
    """Show the sliders, the picture, and what each dimension does. All of it happens in the browser.

    Args:
        model: the name of the network whose decoder draws, see `carrier`.
        stats: of the network's codes of held-out images.
        codes: (k, d) float32, of some images to start from.
        names: what the visitor reads of them, for example "test image 17, a 4".

    Raises:
        ValueError: no codes, an array of another shape, or other than one name for each code.
    """
    _TRAVERSE(key=key, data=traverse_data(model, stats, codes, names))


def traverse_data(model: str, stats: CodeStats, codes: Floats, names: Sequence[str]) -> bytes:
    """What `traverse` sends. Raises ValueError as it does."""
    if codes.ndim != 2 or not len(codes) or codes.shape[1] != stats.latent_dim:
        raise ValueError(f"codes must be of shape (k, {stats.latent_dim}). Received: {codes.shape}.")
    if len(names) != len(codes):
        raise ValueError(f"Every code must have a name. Received: {len(codes)} codes, {len(names)} names.")
    blobs = {
        "mean": stats.mean.astype("<f4").tobytes(),
        "std": stats.std.astype("<f4").tobytes(),
        "values": stats.values.astype("<f4").tobytes(),
        "codes": codes.astype("<f4").tobytes(),
    }
    header = {
        "space": fingerprint(json.dumps([model, *names]).encode(), *blobs.values()),
        "model": model,
        "names": list(names),
        "order": stats.order.tolist(),
        "unused": stats.unused.tolist(),
    }
    return pack(header, blobs)
