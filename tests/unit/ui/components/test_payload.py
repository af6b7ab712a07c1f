"""Packing data for the browser."""

from __future__ import annotations

import numpy as np
import pytest

from ae_core.config.config import Config
from ae_core.config.plan import plan_layers
from tests.unit.ui.components.blocks import NETWORK, WEIGHTS, unpack
from ui.components.payload import decoder_only, fingerprint, image_bytes, layer_values, pack

FLOATS = np.array([0.5, -1.0], dtype=np.float32)


def test_packed_arrays_start_where_floats_may_start() -> None:
    block = pack({"word": "é"}, {"odd": b"abc", "floats": FLOATS.tobytes()})
    header, blobs = unpack(block)
    assert len(block) % 4 == (len(block) - len(FLOATS.tobytes())) % 4 == 0
    assert header["blobs"]["floats"][0] % 4 == 0
    assert (header["word"], blobs["odd"], blobs["floats"]) == ("é", b"abc", FLOATS.tobytes())


def test_a_fingerprint_tells_where_one_part_ends() -> None:
    assert fingerprint(b"ab", b"c") != fingerprint(b"a", b"bc")


def test_decoder_only_keeps_the_decoders_weights_and_moves_its_offsets() -> None:
    network, weights = decoder_only(NETWORK, WEIGHTS)
    dense, reshape = network["decoder"]
    assert network["encoder"] == []
    assert (dense["kernel"], dense["bias"]) == ([0, 6], [6, 3])
    assert np.frombuffer(weights, "<f4").tolist() == [8, 9, 10, 11, 12, 13, 17, 18, 19]
    assert reshape == NETWORK["decoder"][1]
    assert NETWORK["decoder"][0]["kernel"] == [8, 6]


def test_decoder_only_refuses_weights_that_are_too_short() -> None:
    with pytest.raises(ValueError, match=r"The bias of a dense layer must lie within 19 floats\. Received: 3 from 17"):
        decoder_only(NETWORK, WEIGHTS[:-4])


def test_layers_for_drawing_have_no_dropout_and_speak_plainly() -> None:
    layers = layer_values(plan_layers(Config(encoder_widths=(512, 256), hidden_activation="relu", dropout=0.5)).encoder)
    assert [layer["kind"] for layer in layers] == ["flatten", "dense", "dense", "dense"]
    assert layers[1]["activation"] == "ReLU"
    assert layers[1]["params"] == 785 * 512


def test_images_must_be_bytes() -> None:
    with pytest.raises(ValueError, match=r"originals must be uint8 .* Received: float64 of shape \(1, 28, 28\)"):
        image_bytes(np.zeros((1, 28, 28)), name="originals")
