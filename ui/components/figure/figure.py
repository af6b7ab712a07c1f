"""The figure of the Start page: a digit, the encoder, its code as bars to drag, the decoder, the reconstruction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ae_core.config.layers import Layer
from ui.components.payload import Images, decoder_only, fingerprint, image_bytes, layer_values, pack
from ui.components.scripts import register

_FIGURE = register("figure")


@dataclass(frozen=True, eq=False)
class Digit:
    """One test image and what a network makes of it.

    Attributes:
        image: (28, 28) uint8.
        label: what it shows, for example "7".
        code: (latent_dim,) float32, where a trained network is at hand.
        reconstruction: (28, 28) uint8, shown while there is no network yet.
    """

    image: Images
    label: str
    code: NDArray[np.float32] | None = None
    reconstruction: Images | None = None


def start_figure(
    *,
    key: str,
    digits: Sequence[Digit],
    encoder_layers: Sequence[Layer],
    decoder_layers: Sequence[Layer],
    network: Mapping[str, Any] | None = None,
    weights: bytes | None = None,
    status: str | None = None,
) -> None:
    """Show the figure. All that happens in it afterwards happens in the browser.

    Without `network` it shows the digits' `reconstruction` and `status` under a code that is still being learned; call
    it again, with the same key, as often as there is something new. When each digit brings its code, only the
    decoder's weights are sent.

    Args:
        network: layers and offsets as the exporter writes them (schema 1).
        weights: little-endian float32, what `network` points into.

    Raises:
        ValueError: no digits, an array of another shape, or a network whose weights or codes are missing.
    """
    _FIGURE(
        key=key,
        data=figure_data(
            digits=digits,
            encoder_layers=encoder_layers,
            decoder_layers=decoder_layers,
            network=network,
            weights=weights,
            status=status,
        ),
    )


def figure_data(
    *,
    digits: Sequence[Digit],
    encoder_layers: Sequence[Layer],
    decoder_layers: Sequence[Layer],
    network: Mapping[str, Any] | None = None,
    weights: bytes | None = None,
    status: str | None = None,
) -> bytes:
    """What `start_figure` sends. Raises ValueError as it does."""
    if not digits:
        raise ValueError("digits must hold at least one digit. Received: none.")
    latent_dim = encoder_layers[-1].shape[0]
    reconstructed = [index for index, digit in enumerate(digits) if digit.reconstruction is not None]
    blobs = {"images": image_bytes([digit.image for digit in digits], name="Images of digits")}
    if network is None and reconstructed:
        made = [digits[index].reconstruction for index in reconstructed]
        blobs["reconstructions"] = image_bytes(made, name="Reconstructions of digits")
    model = ""
    if network is not None:
        network, trained = _trained(digits, latent_dim, network, weights)
        blobs |= trained
        shown = json.dumps([network, [digit.label for digit in digits]])
        model = fingerprint(shown.encode(), blobs["images"], *trained.values())
    header = {
        "labels": [digit.label for digit in digits],
        "latentDim": latent_dim,
        "encoder": layer_values(encoder_layers),
        "decoder": layer_values(decoder_layers),
        "network": network,
        "model": model,
        "status": status,
        "reconstructed": reconstructed,
    }
    return pack(header, blobs)


def _trained(
    digits: Sequence[Digit], latent_dim: int, network: Mapping[str, Any], weights: bytes | None
) -> tuple[Mapping[str, Any], dict[str, bytes]]:
    """The network as it is sent, with its weights and, where every digit has one, the codes."""
    if weights is None:
        raise ValueError("weights must come with network. Received: None.")
    codes = [digit.code for digit in digits if digit.code is not None]
    if len(codes) == len(digits):
        network, weights = decoder_only(network, weights)
        return network, {"weights": weights, "codes": _code_bytes(codes, latent_dim)}
    if not network["encoder"]:
        raise ValueError(
            f"Every digit must have a code when network has no encoder. Received: {len(codes)} of {len(digits)}."
        )
    return network, {"weights": weights}


def _code_bytes(codes: Sequence[NDArray[np.float32]], latent_dim: int) -> bytes:
    for code in codes:
        if code.shape != (latent_dim,):
            raise ValueError(f"A digit's code must be of shape ({latent_dim},). Received: {code.shape}.")
    return np.stack(codes).astype("<f4").tobytes()
