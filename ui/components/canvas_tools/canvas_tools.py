"""Undo, redo and clear for the drawing canvas, as buttons that a finger can hit."""

from __future__ import annotations

from collections.abc import Callable

from ui.components.scripts import register

_TOOLS = register("canvas_tools")


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
