"""Which images a step sees."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from ae_core.training.batches import batch_indices, by_parts
from tests.unit.tiny import DENSE


def test_every_epoch_shows_every_image_once() -> None:
    seen = batch_indices(DENSE, images=96, step=0, count=6)
    assert (seen.shape, seen.dtype) == ((6, 32), np.int32)
    first, second = seen[:3].ravel(), seen[3:].ravel()
    assert sorted(first) == sorted(second) == list(range(96))
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("images", [16, 33, 100])
def test_the_images_of_a_step_do_not_depend_on_how_one_gets_there(images: int) -> None:
    at_once = batch_indices(DENSE, images, 0, 20)
    one_by_one = [batch_indices(DENSE, images, step, 1) for step in range(20)]
    assert np.array_equal(at_once, np.concatenate(one_by_one))
    assert np.array_equal(at_once[7:], batch_indices(DENSE, images, 7, 13))


@pytest.mark.parametrize("changes", [{"seed": 1}, {"continues": "0123456789ab"}])
def test_another_seed_or_parent_gives_another_order(changes: dict[str, Any]) -> None:
    other = batch_indices(replace(DENSE, **changes), 100, 0, 3)
    assert not np.array_equal(batch_indices(DENSE, 100, 0, 3), other)


def test_a_late_step_of_a_long_training_is_still_a_row_of_images() -> None:
    seen = batch_indices(replace(DENSE, batch_size=4096), images=60_000, step=199_999, count=1)
    assert 0 <= seen.min() <= seen.max() < 60_000


@pytest.mark.parametrize(("images", "parts"), [(8, 1), (8, 2), (7, 2), (7, 3), (2, 2), (1, 2)])
def test_in_parts_each_image_goes_through_once_and_keeps_its_place(images: int, parts: int) -> None:
    sizes = []

    def layers(part: tf.Tensor) -> tf.Tensor:
        sizes.append(int(part.shape[0]))
        return 2 * part

    batch = tf.reshape(tf.range(3.0 * images), [images, 3])
    assert np.array_equal(by_parts(layers, batch, images, parts), 2 * batch)
    assert sum(sizes) == images
    assert len(sizes) == min(parts, images if images >= parts else 1)
    assert max(sizes) - min(sizes) <= 1
