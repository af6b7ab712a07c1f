"""Undo, redo and clear for the drawing canvas, as buttons that a finger can hit."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ui.live.modules import FOLDER, join_modules, join_styles

_TOOLS = st.components.v2.component(
    "bottleneck_canvas_tools",
    html=(FOLDER / "tools.html").read_text(encoding="utf-8"),
    css=join_styles("base", "parts", "tools"),
    js=join_modules("tools"),
)


def canvas_tools(*, key: str, canvas: str, blank: bool, on_clear: Callable[[], None]) -> None:
    """Show the buttons; they work in the browser.

    Args:
        canvas: the key of the drawing canvas.
        blank: whether the canvas began empty, so that its own reset empties it. Else `on_clear` has to.
    """
    _TOOLS(key=key, data={"canvas": canvas, "blank": blank}, on_clear_change=on_clear)
