"""Colours that mean the same everywhere, as `.streamlit/config.toml` has them for light and for dark."""

from __future__ import annotations

from typing import Literal

import streamlit as st

Role = Literal["original", "reconstruction", "held-out", "pca", "kl"]
ORDER: tuple[Role, ...] = ("original", "reconstruction", "held-out", "pca", "kl")


COMPARED = (5, 8, 9, 6)
"""Of the theme's colours, those for things that stand side by side and have no role: far apart in lightness too."""
FAMILY = {"autoencoder": 2, "variational": 4}
"""Of the theme's colours, that of each family of networks."""


def colour(role: Role) -> str:
    """The role's colour as `#rrggbb` in the theme that this visitor sees."""
    return _colours()[ORDER.index(role)]


def compared(place: int) -> str:
    """The colour of the `place`-th of up to four things side by side."""
    return _colours()[COMPARED[place]]


def family_colour(family: str) -> str:
    """The colour of a family of networks."""
    return _colours()[FAMILY[family]]


def _colours() -> list[str]:
    mode = "dark" if st.context.theme.type == "dark" else "light"
    colours: list[str] = st.get_option(f"theme.{mode}.chartCategoricalColors")
    return colours
