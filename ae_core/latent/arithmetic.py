"""Codes made of codes: on the way between two, means of classes, sums.

A decoder turns any code into an image. Whether the image is a digit depends on where the code is taken from.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

PARALLEL = 1e-6
"""Sine of an angle below which two codes span no arc."""


def lerp(a: Floats, b: Floats, shares: Floats) -> Floats:
    """Codes (m, d) on the straight line from `a` to `b`, each (d,), at `shares` (m,) of the way."""
    return ((1 - shares)[:, None] * a + shares[:, None] * b).astype(np.float32)


def slerp(a: Floats, b: Floats, shares: Floats) -> Floats:
    """Codes (m, d) on the arc about the origin from `a` to `b`, each (d,), at `shares` (m,) of the way.

    Spherical linear interpolation (Shoemake, 1985), which White (2016), "Sampling generative networks", brought to
    latent spaces: where codes lie far from the origin in all directions, the straight line cuts through a middle in
    which there are none. Codes in the same or in opposite directions span no arc, and get the straight line.
    """
    # In single precision opposite codes would seem to span an arc after all.
    one, other = a.astype(np.float64), b.astype(np.float64)
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    cosine = float(one @ other) / lengths if lengths else 1.0
    angle = float(np.arccos(np.clip(cosine, -1, 1)))
    if np.sin(angle) < PARALLEL:
        return lerp(a, b, shares)
    from_share, to_share = (np.sin(angle * part)[:, None] / np.sin(angle) for part in (1 - shares, shares))
    codes: Floats = (from_share * a + to_share * b).astype(np.float32)
    return codes


def class_means(codes: Floats, labels: NDArray[np.integer[Any]]) -> dict[int, Floats]:
    """The mean code (d,) of each label that occurs, of `codes` (n, d) and `labels` (n,)."""
    return {int(label): codes[labels == label].mean(axis=0) for label in np.unique(labels)}


def combine(first: Floats, minus: Floats, plus: Floats) -> Floats:
    """first - minus + plus, each (d,): what `first` has and `minus` has not, given to `plus` (Mikolov et al., 2013)."""
    return (first - minus + plus).astype(np.float32)
