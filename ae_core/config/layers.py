"""The layers of an encoder and a decoder as plain values, without TensorFlow.

`training.networks` builds Keras models from these, `training.export` writes them for the browser, pages draw them and
count their parameters: one description, three readers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

IMAGE_SHAPE = (28, 28)
PIXELS = prod(IMAGE_SHAPE)
KERNEL_SIZE = 3
NETWORK_SCHEMA = 1
"""Of the description by which the browser gets a network; `export.browser_network` says what is in it."""


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


def dense_layer(fan_in: int, units: int, activation: str) -> Layer:
    """Each of `units` looks at all of `fan_in` numbers."""
    return Layer("dense", (units,), activation, params=(fan_in + 1) * units, multiplications=fan_in * units)


def conv_layer(kind: str, channels: int, shape: tuple[int, ...], activation: str, strides: int) -> Layer:
    """A convolution, or a transposed one, from so many channels to `shape` (height, width, filters)."""
    kernel = KERNEL_SIZE * KERNEL_SIZE * channels * shape[-1]
    # A transposed convolution spreads each of its inputs, a plain one gathers for each of its outputs.
    places = shape[0] * shape[1] // (strides**2 if kind == "conv_transpose" else 1)
    return Layer(kind, shape, activation, strides, params=kernel + shape[-1], multiplications=kernel * places)


def dropout_layers(share: float, shape: tuple[int, ...]) -> list[Layer]:
    """One that switches off a share of what has `shape`; none for a share of 0."""
    return [Layer("dropout", shape)] if share else []
