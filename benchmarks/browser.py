"""A headless Chromium that Playwright steers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil
from playwright.sync_api import Browser, Error, Page, ViewportSize, sync_playwright

from benchmarks.rows import BenchmarkError
from benchmarks.servers import ROOT

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SETTLED = '[data-testid="stApp"][data-test-script-state="notRunning"]'
"""What is there once a page of Streamlit has been drawn."""
SIZE = ViewportSize(width=1440, height=1000)


@dataclass(frozen=True)
class Chromium:
    """A browser that is running.

    Attributes:
        driver: the process that steers it, whose descendants are the browser's processes.
    """

    browser: Browser
    driver: psutil.Process

    @contextmanager
    def page(self) -> Iterator[Page]:
        """A page of a visitor who was never here: with nothing in the cache."""
        context = self.browser.new_context(viewport=SIZE)
        try:
            yield context.new_page()
        finally:
            context.close()

    def processes(self) -> list[psutil.Process]:
        """All of the browser's processes."""
        return self.driver.children(recursive=True)


@contextmanager
def chromium() -> Iterator[Chromium]:
    """Start a Chromium. Raises BenchmarkError when there is none, or when a page does not do what was waited for."""
    path = _find()
    before = set(psutil.Process().children())
    try:
        with sync_playwright() as playwright:
            driver = next(child for child in psutil.Process().children() if child not in before)
            browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
            try:
                yield Chromium(browser, driver)
            finally:
                browser.close()
    except Error as error:
        raise BenchmarkError(f"The browser did not get to see what it waited for. {error}") from error


def _find() -> str:
    # The scripts are run from their own folder and import each other from there.
    sys.path.append(str(ROOT / "scripts"))
    import chromium as installed
    from bootstrap import SetupError

    try:
        path = installed.find()
    except SetupError as error:
        raise BenchmarkError(str(error)) from error
    if path is None:
        raise BenchmarkError(
            "Pages are measured in a Chromium, and none was found. "
            f"Install one, or set {installed.VARIABLE} to its path."
        )
    return path
