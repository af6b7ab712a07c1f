"""Colours that mean the same everywhere, as `.streamlit/config.toml` has them for light and for dark."""

from __future__ import annotations

from typing import Literal

import streamlit as st

Role = Literal["original", "reconstruction", "held-out", "pca"]
ORDER: tuple[Role, ...] = ("original", "reconstruction", "held-out", "pca")


def colour(role: Role) -> str:
    """The role's colour as `#rrggbb` in the theme that this visitor sees."""
    mode = "dark" if st.context.theme.type == "dark" else "light"
    colours: list[str] = st.get_option(f"theme.{mode}.chartCategoricalColors")
    return colours[ORDER.index(role)]
