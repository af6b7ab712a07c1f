"""What every page begins with: it stays inside the app, in the app's style; a head that leaves room; hints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import local

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

STYLE = Path(__file__).with_suffix(".css")
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
    """Style the page; start over with app.py if Streamlit ran it by itself. Every page begins with this.

    As long as no visit of this server has gone through `st.navigation`, Streamlit takes the folder `pages/` for its
    older kind of app, and an address like `/train` runs the page alone, without app.py.
    """
    if not getattr(_running, "app", False):
        PagesManager.uses_pages_directory = False
        st.rerun()
    st.html(STYLE)


def mouse_hint(name: str, words: str) -> None:
    """Say what a mouse or a keyboard can do here, to those who have one.

    Args:
        name: of the place, another one for each.
    """
    with st.container(key=f"for_mouse_{name}"):
        st.caption(words)


def page_head(title: str, words: str) -> None:
    """The title of a page with a sentence beside it, for pages whose first screen has to hold a canvas or a map.

    Args:
        words: what one does here, as Markdown; below the title where the window is narrow.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", key="page_head"):
        st.title(title, width="content")
        st.markdown(words, width="content")
