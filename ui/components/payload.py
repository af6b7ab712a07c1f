"""What a component is sent: one block of bytes, a JSON header first and arrays after it.

Streamlit passes a component's `data` as JSON, as Arrow tables, or, when it is bytes, as they are. Bytes inside a dict
become text, so everything goes into one block: no base64, no copy on the way, and the browser reads arrays in place.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ae_core.config.hyperparameters import ACTIVATIONS
from ae_core.config.layers import IMAGE_SHAPE, Layer

ALIGNMENT = 4
"""Arrays start at multiples of this, counted from the block's start, as float32 arrays must."""

Images = NDArray[np.uint8]


def pack(header: Mapping[str, Any], blobs: Mapping[str, bytes]) -> bytes:
    """A length (uint32, little-endian), the header as JSON with each blob's [offset, count] under "blobs", the blobs.

    Offsets count bytes from the end of the header.
    """
    places: dict[str, list[int]] = {}
    body = bytearray()
    for name, blob in blobs.items():
        body += bytes(-len(body) % ALIGNMENT)
        places[name] = [len(body), len(blob)]
        body += blob
    text = json.dumps({**header, "blobs": places}, separators=(",", ":")).encode()
    text += b" " * (-len(text) % ALIGNMENT)
    return struct.pack("<I", len(text)) + text + bytes(body)


def fingerprint(*parts: bytes) -> str:
    """A short name for these bytes, by which the browser sees that nothing changed without looking at them."""
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        digest.update(struct.pack("<Q", len(part)))
        digest.update(part)
    return digest.hexdigest()


def image_bytes(images: Any, *, name: str) -> bytes:
    """(n, 28, 28) uint8 as bytes. Raises ValueError for another shape or type."""
    array = np.asarray(images)
    if array.ndim != 1 + len(IMAGE_SHAPE) or array.shape[1:] != IMAGE_SHAPE or array.dtype != np.uint8:
        raise ValueError(f"{name} must be uint8 of shape (n, 28, 28). Received: {array.dtype} of shape {array.shape}.")
    return array.tobytes()


def layer_values(layers: Sequence[Layer]) -> list[dict[str, Any]]:
    """Layers as the drawing code takes them. Dropout is left out: it is not there when a network is used."""
    return [
        {
            "kind": layer.kind,
            "shape": list(layer.shape),
            "activation": ACTIVATIONS.get(layer.activation, layer.activation),
            "strides": layer.strides,
            "params": layer.params,
        }
        for layer in layers
        if layer.kind != "dropout"
    ]


def check_network(network: Mapping[str, Any], weights: bytes) -> None:
    """Raises ValueError, KeyError or TypeError unless every layer's weights lie within `weights`."""
    floats = np.frombuffer(weights, dtype="<f4")
    for layer in (*network["encoder"], *network["decoder"]):
        for name in ("kernel", "bias"):
            if name in layer:
                _floats_of(layer, name, floats)


def decoder_only(network: Mapping[str, Any], weights: bytes) -> tuple[dict[str, Any], bytes]:
    """The decoder's half of a network for the browser: its weights alone, and offsets into those.

    Raises:
        ValueError: a layer's weights lie outside of `weights`.
    """
    floats = np.frombuffer(weights, dtype="<f4")
    kept: list[NDArray[np.float32]] = []
    count = 0
    layers = []
    for layer in network["decoder"]:
        moved = dict(layer)
        for name in ("kernel", "bias"):
            if name in layer:
                kept.append(_floats_of(layer, name, floats))
                moved[name] = [count, kept[-1].size]
                count += kept[-1].size
        layers.append(moved)
    return {**network, "encoder": [], "decoder": layers}, b"".join(part.tobytes() for part in kept)


def _floats_of(layer: Mapping[str, Any], name: str, floats: NDArray[np.float32]) -> NDArray[np.float32]:
    offset, size = layer[name]
    if offset < 0 or offset + size > floats.size:
        raise ValueError(
            f"The {name} of a {layer['kind']} layer must lie within {floats.size} floats. "
            f"Received: {size} from {offset}."
        )
    return floats[offset : offset + size]
