"""From one picture to another: which ways are sent."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.ui.components.blocks import unpack
from ui.components.blend.blend import blend_data


@pytest.mark.parametrize("arcs", [False, True])
def test_each_codec_has_a_straight_line_and_an_arc_if_it_is_asked_for(arcs: bool) -> None:
    a, b = np.zeros((2, 28, 28), np.float32)
    header, _ = unpack(blend_data(a, b, [("Codes", "model")], arcs=arcs))
    names = ["Codes, straight line", "Codes, arc"] if arcs else ["Codes"]
    assert [(path["name"], path["arc"]) for path in header["codecs"]] == [(name, "arc" in name) for name in names]
