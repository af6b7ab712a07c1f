"""Pictures with operators between them: what is sent."""

from __future__ import annotations

import numpy as np

from tests.unit.ui.components.blocks import unpack
from ui.components.equation.equation import Term, equation_data

IMAGES = np.random.default_rng(0).integers(256, size=(2, 28, 28), dtype=np.uint8)


def test_a_sum_is_sent_term_by_term() -> None:
    header, blobs = unpack(equation_data([Term("", "a 7", IMAGES[0]), Term("=", "the sum", IMAGES[1])]))
    assert header["terms"] == [{"sign": "", "name": "a 7"}, {"sign": "=", "name": "the sum"}]
    assert blobs["images"] == IMAGES.tobytes()
