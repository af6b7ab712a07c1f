"""A real Chromium, and what is kept of it when a test fails."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from distributed import LocalCluster
from playwright.sync_api import Browser, Error, Page, Request, ViewportSize, expect, sync_playwright

import chromium as installed
from tests.browser.served import MILLISECONDS, Server, serving
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

LAPTOP: dict[str, Any] = {"viewport": {"width": 1440, "height": 1000}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2
}  # fmt: skip
FORGET_ONCE = """
if (location.protocol.startsWith("http") && sessionStorage.getItem("visitor") !== "VISITOR") {
  localStorage.clear();
  sessionStorage.clear();
  sessionStorage.setItem("visitor", "VISITOR");
}
"""


# Not for the whole session: as long as Playwright is there, nothing else can run an event loop in this thread, and the
# unit tests come after these.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    path = installed.find()
    assert path, "The browser tests need a Chromium: start them with scripts/test, or set BOTTLENECK_CHROMIUM."
    expect.set_options(timeout=MILLISECONDS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def laptop_tab(chromium: Browser) -> Iterator[Page]:
    """The tab that all tests of a process use in turn. A new one would compile Streamlit's scripts anew each time,
    which takes longer than most of the tests."""
    with _new_tab(chromium, **LAPTOP) as page:
        yield page


@pytest.fixture(scope="package")
def other_tab(chromium: Browser) -> Iterator[Page]:
    """As `laptop_tab`, of another computer."""
    with _new_tab(chromium, **LAPTOP) as page:
        yield page


@pytest.fixture(scope="package")
def phone_tab(chromium: Browser) -> Iterator[Page]:
    """As `laptop_tab`, of a phone."""
    with _new_tab(chromium, **PHONE) as page:
        yield page


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app, with no runs yet: a module fills it."""
    with serving(tmp_path_factory.mktemp("app")) as server:
        yield server


@pytest.fixture(scope="package")
def no_workers() -> Iterator[str]:
    """Address of a Dask scheduler that has no workers."""
    options = {"dashboard_address": "127.0.0.1:0"}
    # In a thread of its own: in this one Playwright has its event loop.
    with ThreadPoolExecutor(1) as thread:
        cluster = thread.submit(
            LocalCluster,
            n_workers=0,
            host="127.0.0.1",
            protocol="tcp",
            dashboard_address=None,
            scheduler_kwargs=options,
        ).result()
        yield cluster.scheduler_address
        thread.submit(cluster.close).result()


@pytest.fixture(scope="module")
def idle_app(tmp_path_factory: pytest.TempPathFactory, no_workers: str) -> Iterator[Server]:
    """As `app`, for pages that ask for no work: a worker that starts imports TensorFlow, for seconds."""
    with serving(tmp_path_factory.mktemp("app"), DASK_SCHEDULER_ADDRESS=no_workers) as server:
        yield server


@pytest.fixture
def chromium_page(laptop_tab: Page) -> Iterator[Page]:
    """A tab of a new visitor, in which no script may fail and which fetches nothing from elsewhere."""
    with _visited_anew(laptop_tab, **LAPTOP) as page, _watched(page):
        yield page


@pytest.fixture
def other_page(other_tab: Page) -> Iterator[Page]:
    """The same, of a second visitor."""
    with _visited_anew(other_tab, **LAPTOP) as page, _watched(page):
        yield page


@pytest.fixture(scope="module")
def staying_page(other_tab: Page) -> Iterator[Page]:
    """As `other_page`, of a visitor who stays for all tests of a module: to open a page takes longer than most do."""
    with _visited_anew(other_tab, **LAPTOP) as page, _watched(page):
        yield page


@pytest.fixture
def phone_page(phone_tab: Page) -> Iterator[Page]:
    """The same, of a visitor with a phone."""
    with _visited_anew(phone_tab, **PHONE) as page, _watched(page):
        yield page


@pytest.fixture
def run_first(chromium_page: Page) -> Iterator[Callable[[str], None]]:
    """Has a script run before all others in each document that the tab opens."""
    session, added = chromium_page.context.new_cdp_session(chromium_page), []
    session.send("Page.enable")
    yield lambda script: added.append(session.send("Page.addScriptToEvaluateOnNewDocument", {"source": script}))
    for script in added:
        session.send("Page.removeScriptToEvaluateOnNewDocument", script)


@contextmanager
def _new_tab(chromium: Browser, **device: Any) -> Iterator[Page]:
    with chromium.new_context(**device) as context:
        page = context.new_page()
        page.set_default_timeout(MILLISECONDS)
        yield page


@contextmanager
def _watched(page: Page) -> Iterator[None]:
    """Fails when a script has failed, or when something was fetched from elsewhere."""
    faults: list[str] = []

    def take_error(error: Error) -> None:
        faults.append(str(error))

    def take_request(request: Request) -> None:
        faults.extend(_elsewhere(request.url))

    page.on("pageerror", take_error)
    page.on("request", take_request)
    yield
    page.remove_listener("pageerror", take_error)
    page.remove_listener("request", take_request)
    assert faults == []


@contextmanager
def _visited_anew(page: Page, *, viewport: ViewportSize, **_: Any) -> Iterator[Page]:
    """As if nobody had used this tab before; afterwards nothing goes on in it."""
    session = page.context.new_cdp_session(page)
    session.send("Page.resetNavigationHistory")
    session.send("Page.enable")
    script = {"source": FORGET_ONCE.replace("VISITOR", uuid4().hex)}
    forgetting = session.send("Page.addScriptToEvaluateOnNewDocument", script)
    try:
        yield page
    finally:
        _leave(page, viewport)
        session.send("Page.removeScriptToEvaluateOnNewDocument", forgetting)
        session.detach()


def _leave(page: Page, viewport: ViewportSize) -> None:
    """Nothing goes on in it, and it is as it was."""
    for other in page.context.pages:
        if other != page:
            other.close()
    page.unroute_all(behavior="ignoreErrors")
    # What is left under the pointer would be hovered in the next test.
    page.mouse.up()
    page.mouse.move(0, 0)
    page.goto("about:blank")
    page.context.clear_cookies()
    page.set_viewport_size(viewport)
    page.emulate_media(media="null", color_scheme="null", reduced_motion="null")


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
        # Several can be the same: `chromium_page` is `laptop_tab`, a module's server is `app`.
        for name, value in {id(value): (name, value) for name, value in fixtures.items()}.values():
            if isinstance(value, Page):
                RESULTS.mkdir(exist_ok=True)
                file = re.sub(r"\W+", "-", f"{item.nodeid.rpartition('/')[2]}-{name}").strip("-")
                value.screenshot(path=RESULTS / f"{file}.png")
            if isinstance(value, Server):
                report.sections.append((f"log of {name}", value.log.read_text(encoding="utf-8")[-4000:]))
    return report
