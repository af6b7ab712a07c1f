"""Between two pictures: through the latent space of each codec, and straight through the pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ae_core.layers import IMAGE_SHAPE
from ui.live.modules import FOLDER, join_modules, join_styles
from ui.live.payload import pack

Floats = NDArray[np.float32]

_BLEND = st.components.v2.component(
    "bottleneck_blend",
    html=(FOLDER / "blend.html").read_text(encoding="utf-8"),
    css=join_styles("base", "parts", "blend"),
    js=join_modules("blend"),
)


def blend(*, key: str, a: Floats, b: Floats, codecs: Sequence[tuple[str, str]]) -> None:
    """Show a slider from `a` to `b`, with what lies between. All of it happens in the browser.

    Args:
        a, b: (28, 28) float32 in [0, 1].
        codecs: of each the name to show and the name of its network, see `carrier`.

    Raises:
        ValueError: a picture of another shape.
    """
    _BLEND(key=key, data=blend_data(a, b, codecs))


def blend_data(a: Floats, b: Floats, codecs: Sequence[tuple[str, str]]) -> bytes:
    """What `blend` sends. Raises ValueError as it does."""
    for picture in (a, b):
        if picture.shape != IMAGE_SHAPE:
            raise ValueError(f"A picture must be of shape {IMAGE_SHAPE}. Received: {picture.shape}.")
    header = {"codecs": [{"name": name, "model": model} for name, model in codecs], "pixels": "Pixels, cross-faded"}
    return pack(header, {"a": a.astype("<f4").tobytes(), "b": b.astype("<f4").tobytes()})
