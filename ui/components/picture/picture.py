"""A small picture of a network, for beside the form in which one chooses its layers."""

from __future__ import annotations

from collections.abc import Sequence

from ae_core.config.layers import Layer
from ui.components.payload import layer_values
from ui.components.scripts import register

_PICTURE = register("picture")


def layer_picture(*, key: str, encoder_layers: Sequence[Layer], decoder_layers: Sequence[Layer]) -> None:
    """Show the network, tapering and widening, with sizes and parameters. With the same key, changes glide."""
    _PICTURE(key=key, data={"encoder": layer_values(encoder_layers), "decoder": layer_values(decoder_layers)})
