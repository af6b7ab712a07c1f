"""Has the page made anew when the visitor's theme changes while it is open: charts have colours of the server's."""

from __future__ import annotations

from ui.components.scripts import register

_THEME = register("theme")


def follow_theme(*, light: bool) -> None:
    """Have the page run again once the visitor sees another theme than it was made for. It shows nothing.

    Args:
        light: whether it was made for the light one.
    """
    _THEME(key="theme", data={"light": light}, on_changed_change=lambda: None)
