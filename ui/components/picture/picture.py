"""A small picture of a network, for beside the form in which one chooses its layers."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ae_core.config.layers import Layer
from ui.live.modules import FOLDER, join_modules, join_styles
from ui.live.payload import layer_values

_PICTURE = st.components.v2.component(
    "bottleneck_layer_picture",
    html=(FOLDER / "picture.html").read_text(encoding="utf-8"),
    css=join_styles("base", "network", "picture"),
    js=join_modules("picture"),
)


def layer_picture(*, key: str, encoder_layers: Sequence[Layer], decoder_layers: Sequence[Layer]) -> None:
    """Show the network, tapering and widening, with sizes and parameters. With the same key, changes glide."""
    _PICTURE(key=key, data={"encoder": layer_values(encoder_layers), "decoder": layer_values(decoder_layers)})
