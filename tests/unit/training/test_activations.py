"""Activations of a training step against Keras's own, and their gradients against autodiff's."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from ae_core.config.hyperparameters import ACTIVATIONS
from ae_core.training.activations import trained_activation

VALUES = tf.constant(np.linspace(-6, 6, 241, dtype=np.float32))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_in_float32_values_and_gradients_are_those_of_keras(name: str) -> None:
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(VALUES)
        ours, theirs = trained_activation(name)(VALUES), keras.activations.get(name)(VALUES)
    assert np.allclose(ours, theirs, atol=1e-6)
    assert np.allclose(tape.gradient(ours, VALUES), tape.gradient(theirs, VALUES), atol=1e-6)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_in_bfloat16_nothing_is_rounded_but_the_result(name: str) -> None:
    rounded = tf.cast(VALUES, tf.bfloat16)
    exact = tf.cast(rounded, tf.float32)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([rounded, exact])
        ours, theirs = trained_activation(name)(rounded), keras.activations.get(name)(exact)
    gradients = tape.gradient(ours, rounded), tape.gradient(theirs, exact)
    for found, expected in ((ours, theirs), gradients):
        assert found.dtype == tf.bfloat16
        # Half of the last of 8 bits.
        assert np.allclose(np.asarray(found, np.float32), expected, rtol=2**-8, atol=1e-6)
