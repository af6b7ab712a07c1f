"""Codes of many frames as one film: flat, the right way round in every frame, and neither a dot nor off the screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

GROWTH = 1 / 3
"""A cloud that is eight times as wide is drawn twice as wide."""
JITTER = 0.3
"""Standard deviation of what spreads codes of one number over the second axis, in those of the last frame."""
COLLAPSED = 1e-6
"""A cloud narrower than this share of the largest code is rounding, not a cloud."""

Points = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Formation:
    """Frames as they are drawn.

    Attributes:
        points: (k, m, 2) float32. The centre of each frame is 0, the last frame's root mean square distance from it 1.
        enlarged: (k,) float32, how many times larger than the last frame each one is drawn; below 1 if smaller.
    """

    points: NDArray[np.float32]
    enlarged: NDArray[np.float32]


def aligned(codes: NDArray[np.floating[Any]]) -> Formation:
    """Flatten each frame so that from one to the next only what training did is seen to move.

    More than two dimensions: each frame by PCA of its own codes. That alone may turn and flip from frame to frame, so
    from the last one backwards each is turned or mirrored onto the next by the orthogonal matrix that brings them
    nearest (Schönemann 1966, "A generalized solution of the orthogonal Procrustes problem"). Two dimensions keep their
    axes. One dimension is the first axis; the second is a jitter that each image keeps.

    That a cloud grows is worth seeing, but random weights often give one a hundred times smaller than training does: it
    would be a dot. So a frame that is s times as wide as the last is drawn s^(1/3) times as wide, and `enlarged` tells
    by how much that is too wide. Codes that have all collapsed to one are drawn as the dot they are.

    Args:
        codes: (k, m, d), finite, of the same m images in each of k frames.

    Raises:
        ValueError: an array of another shape.
    """
    if codes.ndim != 3 or 0 in codes.shape:
        raise ValueError(f"codes must be of shape (k, m, d), none of them 0. Received: {codes.shape}.")
    centred = codes.astype(np.float64)
    centred -= centred.mean(axis=1, keepdims=True)
    flat = np.stack([_flattened(frame) for frame in centred])
    if codes.shape[2] > 2:
        for index in range(len(flat) - 2, -1, -1):
            flat[index] = flat[index] @ _turn(flat[index], flat[index + 1])
    widths = np.sqrt((flat**2).sum(axis=2).mean(axis=1))
    is_cloud = widths > COLLAPSED * np.abs(codes).max()
    # A last frame that has collapsed is no measure for the others.
    reference = next((width for width in reversed(widths[is_cloud])), 1.0)
    enlarged = (np.where(is_cloud, widths, reference) / reference) ** (GROWTH - 1)
    points = np.where(is_cloud[:, None, None], flat, 0.0) / reference * enlarged[:, None, None]
    if codes.shape[2] == 1:
        points[..., 1] = np.random.default_rng(0).normal(size=codes.shape[1], scale=JITTER)
    return Formation(points.astype(np.float32), enlarged.astype(np.float32))


def _flattened(codes: Points) -> Points:
    """(m, d) centred codes as (m, 2): by PCA for more than two dimensions."""
    count, dims = codes.shape
    if dims <= 2:
        return np.hstack([codes, np.zeros((count, 2 - dims))])
    axes = np.linalg.eigh(codes.T @ codes)[1][:, :-3:-1]
    # An axis may point either way; the same codes should give the same film.
    strongest = np.abs(axes).argmax(axis=0)
    signs: Points = np.where(axes[strongest, [0, 1]] < 0, -1.0, 1.0)
    return codes @ (axes * signs)


def _turn(points: Points, onto: Points) -> Points:
    """The orthogonal matrix (2, 2) R for which `points @ R` comes nearest to `onto`, both (m, 2) and centred."""
    left, _, right = np.linalg.svd(points.T @ onto)
    turn: Points = left @ right
    return turn
