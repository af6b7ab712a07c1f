"""The map of the latent space: what is sent, what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.unit.ui.components.blocks import unpack
from ui.components.collection.collection import Collection
from ui.components.map.map import LinearInverse, Star, map_data

COUNT = 5
RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (COUNT, 28, 28), dtype=np.uint8)
CODES = RNG.normal(size=(COUNT, 3)).astype(np.float32)
POINTS = RNG.normal(size=(COUNT, 2)).astype(np.float32)
COLLECTION = Collection.of(IMAGES, CODES, None, [], np.zeros(COUNT, np.float32))


def mapped(**changes: Any) -> tuple[dict[str, Any], dict[str, bytes]]:
    arguments: dict[str, Any] = {
        "collection": COLLECTION,
        "model": "m",
        "points": POINTS,
        "inverse": "neighbours",
    }
    return unpack(map_data(**(arguments | changes)))


def test_a_map_names_collection_and_network_and_carries_places_alone() -> None:
    header, blobs = mapped(caption="t-SNE", forming=True, axes=("x", "y"))
    assert (header["collection"], header["model"]) == (COLLECTION.name, "m")
    assert (header["inverse"], header["caption"], header["forming"]) == ("neighbours", "t-SNE", True)
    assert header["axes"] == ["x", "y"]
    assert np.frombuffer(blobs["points"], "<f4").tolist() == POINTS.ravel().tolist()
    assert set(blobs) == {"points"}


def test_a_linear_inverse_and_stars_bring_their_arrays() -> None:
    stars = [Star(0, 1, "bare"), Star(2, 3, "whole", CODES[0], IMAGES[0])]
    header, blobs = mapped(inverse=LinearInverse(CODES[0], CODES[:2]), stars=stars)
    assert header["inverse"] == "linear"
    assert header["stars"] == [{"x": 0, "y": 1, "name": "bare"}, {"x": 2, "y": 3, "name": "whole"}]
    assert np.frombuffer(blobs["components"], "<f4").tolist() == CODES[:2].ravel().tolist()
    assert set(blobs) == {"points", "mean", "components", "starCode1", "starImage1"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"points": POINTS[:2]}, r"points must be of shape \(5, 2\). Received: \(2, 2\)."),
        ({"points": POINTS * np.float32(np.inf)}, "points must be finite"),
        ({"inverse": "direct"}, 'A "direct" inverse needs codes of 1 or 2 numbers. Received: 3.'),
        ({"inverse": LinearInverse(CODES[0, :2], CODES[:2])}, r"mean must be of shape \(3,\). Received: \(2,\)."),
        ({"inverse": LinearInverse(CODES[0], CODES)}, r"components must be of shape \(2, 3\). Received: \(5, 3\)."),
        ({"stars": [Star(0, 0, "s", CODES[0, :2])]}, r"A star's code must be of shape \(3,\). Received: \(2,\)."),
        ({"stars": [Star(0, float("nan"), "s")]}, "A star's place must be finite. Received: 0, nan."),
        ({"stars": [Star(0, 0, "s", image=IMAGES[0, :5])]}, "A star's image must be uint8"),
    ],
)
def test_a_map_refuses_what_it_cannot_show(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mapped(**changes)
