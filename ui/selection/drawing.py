"""What this visitor drew last, for every page that takes a drawing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ae_core.preprocessing.drawing import digit_from_canvas
from ui.components import Settings
from ui.shell.pictures import rgba_of

Floats = NDArray[np.float32]

KEPT, SETTINGS = "_draw_kept", "_draw_settings"


@dataclass(frozen=True, eq=False)
class Drawing:
    """What a visitor drew: the strokes, to draw them again, and the canvas's pixels as a PNG file."""

    strokes: dict[str, Any]
    png: bytes

    @property
    def blank(self) -> bool:
        """Whether nothing was drawn."""
        return not self.strokes.get("objects")


def kept_drawing() -> Drawing | None:
    """The drawing as the canvas sent it last; None before the first."""
    drawing: Drawing | None = st.session_state.get(KEPT)
    return drawing


def drawing_settings() -> Settings:
    """What the visitor has set for drawings and for the damage done to them."""
    kept: Settings = st.session_state.get(SETTINGS, Settings())
    return kept


def drawn_digit() -> Floats | None:
    """What this visitor drew last, as a network sees it unspoiled, (28, 28); None for an empty canvas."""
    kept = kept_drawing()
    if kept is None:
        return None
    digit = digit_from_canvas(rgba_of(kept.png), centre=drawing_settings().centre)
    return digit if digit.any() else None
