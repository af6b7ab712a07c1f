"""Dense layers in the form in which the browser takes networks; `export.browser_network` writes trained ones so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from numpy.typing import NDArray

from ae_core.config.layers import NETWORK_SCHEMA


class Dense(NamedTuple):
    """A layer: activation(values @ kernel + bias), with kernel (n, m) and bias (m,)."""

    kernel: NDArray[Any]
    bias: NDArray[Any]
    activation: str


def pack_dense(*, encoder: Sequence[Dense], decoder: Sequence[Dense]) -> tuple[dict[str, Any], bytes]:
    """Both halves as JSON values, and their weights as one little-endian float32 buffer."""
    buffer: list[NDArray[Any]] = []

    def entry(layer: Dense) -> dict[str, Any]:
        values: dict[str, Any] = {
            "kind": "dense", "shape": [layer.bias.size], "activation": layer.activation, "strides": 1,
        }  # fmt: skip
        for part in ("kernel", "bias"):
            weights = getattr(layer, part).astype("<f4").ravel()
            values[part] = [sum(array.size for array in buffer), weights.size]
            buffer.append(weights)
        return values

    spec = {"schema": NETWORK_SCHEMA, "encoder": [*map(entry, encoder)], "decoder": [*map(entry, decoder)]}
    return spec, b"".join(array.tobytes() for array in buffer)
