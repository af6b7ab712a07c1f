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


def canvas_tools(
    *,
    key: str,
    canvas: str,
    blank: bool,
    cleared: bool,
    on_clear: Callable[[], None],
    on_unclear: Callable[[], None],
) -> None:
    """Show the buttons; undo and redo of strokes happen in the browser.

    Args:
        canvas: the key of the drawing canvas.
        blank: whether the canvas began empty, so that its own reset empties it.
        cleared: whether there is a cleared drawing, which `on_unclear` brings back when no stroke is left to undo.
    """
    _TOOLS(
        key=key,
        data={"canvas": canvas, "blank": blank, "cleared": cleared},
        on_clear_change=on_clear,
        on_unclear_change=on_unclear,
    )
