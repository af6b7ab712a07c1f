"""Keeps in the visitor's tab what a session has and no address can hold, for when the page is loaded anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ui.components.scripts import register

_TAB = register("tab")


def keep_in_tab(*, key: str, kept: Mapping[str, Any], on_back: Callable[[], None]) -> None:
    """Have the tab keep `kept`, which JSON can hold. It shows nothing.

    Args:
        on_back: called when a tab that was loaded anew had kept something, and the session has nothing: "back" in the
            session's state of `key`, which may be anything that a browser sends.
    """
    _TAB(key=key, data={"kept": dict(kept)}, on_back_change=on_back)
