"""The same images row by row: what is sent, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.ui.components.blocks import unpack
from ui.components.strips.strips import Strip, strips_data

PAIR = np.arange(2 * 784).reshape(2, 28, 28).astype(np.uint8)


def test_strips_carry_their_images_captions_and_colours() -> None:
    header, blobs = unpack(
        strips_data([Strip("Original", PAIR, ["7", "8"]), Strip("A", PAIR[::-1], ["a", "b"], "#123456")])
    )
    assert header["strips"] == [
        {"name": "Original", "color": "", "captions": ["7", "8"]},
        {"name": "A", "color": "#123456", "captions": ["a", "b"]},
    ]
    assert blobs["0"] == PAIR.tobytes()
    assert blobs["1"] == PAIR[::-1].tobytes()


def test_strips_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match=r"equally many images and captions\. Received: \[1, 2\]"):
        strips_data([Strip("A", PAIR[:1], ["1"]), Strip("B", PAIR, ["1", "2"])])
