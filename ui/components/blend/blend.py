"""Between two pictures: through the latent space of each codec, and straight through the pixels."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ae_core.config.layers import IMAGE_SHAPE
from ui.components.payload import fingerprint, pack
from ui.components.scripts import register

Floats = NDArray[np.float32]

_BLEND = register("blend")


def blend(*, key: str, a: Floats, b: Floats, codecs: Sequence[tuple[str, str]], arcs: bool = False) -> None:
    """Show a slider from `a` to `b` that plays by itself, with what lies between. All of it happens in the browser.

    Args:
        a, b: (28, 28) float32 in [0, 1].
        codecs: of each the name to show and the name of its network, see `carrier`.
        arcs: whether the arc about the origin is shown as well, below the straight line, see `generating.slerp`.

    Raises:
        ValueError: a picture of another shape.
    """
    _BLEND(key=key, data=blend_data(a, b, codecs, arcs=arcs))


def blend_data(a: Floats, b: Floats, codecs: Sequence[tuple[str, str]], *, arcs: bool = False) -> bytes:
    """What `blend` sends. Raises ValueError as it does."""
    for picture in (a, b):
        if picture.shape != IMAGE_SHAPE:
            raise ValueError(f"A picture must be of shape {IMAGE_SHAPE}. Received: {picture.shape}.")
    ways = ((", straight line", False), (", arc", True)) if arcs else (("", False),)
    paths = [{"name": f"{name}{words}", "model": model, "arc": arc} for name, model in codecs for words, arc in ways]
    blobs = {"a": a.astype("<f4").tobytes(), "b": b.astype("<f4").tobytes()}
    journey = fingerprint(json.dumps(paths).encode(), *blobs.values())
    return pack({"journey": journey, "codecs": paths, "pixels": "Pixels, cross-faded"}, blobs)
