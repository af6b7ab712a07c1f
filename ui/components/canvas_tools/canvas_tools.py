"""Undo, redo and clear for the drawing canvas, as buttons that a finger can hit; and what a tab keeps over a reload."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ui.components.scripts import register

_TOOLS = register("canvas_tools")


def canvas_tools(
    *,
    key: str,
    canvas: str,
    blank: bool,
    cleared: bool,
    strokes: Mapping[str, Any] | None,
    on_clear: Callable[[], None],
    on_unclear: Callable[[], None],
    on_reload: Callable[[], None],
) -> None:
    """Show the buttons; undo and redo of strokes happen in the browser.

    Args:
        canvas: the key of the drawing canvas.
        blank: whether the canvas began empty, so that its own reset empties it.
        cleared: whether there is a cleared drawing, which `on_unclear` brings back when no stroke is left to undo.
        strokes: what is drawn, for the tab to keep; None for nothing.
        on_reload: called when a tab that was loaded anew had kept strokes: "reload" in the session's state of `key`.
    """
    _TOOLS(
        key=key,
        data={"canvas": canvas, "blank": blank, "cleared": cleared, "strokes": strokes},
        on_clear_change=on_clear,
        on_unclear_change=on_unclear,
        on_reload_change=on_reload,
    )
