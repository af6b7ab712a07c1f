"""What the app's processes take: after many trainings, after all pages, after a lesson, and when nobody is there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.browser import SETTLED, Chromium, chromium
from benchmarks.loops import train_briefly
from benchmarks.rows import Bar, BenchmarkError, Row, say
from benchmarks.servers import ROOT, Server, serving
from benchmarks.short_runs import growth_of_a_training
from benchmarks.sides import Side
from benchmarks.visitors import PAGES, lesson

NAME = "memory"
GROWTH = Bar(1.0, "most")
ONE_VISITOR = Bar(300.0, "most")
AFTER_A_LESSON = Bar(350.0, "most")
IDLE = Bar(2.0, "most")
"""Percent of one core."""

SETTLING = 10
MIB = 2**20
PATIENCE_SECONDS = 120.0


def measure(*, quick: bool) -> Iterator[Row]:
    """Megabytes, and percent of a core."""
    trainings, seconds, idle = (10, 30.0, 10.0) if quick else (100, 360.0, 60.0)
    with TemporaryDirectory() as folder, chromium() as browser:
        scratch = Path(folder)
        yield _growth(scratch, trainings)
        yield from _web(browser, scratch, seconds=seconds, idle=idle)


def _growth(scratch: Path, trainings: int) -> Row:
    say(f"  growth of the workers over {trainings} trainings, after {SETTLING}")
    with Side("The queue of trainings") as side:
        growth = side.call(growth_of_a_training, scratch / "grown", SETTLING, trainings)
    return _row(f"growth of the workers a training, over {trainings}", growth / MIB, GROWTH)


def _web(browser: Chromium, scratch: Path, *, seconds: float, idle: float) -> Iterator[Row]:
    runs = scratch / "runs"
    with Side("The training of a run") as side:
        (key,) = side.call(train_briefly, ["quick-start"], runs)
    with serving(ROOT / "app.py", folder=ROOT, scratch=scratch, environment={"AE_RUNS": str(runs)}) as server:
        server.wait()
        say("  one visitor through all pages")
        _visit_all(browser, server, key)
        yield _row("web process after one visitor went through all pages", server.resident() / MIB, ONE_VISITOR)
        say(f"  thirty visitors for {seconds:.0f} seconds")
        # In a thread of its own: in this one Playwright has its event loop.
        with ThreadPoolExecutor(1) as thread:
            errors = thread.submit(asyncio.run, lesson(server.address, 30, seconds=seconds)).result()
        if errors:
            raise BenchmarkError(f"A visitor saw an error: {errors[0]}")
        server.until_idle(patience=PATIENCE_SECONDS)
        yield _row(f"web process after a lesson of thirty ({seconds:.0f} s)", server.resident() / MIB, AFTER_A_LESSON)
        say(f"  nobody there for {idle:.0f} seconds")
        yield _row("all processes with nobody there", 100 * server.share_of_a_core(idle), IDLE, "% of a core")


def _row(words: str, value: float, bar: Bar, unit: str = "MB") -> Row:
    return Row(NAME, words, value, unit, bar=bar)


def _visit_all(browser: Chromium, server: Server, key: str) -> None:
    with browser.page() as page:
        for path in PAGES:
            page.goto(f"{server.address}/{path}?run={key}")
            page.locator(SETTLED).wait_for(timeout=PATIENCE_SECONDS * 1000)
            # What a worker was asked for comes after.
            server.until_idle(patience=PATIENCE_SECONDS)
