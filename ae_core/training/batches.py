"""Batches of training images, in an order that the seed fixes."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from ae_core.config.config import Config


def to_floats(pixels: tf.Tensor) -> tf.Tensor:
    """Grey levels 0 to 255 as float32 in [0, 1]."""
    return tf.cast(pixels, tf.float32) / 255.0


def by_parts(layers: Callable[[tf.Tensor], tf.Tensor], batch: tf.Tensor, images: int, parts: int) -> tf.Tensor:
    """What `layers` make of a batch of so many images, (images, ...), in `parts` that TensorFlow computes side by side.

    The numbers are those of the whole, but for the order in which gradients are summed. With fewer images than parts
    there is one part.
    """
    if parts == 1 or images < parts:
        return layers(batch)
    sizes = [images * (index + 1) // parts - images * index // parts for index in range(parts)]
    return tf.concat([layers(part) for part in tf.split(batch, sizes)], axis=0)


def batch_indices(config: Config, images: int, step: int, count: int) -> NDArray[np.int32]:
    """Which training images the steps `step` to `step + count` see: (count, batch_size).

    One endless row of shuffled epochs, cut into batches: every image is seen once an epoch, and the order of any step
    can be told without going through those before it.
    """
    positions = np.arange(step * config.batch_size, (step + count) * config.batch_size)
    epochs = positions // images
    order = np.empty(len(positions), np.int32)
    for epoch in np.unique(epochs):
        here = epochs == epoch
        order[here] = _shuffled(config.seed, config.continues, images, int(epoch))[positions[here] % images]
    return order.reshape(count, config.batch_size)


@lru_cache(maxsize=2)
def _shuffled(seed: int, continues: str, images: int, epoch: int) -> NDArray[np.int32]:
    # A run that continues another goes on to new orders instead of repeating its parent's.
    entropy = [seed, epoch, *continues.encode()]
    return np.random.default_rng(entropy).permutation(images).astype(np.int32)
