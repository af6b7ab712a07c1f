"""Activations as a training step computes them: Keras's own, in fewer passes over the values and in float32.

In bfloat16 TensorFlow computes a function such as erf by way of float32, operation by operation.
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi, sqrt

import keras
import tensorflow as tf

Activation = Callable[[tf.Tensor], tf.Tensor]

EXACT = ("linear", "relu")
"""Those that add no error of their own to what is rounded, and are one operation."""


@tf.custom_gradient
def gelu(values: tf.Tensor) -> tuple[tf.Tensor, Activation]:
    """x times the normal distribution's share below x, in the precision of `values`, of any shape.

    Source: Hendrycks & Gimpel 2016, "Gaussian error linear units".
    """
    exact = tf.cast(values, tf.float32)
    share = 0.5 * tf.math.erfc(exact * -sqrt(0.5))

    def gradient(upstream: tf.Tensor) -> tf.Tensor:
        density = tf.exp(-0.5 * tf.square(exact)) * (1 / sqrt(2 * pi))
        return tf.cast(tf.cast(upstream, tf.float32) * (share + exact * density), values.dtype)

    return tf.cast(exact * share, values.dtype), gradient


def trained_activation(name: str) -> Activation:
    """What Keras calls `name`, for layers of any precision that are trained."""
    if name == "gelu":
        return gelu  # type: ignore[no-any-return]
    keras_own: Activation = keras.activations.get(name)
    if name in EXACT:
        return keras_own
    return lambda values: tf.cast(keras_own(tf.cast(values, tf.float32)), values.dtype)
