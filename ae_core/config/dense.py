"""Dense layers, which see 784 pixels without order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ae_core.config.architecture import Architecture
from ae_core.config.layers import IMAGE_SHAPE, PIXELS, Layer, Plan, dense_layer, dropout_layers

if TYPE_CHECKING:
    from ae_core.config.config import Config


def _plan(config: Config) -> Plan:
    """Flatten, hidden dense layers, code; hidden dense layers mirrored unless given, 784 pixels, reshape."""
    decoder_widths = config.encoder_widths[::-1] if config.decoder_widths is None else config.decoder_widths
    encoder = [
        Layer("flatten", (PIXELS,)),
        *_hidden(config, fan_in=PIXELS, widths=config.encoder_widths),
    ]
    encoder.append(dense_layer(encoder[-1].shape[0], config.latent_dim, config.code_activation))
    decoder = _hidden(config, fan_in=config.latent_dim, widths=decoder_widths)
    last = decoder[-1].shape[0] if decoder else config.latent_dim
    decoder += [dense_layer(last, PIXELS, config.output_activation), Layer("reshape", IMAGE_SHAPE)]
    return Plan(tuple(encoder), tuple(decoder))


def _hidden(config: Config, *, fan_in: int, widths: Sequence[int]) -> list[Layer]:
    layers: list[Layer] = []
    for width in widths:
        layers.append(dense_layer(fan_in, width, config.hidden_activation))
        layers += dropout_layers(config.dropout, (width,))
        fan_in = width
    return layers


def _ignored(config: Config) -> dict[str, Any]:
    """A decoder that mirrors the encoder is the usual one, and without hidden layers nothing acts on them."""
    ignored: dict[str, Any] = {}
    if config.decoder_widths == config.encoder_widths[::-1]:
        ignored["decoder_widths"] = None
    if not (config.encoder_widths or config.decoder_widths):
        default = type(config)()
        ignored |= {"hidden_activation": default.hidden_activation, "dropout": default.dropout}
    return ignored


DENSE = Architecture("Dense", ("encoder_widths", "decoder_widths"), "encoder_widths", "layers", _plan, _ignored)
