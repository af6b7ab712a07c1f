"""Keras models from the plain description in `layers`. Knows no data and no disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import keras

from ae_core.config.config import Config
from ae_core.config.layers import IMAGE_SHAPE, KERNEL_SIZE, Layer, Plan
from ae_core.config.plan import plan_layers
from ae_core.config.precision import FLOAT32
from ae_core.training.activations import trained_activation


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
    """The network of `config` in float32 with its first random weights, which depend on `config.seed` alone.

    Raises:
        ConfigError: the network would be too large.
    """
    return _build(plan_layers(config), _Maker(config, _seeds(config), FLOAT32))


def build_trained_network(config: Config) -> Network:
    """The same as a training step has it: in the precision of `config`, its decoder without the last activation.

    That one is left to the loss, which is exact and quick with what comes before it. Weights are float32, and so is the
    layer that gives the code.

    Raises:
        ConfigError: the network would be too large.
    """
    plan = plan_layers(config)
    last = max(index for index, layer in enumerate(plan.decoder) if layer.params)
    decoder = tuple(
        replace(layer, activation="linear") if index == last else layer for index, layer in enumerate(plan.decoder)
    )
    return _build(replace(plan, decoder=decoder), _Maker(config, _seeds(config), config.precision, trained_activation))


def _build(plan: Plan, maker: _Maker) -> Network:
    # The layer that gives the code is computed in full, whatever the layers around it round.
    full = replace(maker, precision=FLOAT32)
    pixels = keras.Input(IMAGE_SHAPE, name="encoder_input")
    last = maker.stacked(pixels, "encoder", plan.encoder[:-1])
    z_mean = full.stacked(last, "encoder", plan.encoder[-1:], first=len(plan.encoder) - 1)
    codes = keras.Input(plan.encoder[-1].shape, name="decoder_input")
    decoder = keras.Model(codes, maker.stacked(codes, "decoder", plan.decoder), name="decoder")
    encoder = keras.Model(pixels, z_mean, name="encoder")
    if plan.log_var is None:
        return Network(encoder, decoder)
    z_log_var = full.layer(plan.log_var, "encoder_log_var")(last)
    both = keras.layers.Concatenate(name="posterior_parts")([z_mean, z_log_var])
    return Network(encoder, decoder, keras.Model(pixels, both, name="posterior"))


def _seeds(config: Config) -> count[int]:
    """One for each layer, none of them that of another layer or of another seed's layers."""
    return count(config.seed * 1000)


@dataclass(frozen=True)
class _Maker:
    """Makes Keras layers of one precision, each with the next of `seeds`.

    Attributes:
        activation: what stands for an activation that a plan calls by its name; by default that name, which any Keras
            knows.
    """

    config: Config
    seeds: count[int]
    precision: str
    activation: Callable[[str], Any] = str

    def stacked(self, outputs: Any, name: str, layers: Sequence[Layer], *, first: int = 0) -> Any:
        """What comes out of `layers`, one after the other; `first` is the number of the first in its model."""
        for index, layer in enumerate(layers, first):
            outputs = self.layer(layer, f"{name}_{index}_{layer.kind}")(outputs)
        return outputs

    def layer(self, layer: Layer, name: str) -> keras.layers.Layer:
        """A layer of Keras as `layer` describes it."""
        # Every layer has a seed of its own: one initializer object shared by all would give equal layers equal weights.
        seed = next(self.seeds)
        common = {"name": name, "dtype": self.precision}
        weighted = {
            "activation": self.activation(layer.activation),
            "kernel_initializer": type(keras.initializers.get(self.config.initializer))(seed=seed),
            **common,
        }
        convolution = {"kernel_size": KERNEL_SIZE, "strides": layer.strides, "padding": "same", **weighted}
        match layer.kind:
            case "flatten":
                return keras.layers.Flatten(**common)
            case "reshape":
                return keras.layers.Reshape(layer.shape, **common)
            case "dense":
                return keras.layers.Dense(layer.shape[0], **weighted)
            case "conv":
                return keras.layers.Conv2D(layer.shape[-1], **convolution)
            case "conv_transpose":
                return keras.layers.Conv2DTranspose(layer.shape[-1], **convolution)
            case "dropout":
                # In bfloat16 TensorFlow would draw from 128 values: a share of 0.01 would come out as one of 0.008.
                return keras.layers.Dropout(self.config.dropout, seed=seed, name=name, dtype=FLOAT32)
        raise AssertionError(layer.kind)
