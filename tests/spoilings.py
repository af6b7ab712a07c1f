"""Images and damage that both implementations of spoiling must turn into the same image."""

from __future__ import annotations

from typing import Any

import numpy as np

from ae_core.datasets.catalogue import load_dataset
from ae_core.preprocessing.corruption import RANGES, Spoil

Image = np.ndarray[Any, np.dtype[np.float32]]

SINGLE = [
    Spoil(noise=0.3),
    Spoil(noise=1),
    Spoil(patch=1),
    Spoil(patch=6),
    Spoil(patch=7, patch_x=9, patch_y=20.25),
    Spoil(patch=20, patch_x=0, patch_y=27),
    Spoil(patch=20, patch_x=27, patch_y=0),
    *(Spoil(rotate=degrees) for degrees in (-180, -90, -33.3, 0.1, 45, 90, 180)),
    *(Spoil(shift_x=pixels) for pixels in (-14, -3, -0.5, 2.3, 14)),
    *(Spoil(shift_y=pixels) for pixels in (-14, -1.7, 0.25, 5, 14)),
    *(Spoil(thicken=pixels) for pixels in (-2, -1.5, -1, -0.3, 0.01, 1, 1.6, 2)),
]
"""One kind of damage each, so that a difference tells which."""


def spoilings() -> dict[str, tuple[Image, Spoil]]:
    """By name: an image (28, 28) float32 in [0, 1] and what is done to it."""
    random = np.random.default_rng(0)
    digits = load_dataset().test_images
    # Ink up to the edges, as no digit has it.
    full = random.random((28, 28), dtype=np.float32)
    made = {f"random pixels, {_changed(how)}": (full, how) for how in SINGLE}
    made["random pixels, untouched"] = (full, Spoil())
    made["nothing, noise alone"] = (np.zeros_like(full), Spoil(noise=0.5))
    made["white, all at the lowest"] = (np.ones_like(full), _extreme(0))
    made["white, all at the highest"] = (np.ones_like(full), _extreme(1))
    for index in range(24):
        made[f"digit {index}, a mixture"] = (digits[index], _mixture(random))
    return made


def _changed(how: Spoil) -> str:
    return ", ".join(f"{name}={getattr(how, name)}" for name in RANGES if getattr(how, name) != getattr(Spoil(), name))


def _extreme(end: int) -> Spoil:
    return Spoil.from_json({name: limits[end] for name, limits in RANGES.items()})


def _mixture(random: np.random.Generator) -> Spoil:
    """Every kind of damage at once, moderate enough that the digit does not leave the image altogether."""
    return Spoil.from_json({name: random.uniform(low, high) / 2 for name, (low, high) in RANGES.items()})
