"""Keras models: every choice can be built, and the first weights depend on the seed alone."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

import keras
import numpy as np
import pytest

from ae_core.config.config import Config
from ae_core.config.hyperparameters import ACTIVATIONS
from ae_core.config.precision import FLOAT32, MIXED
from ae_core.training.networks import Network, build_network, build_trained_network
from tests.unit.choices import choices

TINY = Config(encoder_widths=(6,), latent_dim=3, loss="mse")
DEEP = Config(encoder_widths=(32, 32, 32), latent_dim=32)
IMAGES = np.random.default_rng(0).random((5, 28, 28), np.float32)


def reconstructed(network: Network) -> np.ndarray[Any, Any]:
    return np.asarray(network.decoder(network.encoder(IMAGES)))


def kernels(network: Network) -> list[np.ndarray[Any, Any]]:
    return [np.asarray(variable.value) for variable in network.trainable_variables if variable.name == "kernel"]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_gives_finite_images(activation: str) -> None:
    images = reconstructed(build_network(replace(TINY, hidden_activation=activation, code_activation=activation)))
    assert images.shape == IMAGES.shape
    assert np.isfinite(images).all()


@pytest.mark.parametrize("activation", choices("output_activation"))
def test_every_output_activation_gives_finite_images(activation: str) -> None:
    assert np.isfinite(reconstructed(build_network(replace(TINY, output_activation=activation)))).all()


@pytest.mark.parametrize("initializer", choices("initializer"))
@pytest.mark.parametrize("architecture", choices("architecture"))
def test_every_initializer_gives_weights_that_vary(initializer: str, architecture: str) -> None:
    network = build_network(replace(TINY, initializer=initializer, architecture=architecture, filters=(3,)))
    assert all(kernel.std() > 0 for kernel in kernels(network))


def test_the_same_seed_gives_the_same_weights() -> None:
    pairs = zip(kernels(build_network(DEEP)), kernels(build_network(DEEP)), strict=True)
    assert all(np.array_equal(first, second) for first, second in pairs)


def test_another_seed_gives_other_weights_in_every_layer() -> None:
    pairs = zip(kernels(build_network(DEEP)), kernels(build_network(replace(DEEP, seed=1))), strict=True)
    assert not any(np.array_equal(first, second) for first, second in pairs)


def test_no_two_layers_of_one_shape_have_equal_weights() -> None:
    square = [kernel for kernel in kernels(build_network(DEEP)) if kernel.shape == (32, 32)]
    assert len(square) == 6
    assert not any(np.array_equal(first, second) for first, second in combinations(square, 2))


def test_biases_are_not_kernels() -> None:
    network = build_network(replace(TINY, architecture="conv", filters=(3,)))
    assert [kernel.ndim for kernel in kernels(network)] == [4, 2, 2, 4]


@pytest.mark.parametrize("family", choices("family"))
@pytest.mark.parametrize("architecture", choices("architecture"))
def test_the_trained_network_is_the_whole_one_without_its_last_activation(architecture: str, family: str) -> None:
    config = replace(TINY, architecture=architecture, filters=(3,), family=family, precision=FLOAT32)
    whole, trained = build_network(config), build_trained_network(config)
    codes = whole.encoder(IMAGES)
    assert np.array_equal(codes, trained.encoder(IMAGES))
    assert np.array_equal(whole.decoder(codes), keras.activations.sigmoid(trained.decoder(codes)))


@pytest.mark.parametrize("family", choices("family"))
@pytest.mark.parametrize("architecture", choices("architecture"))
def test_mixed_precision_rounds_between_layers_but_no_weight_and_no_code(architecture: str, family: str) -> None:
    config = replace(TINY, architecture=architecture, filters=(3,), family=family, precision=MIXED)
    exact, rounded = build_trained_network(replace(config, precision=FLOAT32)), build_trained_network(config)
    assert {variable.dtype for variable in rounded.trainable_variables} == {"float32"}
    codes, images = rounded.encoder(IMAGES), rounded.decoder(exact.encoder(IMAGES))
    posterior = [network.posterior(IMAGES) for network in (exact, rounded) if network.posterior]
    assert {value.dtype.name for value in (codes, *posterior)} == {"float32"}
    assert images.dtype.name == "bfloat16"
    # bfloat16 has 8 bits: each rounding is wrong by at most 1/256.
    assert np.allclose(codes, exact.encoder(IMAGES), atol=0.02)
    assert np.allclose(np.asarray(images, np.float32), exact.decoder(exact.encoder(IMAGES)), atol=0.02)


def test_a_network_for_others_is_float32_whatever_the_precision() -> None:
    network = build_network(replace(TINY, precision=MIXED))
    assert {layer.dtype_policy.name for half in (network.encoder, network.decoder) for layer in half.layers} == {
        FLOAT32
    }
