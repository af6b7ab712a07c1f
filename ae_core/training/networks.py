"""Keras models from the plain description in `layers`. Knows no data and no disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import keras

from ae_core.config.config import Config
from ae_core.config.layers import IMAGE_SHAPE, KERNEL_SIZE, Layer
from ae_core.config.plan import plan_layers


@dataclass(frozen=True)
class Network:
    """An encoder (n, 28, 28) -> (n, latent_dim) and a decoder back, as Functional models of built-in layers.

    Attributes:
        posterior: of a variational autoencoder (n, 28, 28) -> (n, 2 latent_dim): the mean of q(z|x), which `encoder`
            gives too, then the logarithm of its variance. The two models share their layers. None for a plain one.
    """

    encoder: keras.Model
    decoder: keras.Model
    posterior: keras.Model | None = None

    @property
    def variables(self) -> list[keras.Variable]:
        """Weights, and the states of random layers, in an order that does not change."""
        return [variable for half in self._halves for variable in half.variables]

    @property
    def trainable_variables(self) -> list[keras.Variable]:
        """Weights and biases."""
        return [variable for half in self._halves for variable in half.trainable_variables]

    @property
    def layer_variables(self) -> list[list[keras.Variable]]:
        """The same, layer by layer; layers without any are left out."""
        layers = [layer for half in self._halves for layer in half.layers]
        return [layer.trainable_variables for layer in layers if layer.trainable_variables]

    @property
    def _halves(self) -> tuple[keras.Model, keras.Model]:
        return self.posterior or self.encoder, self.decoder


def build_network(config: Config) -> Network:
    """The network of `config` with its first random weights, which depend on `config.seed` alone.

    Raises:
        ConfigError: the network would be too large.
    """
    plan = plan_layers(config)
    seeds = count(config.seed * 1000)
    pixels = keras.Input(IMAGE_SHAPE, name="encoder_input")
    last = _stacked(pixels, "encoder", plan.encoder[:-1], config, seeds)
    z_mean = _stacked(last, "encoder", plan.encoder[-1:], config, seeds, first=len(plan.encoder) - 1)
    codes = keras.Input((config.latent_dim,), name="decoder_input")
    decoder = keras.Model(codes, _stacked(codes, "decoder", plan.decoder, config, seeds), name="decoder")
    encoder = keras.Model(pixels, z_mean, name="encoder")
    if plan.log_var is None:
        return Network(encoder, decoder)
    z_log_var = _keras_layer(plan.log_var, "encoder_log_var", config, next(seeds))(last)
    both = keras.layers.Concatenate(name="posterior_parts")([z_mean, z_log_var])
    return Network(encoder, decoder, keras.Model(pixels, both, name="posterior"))


def _stacked(
    outputs: Any, name: str, layers: Sequence[Layer], config: Config, seeds: count[int], *, first: int = 0
) -> Any:
    """What comes out of `layers`, one after the other; `first` is the number of the first in its model."""
    for index, layer in enumerate(layers, first):
        outputs = _keras_layer(layer, f"{name}_{index}_{layer.kind}", config, next(seeds))(outputs)
    return outputs


def _keras_layer(layer: Layer, name: str, config: Config, seed: int) -> keras.layers.Layer:
    # Every layer has a seed of its own: one initializer object shared by all would give equal layers equal weights.
    initializer = type(keras.initializers.get(config.initializer))(seed=seed)
    convolution = {
        "kernel_size": KERNEL_SIZE,
        "strides": layer.strides,
        "padding": "same",
        "activation": layer.activation,
        "kernel_initializer": initializer,
        "name": name,
    }
    match layer.kind:
        case "flatten":
            return keras.layers.Flatten(name=name)
        case "reshape":
            return keras.layers.Reshape(layer.shape, name=name)
        case "dense":
            return keras.layers.Dense(
                layer.shape[0], activation=layer.activation, kernel_initializer=initializer, name=name
            )
        case "conv":
            return keras.layers.Conv2D(layer.shape[-1], **convolution)
        case "conv_transpose":
            return keras.layers.Conv2DTranspose(layer.shape[-1], **convolution)
        case "dropout":
            return keras.layers.Dropout(config.dropout, seed=seed, name=name)
    raise AssertionError(layer.kind)
