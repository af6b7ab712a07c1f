"""A block as the browser reads it, and a network to send."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np

WEIGHTS = np.arange(20, dtype="<f4").tobytes()
NETWORK: dict[str, Any] = {
    "schema": 1,
    "encoder": [{"kind": "dense", "shape": [2], "activation": "linear", "kernel": [0, 6], "bias": [6, 2]}],
    "decoder": [
        {"kind": "dense", "shape": [3], "activation": "relu", "kernel": [8, 6], "bias": [17, 3]},
        {"kind": "reshape", "shape": [1, 3], "activation": "linear"},
    ],
}


def unpack(block: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """What unpack.js does."""
    (length,) = struct.unpack_from("<I", block)
    header = json.loads(block[4 : 4 + length])
    body = block[4 + length :]
    return header, {name: body[start : start + count] for name, (start, count) in header["blobs"].items()}
