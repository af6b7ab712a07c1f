"""Keeps every page inside the app."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import local

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

_running = local()
"""Each run of a script has its thread: whether app.py is what runs in this one."""


@contextmanager
def app_runs() -> Iterator[None]:
    """Around the page that app.py runs."""
    _running.app = True
    try:
        yield
    finally:
        _running.app = False


def inside_app() -> None:
    """Start over with app.py if Streamlit ran this page by itself; every page begins with this.

    As long as no visit of this server has gone through `st.navigation`, Streamlit takes the folder `pages/` for its
    older kind of app, and an address like `/train` runs the page alone, without app.py.
    """
    if not getattr(_running, "app", False):
        PagesManager.uses_pages_directory = False
        st.rerun()
