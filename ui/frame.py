"""Keeps every page inside the app."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager


def inside_app() -> None:
    """Start over with app.py if Streamlit ran this page by itself; every page begins with this.

    As long as no visit of this server has gone through `st.navigation`, Streamlit takes the folder `pages/` for its
    older kind of app, and an address like `/train` runs the page alone, without app.py.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()
