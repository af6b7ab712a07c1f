"""Colours that stand for something are told apart by eyes of every kind."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

from tests.unit.colour_vision import contrast, differences, lab
from ui.shell.palette import CLASSES

THEMES = tomllib.loads((Path(__file__).parents[4] / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        # From the table of test data by Sharma, Wu and Dalal (2005).
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
        ((22.7233, 20.0904, -46.694), (23.0331, 14.973, -42.5619), 2.0373),
    ],
)
def test_differences_of_colours_are_those_of_the_published_table(
    one: tuple[float, ...], other: tuple[float, ...], expected: float
) -> None:
    assert differences(np.array([one]), np.array([other]))[0, 0] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("eyes", "least"), [("usual", 23), ("protanopia", 16), ("deuteranopia", 16), ("tritanopia", 14)]
)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_any_two_of_the_ten_classes_look_different(theme: str, eyes: str, least: float) -> None:
    colours = lab(CLASSES[theme], eyes)
    assert len(colours) == 10
    apart = differences(colours, colours) + 1e9 * np.eye(10)
    assert apart.min() >= least


@pytest.mark.parametrize(("theme", "least"), [("light", 2), ("dark", 3.5)])
def test_each_class_stands_out_against_the_page_and_against_original_and_reconstruction(
    theme: str, least: float
) -> None:
    assert contrast(CLASSES[theme], THEMES[theme]["backgroundColor"]).min() >= least
    roles = lab(THEMES[theme]["chartCategoricalColors"][:2])
    assert differences(lab(CLASSES[theme]), roles).min() >= 11


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_at_most_one_class_is_grey(theme: str) -> None:
    chroma = np.hypot(*lab(CLASSES[theme])[:, 1:].T)
    assert (chroma < 25).sum() <= 1
