"""What a visitor does on the Train page, and what there is to see."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlencode

from playwright.sync_api import Locator, Page, expect

from ae_core.config.config import Config
from tests.browser.served import Server, pixels, settle, visit
from tests.unit.waiting import wait_until

LONG = Config(train_size=2000, encoder_widths=(64,), latent_dim=8, steps=100_000)
"""Never trained to its end: there is time to look, however fast the computer is."""

CURVES = """
(chart) => Object.fromEntries(
  [...chart.querySelectorAll(".mark-line path[aria-label]")].map((path) => [
    /Curve: (.*)$/.exec(path.getAttribute("aria-label"))[1],
    path.getAttribute("d")?.split("L").length ?? 0,
  ]),
)
"""
AXES = """
(chart) => [...chart.querySelectorAll(".role-axis-label")].map(
  (axis) => [...axis.querySelectorAll("text")].map((label) => label.textContent),
)
"""


def train_address(server: Server, config: Config) -> str:
    return f"{server.address}/train?{urlencode(config.to_text())}"


def button(page: Page, name: str) -> Locator:
    # While a script runs, Streamlit shows a "Stop" of its own in the page's header.
    return page.get_by_test_id("stMain").get_by_role("button", name=name, exact=True)


def start_training(page: Page, server: Server, config: Config) -> None:
    """Open the page with these settings, press Train, and wait for the first steps."""
    visit(page, train_address(server, config))
    button(page, "Train").click()
    wait_for_step(page, 1)


def progress(page: Page) -> Locator:
    return page.get_by_test_id("stProgress")


def message(page: Page, beginning: str) -> Locator:
    """The box whose text begins so."""
    return page.get_by_test_id("stAlert").filter(has_text=re.compile(f"^\\s*{beginning}"))


def wait_for_step(page: Page, least: int) -> int:
    """The step that the progress bar names, once it is at least `least`."""

    def step() -> int:
        text = " ".join(progress(page).all_inner_texts())
        found = re.search(r"Step ([\d,]+) of", text)
        return int(found[1].replace(",", "")) if found else 0

    return wait_until(lambda: (at := step()) >= least and at, f"the training is at step {least}")


def chart(page: Page) -> Locator:
    return page.get_by_test_id("stVegaLiteChart").locator("visible=true")


def points(page: Page) -> dict[str, int]:
    """How many points each curve has."""
    expect(chart(page)).to_be_visible()
    return dict(chart(page).evaluate(CURVES))


def wait_for_points(page: Page, least: int) -> int:
    """How many points the held-out curve has, once there are at least `least`."""
    return wait_until(
        lambda: (count := points(page).get("Held-out", 0)) >= least and count, f"the curve has {least} points"
    )


def axis_labels(page: Page) -> tuple[set[str], set[str]]:
    """The numbers at the horizontal and at the vertical axis."""
    across, up = chart(page).evaluate(AXES)
    return set(across), set(up)


def rebuilt_digits(page: Page) -> list[str]:
    """Pixels of each reconstruction."""
    return [pixels(canvas) for canvas in page.locator(".rows canvas.reconstruction").all()]


def page_link(page: Page, name: str) -> Locator:
    return page.get_by_test_id("stPageLink").get_by_role("link", name=name)


def navigate(page: Page, name: str) -> None:
    """Go to another page by its name at the top."""
    page.get_by_role("link", name=name, exact=True).click()


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    wide = "(main) => Math.max(main.scrollWidth, document.documentElement.scrollWidth) - window.innerWidth"
    return int(page.get_by_test_id("stMain").evaluate(wide))


def assert_fits(page: Page, parts: str, widths: Sequence[int]) -> None:
    """The page, and each of its `parts`, a selector, is no wider than a window of any of `widths`."""
    for width in widths:
        page.set_viewport_size({"width": width, "height": 844})
        wait_until(lambda: overflow(page) <= 0, f"it fits into {width} pixels")
        settle(page)
        visible = page.locator(parts).locator("visible=true").all()
        boxes = [box for part in visible if (box := part.bounding_box())]
        assert min(box["x"] for box in boxes) >= 0
        assert max(box["x"] + box["width"] for box in boxes) <= width
