"""Originals above their reconstructions: what is sent, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.ui.components.blocks import unpack
from ui.components.rows.rows import rows_data

IMAGES = np.arange(2 * 784).reshape(2, 28, 28).astype(np.uint8)


def test_rows_carry_both_images_and_their_captions() -> None:
    header, blobs = unpack(rows_data(IMAGES, IMAGES, ["7", "2"], ["0.004", "0.010"]))
    assert (header["labels"], header["captions"]) == (["7", "2"], ["0.004", "0.010"])
    assert blobs["originals"] == blobs["reconstructions"] == IMAGES.tobytes()


def test_rows_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match=r"must be equally many\. Received: 2, 2, 1 and no\."):
        rows_data(IMAGES, IMAGES, ["7"], None)
