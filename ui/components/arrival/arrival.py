"""Takes the visitor to a part of the page that an action elsewhere has made or filled, and moves the focus there."""

from __future__ import annotations

import streamlit as st

from ui.components.scripts import register

_ARRIVAL = register("arrival")
_ASKED = "_arrival"
"""Where the session keeps which place was asked for last, and how many were before."""


def lead_to(place: str) -> None:
    """Take the visitor to the heading in the container `place`, a key, once the page is drawn; for callbacks, too."""
    _, count = st.session_state.get(_ASKED, ("", 0))
    st.session_state[_ASKED] = (place, count + 1)


def arrival() -> None:
    """Go where `lead_to` leads, once each time; stands last on a page that has such places."""
    place, count = st.session_state.get(_ASKED, ("", 0))
    _ARRIVAL(key="arrival", data={"place": place, "count": count})
