"""A real Chromium, and what is kept of it when a test fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

import chromium as installed
from tests.browser.served import MILLISECONDS, Server
from ui.components.scripts import FOLDER

RESULTS = Path(__file__).parents[2] / "test-results"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# Not for the whole session: as long as Playwright is there, nothing else can run an event loop in this thread, and the
# unit tests come after these.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = installed.find()
    assert path, "The browser tests need a Chromium: start them with scripts/test, or set BOTTLENECK_CHROMIUM."
    expect.set_options(timeout=MILLISECONDS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def chromium_page(chromium: Browser) -> Iterator[Page]:
    """A tab of a new visitor, in which no script may fail and which fetches nothing from elsewhere."""
    with chromium.new_context(viewport={"width": 1440, "height": 1000}) as context:
        page = context.new_page()
        page.set_default_timeout(MILLISECONDS)
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda request: faults.extend(_elsewhere(request.url)))
        yield page
        assert faults == []


@pytest.fixture
def script_page(chromium_page: Page) -> Page:
    """An empty tab at an address from which it can import the components' scripts, such as "/draw/drawing.js"."""
    address = "http://127.0.0.1:8501"
    chromium_page.route(
        f"{address}/**", lambda route: route.fulfill(path=FOLDER / urlsplit(route.request.url).path[1:])
    )
    chromium_page.route(f"{address}/", lambda route: route.fulfill(body="", content_type="text/html"))
    chromium_page.goto(address)
    return chromium_page


def _elsewhere(url: str) -> list[str]:
    return [] if re.match(r"(https?://127\.0\.0\.1:|blob:|data:|about:)", url) else [f"fetched {url}"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Of a failed test, keep a picture of each tab in test-results/, and report what the server printed."""
    report: Any = yield
    if report.when == "call" and report.failed:
        fixtures: dict[str, Any] = getattr(item, "funcargs", {})
        for name, value in fixtures.items():
            if isinstance(value, Page):
                RESULTS.mkdir(exist_ok=True)
                file = re.sub(r"\W+", "-", f"{item.nodeid.rpartition('/')[2]}-{name}").strip("-")
                value.screenshot(path=RESULTS / f"{file}.png")
            if isinstance(value, Server):
                report.sections.append((f"log of {name}", value.log.read_text(encoding="utf-8")[-4000:]))
    return report
