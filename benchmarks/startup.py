"""How soon the first page is there, and how much memory the web process takes."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from playwright.sync_api import Locator, Page

from benchmarks.browser import Chromium, chromium
from benchmarks.loops import train_briefly
from benchmarks.rows import Bar, BenchmarkError, Row, alternate, say
from benchmarks.servers import ROOT, Server, serving
from benchmarks.sides import Side

AGAINST_HELLO = Bar(2.0, "most")
WITHIN = Bar(1.0, "most")
MEMORY_LIMIT_MB = 300.0
PRESETS = (["article", "convolutional"], ["quick-start", "two-dimensions", "linear"])
"""Five networks, shared out to two processes that train them at the same time."""

FIGURE = '.figure[data-state="ready"]'
PAGE_SECONDS = 60.0


def measure(*, quick: bool) -> list[Row]:
    """Seconds to the first content of the Start page, and megabytes with five runs open."""
    with TemporaryDirectory() as folder, chromium() as browser:
        scratch = Path(folder)
        return [_first_content(browser, scratch, rounds=3 if quick else 5), *_memory(browser, scratch)]


def _first_content(browser: Chromium, scratch: Path, *, rounds: int) -> Row:
    """From the start of the process to the title, on a server that has no runs yet, against one line of Streamlit."""
    say(f"  first content of the Start page against st.write: {rounds} rounds")
    hello = scratch / "hello"
    (hello / ".streamlit").mkdir(parents=True)
    shutil.copy(ROOT / ".streamlit" / "config.toml", hello / ".streamlit")
    (hello / "hello.py").write_text('import streamlit as st\n\nst.write("hello")\n', encoding="utf-8")

    def app() -> float:
        return _seconds_until(
            browser, lambda page: page.get_by_role("heading", level=1), ROOT / "app.py", folder=ROOT, scratch=scratch
        )

    def one_line() -> float:
        return _seconds_until(
            browser, lambda page: page.get_by_text("hello", exact=True), hello / "hello.py", folder=hello,
            scratch=scratch,
        )  # fmt: skip

    # Once unmeasured: the first start reads everything from the disk, and may compile it to bytecode.
    one_line()
    app()
    value, against = alternate(app, one_line, rounds=rounds)
    name = "from the process's start to the Start page's title, against a page of one line"
    return Row("startup", name, value, "s", against, AGAINST_HELLO)


def _seconds_until(
    browser: Chromium, content: Callable[[Page], Locator], script: Path, *, folder: Path, scratch: Path
) -> float:
    """Seconds from the start of a server to something that its page shows."""
    with (
        TemporaryDirectory(dir=scratch) as runs,
        browser.page() as page,
        serving(script, folder=folder, scratch=scratch, environment={"AE_RUNS": runs}) as server,
    ):
        server.wait()
        page.goto(server.address, wait_until="commit")
        content(page).first.wait_for(timeout=PAGE_SECONDS * 1000)
        return time.perf_counter() - server.started


def _memory(browser: Chromium, scratch: Path) -> list[Row]:
    """Of the web process alone, with five runs open in five tabs and its workers started."""
    runs = scratch / "five"
    keys = _train_five(runs)
    with (
        serving(ROOT / "app.py", folder=ROOT, scratch=scratch, environment={"AE_RUNS": str(runs)}) as server,
        ExitStack() as tabs,
    ):
        server.wait()
        for key in keys:
            page = tabs.enter_context(browser.page())
            page.goto(f"{server.address}/?run={key}")
            page.locator(FIGURE).wait_for(timeout=PAGE_SECONDS * 1000)
        web = _settled(server)
        resident = web.memory_info().rss / 2**20
        name = "memory of the web process with five runs open, against the limit"
        rows = [Row("startup", name, resident, "MB", MEMORY_LIMIT_MB, WITHIN)]
        # Linux alone tells it: pages of libraries that other processes have too are counted in shares.
        proportional = getattr(web.memory_full_info(), "pss", None)
        if proportional:
            rows.append(Row("startup", "the same with shared pages counted in shares", proportional / 2**20, "MB"))
        return rows


def _train_five(runs: Path) -> list[str]:
    say("  training five runs for two steps each")
    with ExitStack() as stack:
        sides = [stack.enter_context(Side("The training of runs to open")) for _ in PRESETS]
        for side, presets in zip(sides, PRESETS, strict=True):
            side.ask(train_briefly, presets, runs)
        return [key for side in sides for key in side.answer()]


def _settled(server: Server) -> psutil.Process:
    """The web process, once it has a worker and its memory has been still for two seconds."""
    web = psutil.Process(server.process.pid)
    limit = time.monotonic() + PAGE_SECONDS
    sizes = [0]
    while not web.children() or len(sizes) < 5 or max(sizes[-5:]) - min(sizes[-5:]) > 2**20:
        if time.monotonic() > limit:
            raise BenchmarkError(f"The web process did not come to rest within {PAGE_SECONDS:.0f} seconds.")
        time.sleep(0.5)
        sizes.append(web.memory_info().rss)
    return web
