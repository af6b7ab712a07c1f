"""The figure of the Start page: what is sent, what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ae_core.config.config import Config
from ae_core.config.plan import plan_layers
from tests.unit.ui.components.blocks import NETWORK, WEIGHTS, unpack
from ui.components.figure.figure import Digit, figure_data

PLAN = plan_layers(Config(encoder_widths=(3,), latent_dim=2))
IMAGE = np.arange(784, dtype=np.uint8).reshape(28, 28)
CODE = np.array([0.5, -1.0], dtype=np.float32)


def figure(**changes: Any) -> tuple[dict[str, Any], dict[str, bytes]]:
    arguments = {
        "digits": [Digit(IMAGE, "7", CODE)],
        "encoder_layers": PLAN.encoder,
        "decoder_layers": PLAN.decoder,
        "network": NETWORK,
        "weights": WEIGHTS,
    }
    return unpack(figure_data(**(arguments | changes)))


def test_a_figure_whose_digits_have_codes_gets_the_decoder_alone() -> None:
    header, blobs = figure()
    assert header["network"]["encoder"] == []
    assert len(blobs["weights"]) == 9 * 4
    assert np.frombuffer(blobs["codes"], "<f4").tolist() == CODE.tolist()
    assert blobs["images"] == IMAGE.tobytes()


def test_a_figure_whose_digits_have_no_codes_gets_the_encoder_too() -> None:
    header, blobs = figure(digits=[Digit(IMAGE, "7")])
    assert header["network"] == NETWORK
    assert blobs["weights"] == WEIGHTS
    assert "codes" not in blobs


def test_a_figure_without_a_network_gets_reconstructions_and_status() -> None:
    digits = [Digit(IMAGE, "7"), Digit(IMAGE, "2", reconstruction=IMAGE.T.copy())]
    header, blobs = figure(digits=digits, network=None, weights=None, status="Step 3")
    assert (header["network"], header["status"], header["reconstructed"]) == (None, "Step 3", [1])
    assert blobs["reconstructions"] == IMAGE.T.tobytes()


def test_a_changed_weight_changes_the_models_name_and_a_changed_status_does_not() -> None:
    other = bytearray(WEIGHTS)
    other[40] ^= 1
    name = figure()[0]["model"]
    assert figure(weights=bytes(other))[0]["model"] != name
    assert figure(digits=[Digit(IMAGE, "1", CODE)])[0]["model"] != name
    assert figure(status="Done")[0]["model"] == name


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"digits": []}, "digits must hold at least one digit. Received: none."),
        ({"weights": None}, "weights must come with network. Received: None."),
        ({"digits": [Digit(IMAGE[:5], "7", CODE)]}, r"must be uint8 of shape \(n, 28, 28\). Received: uint8 of shape"),
        ({"digits": [Digit(IMAGE, "7", CODE[:1])]}, r"code must be of shape \(2,\). Received: \(1,\)."),
        (
            {"digits": [Digit(IMAGE, "7")], "network": NETWORK | {"encoder": []}},
            "Every digit must have a code when network has no encoder. Received: 0 of 1.",
        ),
    ],
)
def test_a_figure_refuses_what_it_cannot_show(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        figure(**changes)
