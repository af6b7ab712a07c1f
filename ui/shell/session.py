"""What a control shows, settled by the page before the control is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st


def settle_control(key: str, value: Any, words: Sequence[str] = ()) -> None:
    """Have the control with this key show `value`.

    Written only where that is news: what is written goes to the browser as an order, and one that was sent before the
    visitor's latest choice, and arrives after it, would undo that choice.

    Args:
        words: what is chosen is called so, where that can change: the browser keeps the words.
    """
    called = f"_words_of_{key}"
    if key not in st.session_state or st.session_state[key] != value or st.session_state.get(called, words) != words:
        st.session_state[key] = value
    if words:
        st.session_state[called] = words
