"""Whether an image is new: the training image nearest to it, and what distance is usual."""

from __future__ import annotations

import numpy as np
import pytest

from ae_core.datasets.catalogue import load_dataset
from ae_core.errors import DataError
from ae_core.evaluation.nearest_image import CHUNK, Originals, usual_distances

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(256, size=(2 * CHUNK + 7, 28, 28), dtype=np.uint8)


def test_the_nearest_of_all_is_found_whichever_chunk_it_is_in() -> None:
    wanted = np.array([0, CHUNK - 1, CHUNK, 2 * CHUNK + 6])
    noise = RANDOM.uniform(-0.05, 0.05, size=(4, 28, 28))
    found = Originals.of(lambda: IMAGES).nearest(np.clip(IMAGES[wanted] / 255 + noise, 0, 1))
    assert np.array_equal(found.indices, wanted)
    assert (found.distances > 0).all()


def test_the_distance_is_the_euclidean_one_over_all_pixels() -> None:
    images = RANDOM.random((5, 28, 28)).astype(np.float32)
    found = Originals.of(lambda: IMAGES[:300]).nearest(images)
    away = np.linalg.norm(IMAGES[:300].reshape(300, 1, 784) / 255 - images.reshape(1, 5, 784), axis=2)
    assert np.array_equal(found.indices, away.argmin(axis=0))
    assert np.allclose(found.distances, away.min(axis=0), atol=1e-4)


def test_a_copy_is_at_distance_zero() -> None:
    found = Originals.of(lambda: IMAGES).nearest(np.divide(IMAGES[4321:4322], np.float32(255)))
    assert found.indices.tolist() == [4321]
    assert found.distances[0] < 1e-4


def test_a_usual_distance_is_that_of_test_images() -> None:
    data = load_dataset("mnist")
    low, median, high = usual_distances(Originals.of(data.select(train_size=5000).train.pixels), data.test_pixels)
    assert 0 < low < median < high < 10
    assert usual_distances(Originals.of(data.test.pixels), data.test_pixels)[2] < 1e-3


def test_there_must_be_an_image() -> None:
    with pytest.raises(DataError, match="at least one"):
        Originals.of(lambda: IMAGES[:0])
