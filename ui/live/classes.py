"""Ten colours for the classes of a dataset, told apart by eyes of every kind."""

from __future__ import annotations

CLASS_COLOURS: dict[str, tuple[str, ...]] = {
    "light": (
        "#8b7264", "#bcb395", "#950006", "#9fbbc4", "#544e59", "#cb4f07", "#797d95", "#567dff", "#6b239b", "#ffa028",
    ),
    "dark": (
        "#9d8e76", "#ccd5a0", "#af4f12", "#c2fff3", "#756672", "#cf8f05", "#9499a7", "#669dff", "#715ac7", "#ffdc00",
    ),
}  # fmt: skip
"""By theme, class 0 first.

They began as the ten of Petroff (2021), "Accessible color sequences for data visualization", and were moved until any
two are at least 14.9 apart (CIEDE2000) for usual eyes, protanopia, deuteranopia and tritanopia (Machado et al., 2009),
with a contrast to the page of at least 2 (light) and 3.4 (dark). Digits that networks confuse, such as 4 and 9 or 3, 5
and 8, have the most different ones. Roles have other colours: a class must not be taken for "original" or
"reconstruction".
"""
