"""Losses and penalties against their formulas in numpy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ae_core.config.config import Config
from ae_core.training.losses import code_penalty, loss_function, weight_penalty
from ae_core.training.networks import build_network

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.random((5, 28, 28), np.float32)
GUESSES = RANDOM.uniform(0.01, 0.99, (5, 28, 28)).astype(np.float32)


def test_mse_is_the_mean_over_images_and_pixels() -> None:
    assert float(loss_function("mse")(IMAGES, GUESSES)) == pytest.approx(np.mean((IMAGES - GUESSES) ** 2), rel=1e-5)


def test_bce_is_the_mean_over_images_and_pixels_in_nats() -> None:
    entropy = -IMAGES * np.log(GUESSES) - (1 - IMAGES) * np.log(1 - GUESSES)
    assert float(loss_function("bce")(IMAGES, GUESSES)) == pytest.approx(entropy.mean(), rel=1e-5)


def test_bce_of_being_sure_and_wrong_is_large_but_finite() -> None:
    loss = float(loss_function("bce")(np.ones((1, 28, 28), np.float32), np.zeros((1, 28, 28), np.float32)))
    assert loss == pytest.approx(-np.log(1e-7), rel=1e-3)


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
