"""The layers of an encoder and a decoder as plain values, worked out from a Config without TensorFlow.

`training.networks` builds Keras models from these, `training.export` writes them for the browser, pages draw them and
count their parameters: one description, three readers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

from ae_core.config.config import Config
from ae_core.errors import ConfigError

IMAGE_SHAPE = (28, 28)
PIXELS = prod(IMAGE_SHAPE)
KERNEL_SIZE = 3
NETWORK_SCHEMA = 1
"""Of the description by which the browser gets a network; `export.browser_network` says what is in it."""

MOST_PARAMETERS = 20_000_000
"""A limit for a classroom's server: the largest preset has 1.5 million."""


@dataclass(frozen=True)
class Layer:
    """One layer.

    Attributes:
        kind: "flatten", "reshape", "dense", "conv", "conv_transpose" or "dropout"; see also `Plan.drawn_encoder`.
        shape: output shape without the batch, for example (28, 28), (14, 14, 32) or (256,).
        activation: name of the activation, "linear" where there is none.
        strides: 1 or 2, for the two convolutions.
        params: number of trainable weights and biases.
        multiplications: for one image, forward.
    """

    kind: str
    shape: tuple[int, ...]
    activation: str = "linear"
    strides: int = 1
    params: int = 0
    multiplications: int = 0


@dataclass(frozen=True)
class Plan:
    """An encoder from (28, 28) to (latent_dim,), and a decoder back. Dropout appears where the Config asks for it.

    Attributes:
        encoder: the last layer gives the code; of a variational autoencoder, the mean of the posterior (`z_mean`).
        log_var: of a variational autoencoder the layer beside that one, from the same input: the logarithm of the
            posterior's variance (`z_log_var`). None for a plain one.
    """

    encoder: tuple[Layer, ...]
    decoder: tuple[Layer, ...]
    log_var: Layer | None = None

    @property
    def params(self) -> int:
        """Trainable weights and biases of both halves."""
        return sum(layer.params for layer in self._trained)

    @property
    def multiplications(self) -> int:
        """For one image through both halves, forward: what a training step's cost is proportional to."""
        return sum(layer.multiplications for layer in self._trained)

    @property
    def drawn_encoder(self) -> tuple[Layer, ...]:
        """The encoder for pictures of it: mean and log-variance of a variational one are one layer, "posterior"."""
        if self.log_var is None:
            return self.encoder
        last = self.encoder[-1]
        both = replace(
            last,
            kind="posterior",
            params=last.params + self.log_var.params,
            multiplications=last.multiplications + self.log_var.multiplications,
        )
        return (*self.encoder[:-1], both)

    @property
    def _trained(self) -> tuple[Layer, ...]:
        return self.encoder + self.decoder + ((self.log_var,) if self.log_var else ())


def plan_layers(config: Config) -> Plan:
    """The layers that `config` asks for.

    Raises:
        ConfigError: the network would have more than `MOST_PARAMETERS` parameters.
    """
    config = config.canonical
    plan = PLANNERS[config.architecture](config)
    if config.family == "variational":
        plan = replace(plan, log_var=plan.encoder[-1])
    if plan.params > MOST_PARAMETERS:
        field = "filters" if config.architecture == "conv" else "encoder_widths"
        raise ConfigError(
            field,
            f"A network must have at most {MOST_PARAMETERS:,} parameters. Received: {plan.params:,}. "
            f"Choose smaller {FIELD_WORDS[field]}.",
        )
    return plan


FIELD_WORDS = {"filters": "filters", "encoder_widths": "layers"}


def plan_dense(config: Config) -> Plan:
    """Flatten, hidden dense layers, code; hidden dense layers mirrored unless given, 784 pixels, reshape."""
    decoder_widths = config.encoder_widths[::-1] if config.decoder_widths is None else config.decoder_widths
    encoder = [
        Layer("flatten", (PIXELS,)),
        *_hidden_dense(config, fan_in=PIXELS, widths=config.encoder_widths),
    ]
    encoder.append(_dense(encoder[-1].shape[0], config.latent_dim, config.code_activation))
    decoder = _hidden_dense(config, fan_in=config.latent_dim, widths=decoder_widths)
    last = decoder[-1].shape[0] if decoder else config.latent_dim
    decoder += [_dense(last, PIXELS, config.output_activation), Layer("reshape", IMAGE_SHAPE)]
    return Plan(tuple(encoder), tuple(decoder))


def plan_conv(config: Config) -> Plan:
    """3 x 3 convolutions, the first two halving the image, and a dense code; then the mirror, transposed."""
    strides = [2 if index < 2 else 1 for index in range(len(config.filters))]
    shape: tuple[int, ...] = (*IMAGE_SHAPE, 1)
    encoder = [Layer("reshape", shape)]
    for filters, stride in zip(config.filters, strides, strict=True):
        size = shape[0] // stride
        encoder.append(_conv("conv", shape[2], (size, size, filters), config.hidden_activation, stride))
        encoder += _dropout(config, encoder[-1].shape)
        shape = encoder[-1].shape
    encoder += [Layer("flatten", (prod(shape),)), _dense(prod(shape), config.latent_dim, config.code_activation)]

    decoder = [_dense(config.latent_dim, prod(shape), config.hidden_activation), Layer("reshape", shape)]
    outputs = [1, *config.filters[:-1]]
    for index in reversed(range(len(config.filters))):
        size = shape[0] * strides[index]
        last = index == 0
        activation = config.output_activation if last else config.hidden_activation
        up = (size, size, outputs[index])
        decoder.append(_conv("conv_transpose", shape[2], up, activation, strides[index]))
        decoder += [] if last else _dropout(config, up)
        shape = up
    decoder.append(Layer("reshape", IMAGE_SHAPE))
    return Plan(tuple(encoder), tuple(decoder))


PLANNERS = {"dense": plan_dense, "conv": plan_conv}


def _hidden_dense(config: Config, *, fan_in: int, widths: Sequence[int]) -> list[Layer]:
    layers: list[Layer] = []
    for width in widths:
        layers.append(_dense(fan_in, width, config.hidden_activation))
        layers += _dropout(config, (width,))
        fan_in = width
    return layers


def _dense(fan_in: int, units: int, activation: str) -> Layer:
    return Layer("dense", (units,), activation, params=(fan_in + 1) * units, multiplications=fan_in * units)


def _conv(kind: str, channels: int, shape: tuple[int, ...], activation: str, strides: int) -> Layer:
    kernel = KERNEL_SIZE * KERNEL_SIZE * channels * shape[-1]
    # A transposed convolution spreads each of its inputs, a plain one gathers for each of its outputs.
    places = shape[0] * shape[1] // (strides**2 if kind == "conv_transpose" else 1)
    return Layer(kind, shape, activation, strides, params=kernel + shape[-1], multiplications=kernel * places)


def _dropout(config: Config, shape: tuple[int, ...]) -> list[Layer]:
    return [Layer("dropout", shape)] if config.dropout else []
