"""Losses and penalties against their formulas in numpy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from ae_core.config.config import Config
from ae_core.training.losses import (
    binary_crossentropy,
    binary_crossentropy_of_logits,
    code_penalty,
    loss_function,
    loss_of_outputs,
    mean_squared_error,
    weight_penalty,
)
from ae_core.training.networks import build_network
from tests.unit.choices import choices

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.random((5, 28, 28), np.float32)
GUESSES = RANDOM.uniform(0.01, 0.99, (5, 28, 28)).astype(np.float32)


def test_mse_is_the_mean_over_images_and_pixels() -> None:
    assert float(mean_squared_error(IMAGES, GUESSES)) == pytest.approx(np.mean((IMAGES - GUESSES) ** 2), rel=1e-5)


def test_bce_is_the_mean_over_images_and_pixels_in_nats() -> None:
    entropy = -IMAGES * np.log(GUESSES) - (1 - IMAGES) * np.log(1 - GUESSES)
    assert float(binary_crossentropy(IMAGES, GUESSES)) == pytest.approx(entropy.mean(), rel=1e-5)


def test_bce_of_being_sure_and_wrong_is_large_but_finite() -> None:
    loss = float(binary_crossentropy(np.ones((1, 28, 28), np.float32), np.zeros((1, 28, 28), np.float32)))
    assert loss == pytest.approx(-np.log(1e-7), rel=1e-3)


def test_bce_of_logits_is_that_of_their_sigmoid() -> None:
    logits = np.log(GUESSES / (1 - GUESSES))
    assert float(binary_crossentropy_of_logits(IMAGES, logits)) == pytest.approx(
        float(binary_crossentropy(IMAGES, GUESSES)), rel=1e-5
    )


def test_the_gradient_of_bce_of_logits_is_that_of_the_whole() -> None:
    logits = tf.constant(np.log(GUESSES / (1 - GUESSES)))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        fused = 3 * binary_crossentropy_of_logits(IMAGES, logits)
        whole = 3 * binary_crossentropy(IMAGES, tf.sigmoid(logits))
    assert np.allclose(tape.gradient(fused, logits), tape.gradient(whole, logits), rtol=1e-4, atol=1e-9)


def test_bce_of_logits_is_exact_where_a_sigmoid_has_come_to_its_end() -> None:
    logits = np.full((1, 28, 28), -200, np.float32)
    assert float(binary_crossentropy_of_logits(np.ones_like(logits), logits)) == 200
    assert float(binary_crossentropy_of_logits(np.zeros_like(logits), logits)) == 0


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("loss", choices("loss"))
def test_outputs_are_rounded_before_the_last_activation_and_not_after(loss: str, dtype: str) -> None:
    outputs = tf.cast(np.log(GUESSES / (1 - GUESSES)), dtype)
    value, reconstructions = loss_of_outputs(Config(loss=loss))(IMAGES, outputs)
    exact = 1 / (1 + np.exp(-np.asarray(outputs, np.float64)))
    assert reconstructions.dtype == tf.float32
    assert np.abs(np.asarray(reconstructions) - exact).max() < 1e-6
    assert float(value) == pytest.approx(float(loss_function(loss)(IMAGES, reconstructions)), rel=1e-5)


@pytest.mark.parametrize("architecture", ["dense", "conv"])
def test_the_weight_penalty_is_the_sum_of_squares_of_kernels(architecture: str) -> None:
    config = replace(Config(), architecture=architecture, encoder_widths=(7,), filters=(3, 4), latent_dim=2)
    network = build_network(config)
    for variable in network.trainable_variables:
        variable.assign(RANDOM.normal(size=variable.shape))
    weights = [np.asarray(variable.value) for variable in network.trainable_variables]
    kernels = [weight for weight in weights if weight.ndim > 1]
    expected = sum(np.sum(kernel.astype(np.float64) ** 2) for kernel in kernels)
    assert float(weight_penalty(network.trainable_variables)) == pytest.approx(expected, rel=1e-5)


def test_the_code_penalty_sums_over_a_code_and_averages_over_images() -> None:
    codes = RANDOM.normal(size=(6, 3)).astype(np.float32)
    assert float(code_penalty(codes)) == pytest.approx(np.abs(codes).sum(axis=1).mean(), rel=1e-5)
