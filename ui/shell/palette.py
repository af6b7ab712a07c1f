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

CLASSES: dict[str, tuple[str, ...]] = {
    "light": (
        "#286c51", "#802968", "#f39b9e", "#010aff", "#ac7109", "#c2bb17", "#4bc5df", "#847f8e", "#9c0000", "#2a7ffe",
    ),
    "dark": (
        "#009b78", "#cdfbc5", "#f099b6", "#7e3fff", "#ac980f", "#fef703", "#3efaff", "#786883", "#966133", "#92a1ff",
    ),
}  # fmt: skip
"""The classes of a dataset by theme, class 0 first, told apart by eyes of every kind also as the smallest of dots.

Found by simulated annealing. Any two are at least 23 apart for usual eyes, 16 with protanopia or deuteranopia and 14
with tritanopia (CIEDE2000: Sharma, Wu and Dalal, The CIEDE2000 color-difference formula, 2005; eyes: Machado, Oliveira
and Fernandes, A physiologically-based model for simulation of color vision deficiency, 2009). The contrast to the page
is at least 2 (light) and 3.5 (dark), and all but one have a hue. Digits that networks confuse, such as 4 and 9 or 3, 5
and 8, have colours far apart. Roles have others: a class must not be taken for "original" or "reconstruction".
"""


def colour(role: Role) -> str:
    """The role's colour as `#rrggbb` in the theme that this visitor sees."""
    return _colours()[ORDER.index(role)]


def compared(place: int) -> str:
    """The colour of the `place`-th of up to four things side by side."""
    return _colours()[COMPARED[place]]


def series_colour(place: int) -> str:
    """The theme's colour at `place`, for series that have no role of their own."""
    return _colours()[place]


def family_colour(family: str) -> str:
    """The colour of a family of networks."""
    return _colours()[FAMILY[family]]


def is_light() -> bool:
    """Whether this visitor sees the light theme."""
    return st.context.theme.type != "dark"


def _colours() -> list[str]:
    mode = "light" if is_light() else "dark"
    colours: list[str] = st.get_option(f"theme.{mode}.chartCategoricalColors")
    return colours
