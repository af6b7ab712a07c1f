"""Keras models from the plain description in `layers`. Knows no data and no disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import keras

from ae_core.config import Config
from ae_core.layers import IMAGE_SHAPE, KERNEL_SIZE, Layer, plan_layers


@dataclass(frozen=True)
class Network:
    """An encoder (n, 28, 28) -> (n, latent_dim) and a decoder back, as Functional models of built-in layers."""

    encoder: keras.Model
    decoder: keras.Model

    @property
    def variables(self) -> list[keras.Variable]:
        """Weights, and the states of random layers, in an order that does not change."""
        return [*self.encoder.variables, *self.decoder.variables]

    @property
    def trainable_variables(self) -> list[keras.Variable]:
        """Weights and biases."""
        return [*self.encoder.trainable_variables, *self.decoder.trainable_variables]

    @property
    def layer_variables(self) -> list[list[keras.Variable]]:
        """The same, layer by layer; layers without any are left out."""
        layers = [*self.encoder.layers, *self.decoder.layers]
        return [layer.trainable_variables for layer in layers if layer.trainable_variables]


def build_network(config: Config) -> Network:
    """The network of `config` with its first random weights, which depend on `config.seed` alone.

    Raises:
        ConfigError: the network would be too large.
    """
    plan = plan_layers(config)
    seeds = count(config.seed * 1000)
    return Network(
        encoder=_functional("encoder", IMAGE_SHAPE, plan.encoder, config, seeds),
        decoder=_functional("decoder", (config.latent_dim,), plan.decoder, config, seeds),
    )


def _functional(
    name: str, input_shape: tuple[int, ...], layers: Sequence[Layer], config: Config, seeds: count[int]
) -> keras.Model:
    inputs = outputs = keras.Input(input_shape, name=f"{name}_input")
    for index, layer in enumerate(layers):
        outputs = _keras_layer(layer, f"{name}_{index}_{layer.kind}", config, next(seeds))(outputs)
    return keras.Model(inputs, outputs, name=name)


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
