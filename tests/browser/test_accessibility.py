"""Every page by keyboard alone, and whether all its text can be read, in the light theme and in the dark one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from ae_core.classification.contest import CONTESTANTS, Contest, Outcome, save_contest
from ae_core.codecs.codec import weights_of
from ae_core.codecs.pca import PcaBasis, baseline_path
from ae_core.config.config import Config
from ae_core.datasets.catalogue import load_dataset
from ae_core.runs.run import Run
from ae_core.runs.sweep import Sweep
from ae_core.runs.sweep_store import SweepStore
from tests.browser.served import Server, settle, visit
from tests.small import SMALL, copied

FOCUS = (Path(__file__).parent / "focus.js").read_text(encoding="utf-8")
CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
LEAST = 4.5
"""Contrast of text to what is behind it (WCAG 2.2, level AA)."""
MOST_STOPS = 400
IN_TABLE = 60
"""How often Tab may move on within a table, which takes it for its cells, before it leaves it."""
PAGES = {
    "start": "/",
    "train": f"/train?run={SMALL.key}",
    "draw": "/draw",
    "latent": "/latent",
    "generate": "/generate",
    "classify": f"/classify?run={SMALL.key}&labels=100",
    "runs": "/runs",
}
SILENT = ", ".join(
    [*(f".st-key-{key}" for key in ("address", "arrival", "identity", "tab", "theme")),
     *(f"[class*=st-key-{start}_]" for start in ("carrier", "collection"))]
)  # fmt: skip
"""Components that show nothing."""
SHOWN = """(silent) => [...document.querySelectorAll("[data-testid^=stBidiComponent]")].every(
  (component) => component.closest(silent) || (component.shadowRoot ?? component).querySelector(".live, * > *"))"""
OTHER_WAYS = {
    # Which arrow keys of their neighbour choose as well.
    "button[radio]": "arrow keys in the group",
    "div[slider] Dimension": "left and right in the bars of a code",
    r"canvas\[img\] .*, sample": "arrow keys in the grid of samples",
    # Which belong to a field that takes arrow keys.
    "button[] Open": "arrow keys in the list",
    "button[] Increment": "arrow up in the field",
    "button[] Decrement": "arrow down in the field",
    "span[] .*_choice": "backspace in the list of what is chosen",
    # Which do at a point what a slider beside them does.
    "canvas[] .*st-key-between": "the slider of the way",
    "canvas[] .*st-key-traverse": "the slider of the dimension",
    "canvas[img] Codes of": "the button that plays",
}
"""What the mouse can use and Tab passes by, and its keyboard way."""


@pytest.fixture(scope="module")
def server(idle_app: Server, small_run: Run, basis: PcaBasis) -> Server:
    """The app with a run, PCA, a contest and a sweep."""
    run = copied(small_run, idle_app.store)
    for config in (SMALL, Config()):
        basis.save(baseline_path(idle_app.store, config))
    SweepStore(idle_app.store.root).save(Sweep.read(SMALL, "latent_dim", ["2", "4"]))
    save_contest(run, 100, 0, contest(run))
    return idle_app


def contest(run: Run) -> Contest:
    """All take the last images for the next digit, each a few more of them than the one before."""
    labels = load_dataset("mnist").test_labels
    assert labels is not None
    outcomes = {}
    for place, name in enumerate(CONTESTANTS):
        predictions = labels.astype(np.uint8)
        wrong = slice(9000 - 500 * place, None)
        predictions[wrong] = (predictions[wrong] + 1) % 10
        outcomes[name] = Outcome(predictions, np.full(len(labels), 0.5, np.float32), 1.0)
    return Contest(weights_of(run), outcomes)


def quiet(page: Page) -> None:
    """Wait until the page has its style, and nothing of it is about to be replaced."""
    settle(page)
    expect(page.locator(".stHtml style").first).to_be_attached()
    page.wait_for_function(SHOWN, arg=SILENT)
    expect(page.locator('[data-stale="true"]')).to_have_count(0)


def walk(page: Page, key: str) -> list[str]:
    """Names of what has the focus one after the other, until it leaves the page."""
    order: list[tuple[int, str]] = []
    for _ in range(MOST_STOPS):
        page.keyboard.press(key)
        at = page.evaluate("keyboard.at()")
        if at is None:
            return [name for _, name in order]
        order.append((at[0], at[1]))
        allowed = IN_TABLE if at[1].startswith("canvas[] ") else 1
        stops = {number for number, _ in order[-allowed - 1 :]}
        assert len(stops) > 1 or len(order) <= allowed, f"{key} does not leave {at[1]}"
    raise AssertionError(f"{key} does not come to an end: {order[-5:]}")


@pytest.mark.parametrize("name", PAGES)
def test_tab_goes_through_the_page_and_back_leaving_nothing_out_and_all_text_can_be_read_in_both_themes(
    chromium_page: Page, server: Server, name: str
) -> None:
    page = chromium_page
    visit(page, server.address + PAGES[name])
    quiet(page)
    page.evaluate(FOCUS)
    forwards = walk(page, "Tab")
    backwards = walk(page, "Shift+Tab")
    assert [one for one in forwards if one not in backwards] == []
    assert [one for one in page.evaluate("keyboard.missed()") if not has_another_way(one)] == []
    assert len(forwards) > 15
    assert_legible(page)


def has_another_way(name: str) -> bool:
    return any(re.match(re.sub(r"^(\w+)\[(\w*)\]", r"\1\\[\2\\]", way), name) for way in OTHER_WAYS)


def test_messages_can_be_read_in_both_themes(chromium_page: Page, server: Server) -> None:
    visit(chromium_page, f"{server.address}/train?output_activation=relu&colour=blue")
    quiet(chromium_page)
    assert_legible(chromium_page)


def assert_legible(page: Page) -> None:
    """All text stands out from what is behind it, in the light theme and in the dark one."""
    # As high as the page, so that all of it is drawn.
    page.set_viewport_size({"width": 1440, "height": 5000})
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme)
        expect(page.get_by_test_id("stApp")).to_have_css("color-scheme", theme)
        quiet(page)
        # A chart that is on the page takes the new colours a moment later.
        for _ in range(100):
            if not (faint := faint_texts(page)):
                break
            page.wait_for_timeout(50)
        assert faint == [], theme


def faint_texts(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate(CONTRAST, LEAST)
    return found
