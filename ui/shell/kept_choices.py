"""What a visitor chose on a page, for when they come back to it: Streamlit forgets each widget that is not drawn."""

from __future__ import annotations

from typing import Any

import streamlit as st

_KEPT = "_kept_choices"


def keep(*keys: str) -> None:
    """Note what the widgets with these keys are set to; of one that was not drawn lately, bring it back.

    What the address says goes before what was chosen earlier. Call it before the widgets are drawn.
    """
    kept: dict[str, Any] = st.session_state.setdefault(_KEPT, {})
    for key in keys:
        if key in st.session_state:
            kept[key] = st.session_state[key]
        elif key in kept and key not in st.query_params:
            st.session_state[key] = kept[key]
