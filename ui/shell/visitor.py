"""Who has this tab open: no account, a name at random that the browser keeps."""

from __future__ import annotations

import re
from uuid import uuid4

import streamlit as st

COOKIE = "bottleneck-visitor"
"""In which the browser says who this is."""
NAME = re.compile(r"[0-9a-f]{32}")
_VISITOR = "visitor"


def visitor() -> str:
    """A name for whoever has this tab open, so that jobs know who asked: the same after a reload, and in all tabs of a
    browser that keeps cookies. Nobody else is told it."""
    if _VISITOR not in st.session_state:
        # It may be anything that somebody has written into it; in Streamlit's simulation of a browser it is no text.
        said = str(st.context.cookies.get(COOKIE, ""))
        st.session_state[_VISITOR] = said if NAME.fullmatch(said) else uuid4().hex
    return str(st.session_state[_VISITOR])
