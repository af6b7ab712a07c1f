"""Drawings that both implementations of the preprocessing must turn into the same image."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

Canvas = np.ndarray[Any, np.dtype[np.uint8]]

SIZES = [(280, 280), (560, 560), (300, 450), (333, 217), (28, 28), (19, 40), (1, 1)]
"""Height and width of canvases: as ours is, on a fine screen, oblong, with sides that no cell divides, and tiny."""


def drawings() -> dict[str, Canvas]:
    """By name: (h, w, 4) uint8 as a canvas gives it."""
    made = {
        f"stroke {seed} on {height} x {width}": _stroke(seed, height, width)
        for seed in range(5)
        for height, width in SIZES
    }
    made["nothing"] = np.zeros((280, 280, 4), np.uint8)
    made["black"] = _filled(280, 280, 0)
    made["white"] = _filled(280, 280, 255)
    made["grey, fainter than ink that counts"] = _filled(280, 280, 25)
    made["grey, ink that just counts"] = _filled(280, 280, 26)
    for row, column in [(0, 0), (140, 140), (279, 279)]:
        made[f"a dot at {row}, {column}"] = _dot(row, column)
    for height, width in [(200, 2), (2, 200), (90, 61), (101, 101)]:
        made[f"a bar of {height} x {width}"] = _bar(height, width)
    return made


def _stroke(seed: int, height: int, width: int) -> Canvas:
    """A polyline with soft edges, in colours and with transparency."""
    random = np.random.default_rng([seed, height, width])
    corners = random.uniform(0, 1, (6, 2)) * (height, width)
    points = np.concatenate([np.linspace(a, b, 30) for a, b in pairwise(corners)])
    rows, columns = np.mgrid[:height, :width] + 0.5
    nearest = np.full((height, width), np.inf)
    for row, column in points:
        nearest = np.minimum(nearest, np.hypot(rows - row, columns - column))
    cover = np.clip(max(height, width) / 28 - nearest + 0.5, 0, 1)
    rgba = np.empty((height, width, 4), np.uint8)
    rgba[..., :3] = 255 if seed % 2 else random.integers(0, 256, (height, width, 3))
    rgba[..., 3] = np.round(cover * 255)
    return rgba


def _filled(height: int, width: int, grey: int) -> Canvas:
    rgba = np.full((height, width, 4), grey, np.uint8)
    rgba[..., 3] = 255
    return rgba


def _dot(row: int, column: int) -> Canvas:
    rgba = np.zeros((280, 280, 4), np.uint8)
    rgba[row, column] = 255
    return rgba


def _bar(height: int, width: int) -> Canvas:
    rgba = np.zeros((280, 280, 4), np.uint8)
    rgba[40 : 40 + height, 50 : 50 + width] = 255
    return rgba
