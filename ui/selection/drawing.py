"""What this visitor drew last, and other pictures of their own, for every page that takes one.

No address could hold them. The session does while it lasts, and the tab brings them back to the next one.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ae_core.config.layers import IMAGE_SHAPE
from ae_core.errors import DrawingError
from ae_core.preprocessing.corruption import Spoil
from ae_core.preprocessing.drawing import digit_from_canvas
from ui.components.draw.draw import Settings
from ui.components.tab.tab import keep_in_tab
from ui.selection.address import Parameter
from ui.shell.pictures import rgba_of

Floats = NDArray[np.float32]
Own = Literal["photo", "A", "B"]

CANVAS, KEPT = "draw_canvas", "_draw_kept"
"""Where the session keeps what the canvas sends, and the drawing that came of it."""
OWN: dict[Own, str] = {"photo": "_draw_photo_digit", "A": "_draw_own_A", "B": "_draw_own_B"}
"""Where it keeps the digit of a photo, and own pictures that were kept as A and B: (28, 28) float32 each."""
CENTRE = Parameter.one_of("centre", "_draw_centre", {"on": True, "off": False}, usual=True)
SPOIL = Parameter(
    "spoil", "_draw_spoil", Spoil(), Spoil.from_text, Spoil.to_text, f"written like {Spoil(0.5, rotate=-30).to_text()}"
)
DRAWING = "your drawing"
NO_DRAWING = "There is no drawing in this tab yet. Make one on the Draw page and come back, or choose something else."
MOST_STROKES, MOST_PNG = 2000, 1_000_000
"""Of a drawing that a browser may bring along; and bytes of its picture."""
_TAB = "tab"


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
    return Settings(st.session_state.get(CENTRE.key, CENTRE.usual), st.session_state.get(SPOIL.key, SPOIL.usual))


def drawn_digit() -> Floats | None:
    """What this visitor drew last, as a network sees it unspoiled, (28, 28); None for an empty canvas."""
    kept = kept_drawing()
    if kept is None:
        return None
    digit = digit_from_canvas(rgba_of(kept.png), centre=drawing_settings().centre)
    return digit if digit.any() else None


def remember_pictures() -> None:
    """Have the tab keep what is the visitor's own, and take back what it kept when it was loaded anew."""
    drawing = kept_drawing()
    own: dict[str, Floats] = {name: st.session_state[key] for name, key in OWN.items() if key in st.session_state}
    kept: dict[str, Any] = {name: _text(picture.astype("<f4").tobytes()) for name, picture in own.items()}
    if drawing and not drawing.blank:
        kept["drawing"] = {"strokes": drawing.strokes, "png": _text(drawing.png)}
    keep_in_tab(key=_TAB, kept=kept, on_back=_take_back)


def _take_back() -> None:
    """A tab that was loaded anew brings what it kept; a callback."""
    brought = st.session_state[_TAB]["back"]
    if not isinstance(brought, dict):
        return
    if KEPT not in st.session_state and (drawing := _drawing_of(brought.get("drawing"))):
        st.session_state[KEPT] = drawing
        # The canvas begins anew, with this on it.
        st.session_state.pop(CANVAS, None)
    for name, key in OWN.items():
        if key not in st.session_state and (picture := _picture_of(brought.get(name))) is not None:
            st.session_state[key] = picture


def _drawing_of(values: object) -> Drawing | None:
    """What a tab kept, which may be anything, as a drawing; None for what is none."""
    if not isinstance(values, dict):
        return None
    strokes, png = values.get("strokes"), _bytes_of(values.get("png"))
    if not isinstance(strokes, dict) or not png or len(png) > MOST_PNG:
        return None
    objects = strokes.get("objects")
    if not isinstance(objects, list) or len(objects) > MOST_STROKES:
        return None
    try:
        rgba_of(png)
    except DrawingError:
        return None
    return Drawing(strokes, png)


def _picture_of(text: object) -> Floats | None:
    content = _bytes_of(text)
    if content is None or len(content) != 4 * IMAGE_SHAPE[0] * IMAGE_SHAPE[1]:
        return None
    return np.clip(np.nan_to_num(np.frombuffer(content, "<f4").reshape(IMAGE_SHAPE)), 0, 1)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _bytes_of(text: object) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True) if isinstance(text, str) else None
    except binascii.Error:
        return None
