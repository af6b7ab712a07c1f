"""The browser's spoiling of images against `spoil`, which defines it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from ae_core.preprocessing.corruption import NOISE, RANGES, Spoil, spoil
from tests.spoilings import spoilings

SPOILINGS = spoilings()
LOAD = "const module = await import('/draw/spoiling.js');"
SPOIL = f"""
async ([cases, noise]) => {{
  {LOAD}
  const pattern = new Float32Array(noise);
  return cases.map(({{ image, how }}) => {{
    const given = new Float32Array(image);
    const spoiled = module.spoil(given, how, pattern);
    const unchanged = given.every((value, i) => value === image[i]) && pattern.every((value, i) => value === noise[i]);
    return {{
      values: Array.from(spoiled),
      fresh: spoiled instanceof Float32Array && spoiled.buffer !== given.buffer && unchanged,
    }};
  }});
}}
"""
IS_SPOILED = f"async (hows) => {{ {LOAD} return hows.map(module.isSpoiled); }}"


@pytest.fixture
def made(script_page: Page) -> dict[str, Any]:
    """What the browser makes of each case, one after the other in one module."""
    cases = [{"image": image.ravel().tolist(), "how": asdict(how)} for image, how in SPOILINGS.values()]
    return dict(zip(SPOILINGS, script_page.evaluate(SPOIL, [cases, NOISE.ravel().tolist()]), strict=True))


def test_images_are_spoiled_the_same_in_the_browser(made: dict[str, Any]) -> None:
    differences = {
        name: float(np.abs(np.float32(made[name]["values"]).reshape(28, 28) - spoil(image, how)).max())
        for name, (image, how) in SPOILINGS.items()
    }
    assert {name: size for name, size in differences.items() if not size < 1e-6} == {}


def test_the_browser_makes_a_new_image_and_leaves_what_it_is_given(made: dict[str, Any]) -> None:
    assert [name for name, result in made.items() if not result["fresh"]] == []


def test_the_browser_knows_what_changes_an_image(script_page: Page) -> None:
    places = {"patch_x", "patch_y"}
    harmless = [Spoil(), Spoil(patch_x=0, patch_y=27)]
    harmful = [
        Spoil.from_json({name: limit}) for name in RANGES.keys() - places for limit in RANGES[name] if limit != 0
    ]
    hows = [asdict(how) for how in harmless + harmful]
    assert script_page.evaluate(IS_SPOILED, hows) == [False] * len(harmless) + [True] * len(harmful)
