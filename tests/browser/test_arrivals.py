"""A class that opens a new server all at once."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from ae_core.runs.run import Run
from benchmarks.visitors import PAGES, Visitor
from tests.browser.served import Server
from tests.small import copied


async def arrive(address: str, pages: list[str]) -> list[str]:
    """Open all of these at the same moment; what went wrong."""
    visitors = [Visitor(address) for _ in pages]
    try:
        await asyncio.gather(*(visitor.open(page) for visitor, page in zip(visitors, pages, strict=True)))
    finally:
        await asyncio.gather(*(visitor.close() for visitor in visitors))
    return [error for visitor in visitors for error in visitor.errors]


def test_thirty_who_are_the_first_find_every_page(small_run: Run, idle_app: Server) -> None:
    """Streamlit gives each a thread, and what the first pages import is imported by all of them at once."""
    copied(small_run, idle_app.store)
    # In a thread of its own: in this one Playwright has its event loop.
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(asyncio.run, arrive(idle_app.address, (PAGES * 5)[:30])).result() == []
    assert "Traceback" not in idle_app.log.read_text(encoding="utf-8")
