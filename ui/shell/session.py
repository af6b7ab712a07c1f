"""What a control shows, settled by the page before the control is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st


def settle_control(key: str, value: Any, words: Mapping[str, str] | None = None) -> None:
    """Have the control with this key show `value`.

    Written only where that is news: what is written goes to the browser as an order, and one that was sent before the
    visitor's latest choice, and arrives after it, would undo that choice.

    Args:
        words: what its choices are called, where that can change: the browser keeps the words of what is chosen.
    """
    if key not in st.session_state or st.session_state[key] != value or st.session_state.get(_words(key)) != words:
        st.session_state[key] = value
    st.session_state[_words(key)] = words


def _words(key: str) -> str:
    return f"_words_of_{key}"
