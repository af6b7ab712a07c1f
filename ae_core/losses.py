"""Losses and penalties, as TensorFlow computes them in a training step."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import keras
import tensorflow as tf

Loss = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def mean_squared_error(images: tf.Tensor, reconstructions: tf.Tensor) -> tf.Tensor:
    """Mean over images and pixels of the squared difference; both (n, 28, 28)."""
    # The same as the mean of the square; its gradient takes one pass over the pixels instead of three.
    return tf.nn.l2_loss(reconstructions - images) * (2.0 / tf.cast(tf.size(images), tf.float32))


def binary_crossentropy(images: tf.Tensor, reconstructions: tf.Tensor) -> tf.Tensor:
    """Mean over images and pixels of -x log y - (1 - x) log(1 - y), in nats; both (n, 28, 28) in [0, 1].

    A grey target is read as the probability of white (Hinton & Salakhutdinov 2006, supporting material).
    """
    return tf.reduce_mean(keras.losses.binary_crossentropy(images, reconstructions))


LOSSES: dict[str, Loss] = {"mse": mean_squared_error, "bce": binary_crossentropy}


def weight_penalty(variables: Iterable[Any]) -> tf.Tensor:
    """Sum of squares of all kernels; biases are left out, as usual (Goodfellow et al. 2016, section 7.1)."""
    return tf.add_n([tf.reduce_sum(tf.square(v)) for v in variables if v.name == "kernel"])


def code_penalty(codes: tf.Tensor) -> tf.Tensor:
    """Mean over images of the sum of the codes' absolute values; codes (n, latent_dim)."""
    return tf.reduce_mean(tf.reduce_sum(tf.abs(codes), axis=-1))
