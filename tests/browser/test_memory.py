"""How much memory the web process takes, by visitors who speak to it without a browser."""

from __future__ import annotations

import asyncio
import random
from concurrent.futures import ThreadPoolExecutor

import psutil

from ae_core.runs.run import Run
from benchmarks.visitors import PAGES, Visitor
from tests.browser.served import Server
from tests.small import copied

MOST_MB = 290
"""It is 260. With floats of all test images, and memory that the C library kept, it was 313."""


async def visit_all(address: str, run: str) -> list[str]:
    """Open every page for `run` and draw; the errors that were shown."""
    visitor = Visitor(address)
    for page in PAGES:
        await visitor.open(page, run=run)
        if page == "draw":
            await visitor.draw(random.Random(0))
    await visitor.close()
    return visitor.errors


def test_all_pages_for_a_run_stay_within_some_three_hundred_megabytes(small_run: Run, idle_app: Server) -> None:
    copied(small_run, idle_app.store)
    # In a thread of its own: in this one Playwright may have its event loop.
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(asyncio.run, visit_all(idle_app.address, small_run.key)).result() == []
    assert psutil.Process(idle_app.process.pid).memory_info().rss / 2**20 < MOST_MB
