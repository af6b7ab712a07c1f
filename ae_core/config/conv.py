"""Convolutions, which see which pixels are neighbours."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from ae_core.config.architecture import Architecture
from ae_core.config.layers import IMAGE_SHAPE, Layer, Plan, conv_layer, dense_layer, dropout_layers

if TYPE_CHECKING:
    from ae_core.config.config import Config


def _plan(config: Config) -> Plan:
    """3 x 3 convolutions, the first two halving the image, and a dense code; then the mirror, transposed."""
    strides = [2 if index < 2 else 1 for index in range(len(config.filters))]
    shape: tuple[int, ...] = (*IMAGE_SHAPE, 1)
    encoder = [Layer("reshape", shape)]
    for filters, stride in zip(config.filters, strides, strict=True):
        size = shape[0] // stride
        encoder.append(conv_layer("conv", shape[2], (size, size, filters), config.hidden_activation, stride))
        encoder += dropout_layers(config.dropout, encoder[-1].shape)
        shape = encoder[-1].shape
    encoder += [Layer("flatten", (prod(shape),)), dense_layer(prod(shape), config.latent_dim, config.code_activation)]

    decoder = [dense_layer(config.latent_dim, prod(shape), config.hidden_activation), Layer("reshape", shape)]
    outputs = [1, *config.filters[:-1]]
    for index in reversed(range(len(config.filters))):
        size = shape[0] * strides[index]
        last = index == 0
        activation = config.output_activation if last else config.hidden_activation
        up = (size, size, outputs[index])
        decoder.append(conv_layer("conv_transpose", shape[2], up, activation, strides[index]))
        decoder += [] if last else dropout_layers(config.dropout, up)
        shape = up
    decoder.append(Layer("reshape", IMAGE_SHAPE))
    return Plan(tuple(encoder), tuple(decoder))


CONV = Architecture("Convolutional", ("filters",), "filters", "filters", _plan, parts=2)
