"""What it costs a training that somebody watches it: the same job with its Train page open, and without any page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

import dask
import psutil
from playwright.sync_api import Page

from ae_core.config.presets import PRESETS
from ae_core.jobs.cluster import connect, local_cluster
from ae_core.workers.channel import TOPIC
from benchmarks.browser import Chromium, chromium
from benchmarks.rows import Bar, BenchmarkError, Row, say
from benchmarks.servers import ROOT, Server, cpu_seconds, serving

WATCHED = Bar(0.95, "least")
CONFIG = replace(PRESETS["article"], steps=200_000)
"""Long enough that it never ends meanwhile."""

STEADY_STEPS = 100
PATIENCE_SECONDS = 90.0
SETTLE_SECONDS = 1.0


@dataclass
class StepClock:
    """When the training was at which step, as the worker's own reports say, about four a second."""

    reports: list[tuple[float, int]] = field(default_factory=list)

    def note(self, event: tuple[float, dict[str, Any]]) -> None:
        """Take a Dask event. It carries the time at which the scheduler got it."""
        at, message = event
        if "progress" in message:
            self.reports.append((at, int(message["progress"]["step"])))

    def rate(self, seconds: float, wait: Callable[[float], None]) -> float:
        """Steps a second over the next `seconds`, from one report to another. `wait` is called to let time pass."""
        first = len(self.reports)
        self._until(lambda: len(self.reports) > first, wait)
        begun, start = self.reports[first]
        self._until(lambda: self.reports[-1][0] >= begun + seconds, wait)
        ended, end = self.reports[-1]
        return (end - start) / (ended - begun)

    def until_step(self, step: int, wait: Callable[[float], None]) -> None:
        """Let time pass until the training is there. Raises BenchmarkError when it does not get there."""
        self._until(lambda: bool(self.reports) and self.reports[-1][1] >= step, wait)

    def _until(self, reached: Callable[[], bool], wait: Callable[[float], None]) -> None:
        limit = time.monotonic() + PATIENCE_SECONDS
        while not reached():
            if time.monotonic() > limit:
                raise BenchmarkError(f"The training did not report for {PATIENCE_SECONDS:.0f} seconds.")
            wait(0.5)


@dataclass
class Watching:
    """What was measured so far: rates in steps a second, processor seconds a second."""

    alone: list[float] = field(default_factory=list)
    watched: list[float] = field(default_factory=list)
    server: list[float] = field(default_factory=list)
    browser: list[float] = field(default_factory=list)


def measure_watched(*, quick: bool) -> list[Row]:
    """One long training, with its page open and closed by turns: alone, watched, watched, alone, and so on.

    Within such a round a pace that rises or falls evenly favours neither.
    """
    say("  a training with a page watching against none")
    with (
        TemporaryDirectory() as folder,
        _cluster(Path(folder)) as (scheduler, clock),
        serving(
            ROOT / "app.py", folder=ROOT, scratch=Path(folder),
            environment={"AE_RUNS": f"{folder}/runs", "DASK_SCHEDULER_ADDRESS": scheduler},
        ) as server,
        chromium() as browser,
    ):  # fmt: skip
        server.wait()
        _start_training(browser, server, clock)
        found = _take_turns(browser, server, clock, rounds=1 if quick else 4, seconds=2.0 if quick else 6.0)
    return [
        Row(
            "training", "article preset through Jobs, a page watching against none",
            median(found.watched), "steps/s", median(found.alone), WATCHED,
        ),
        Row("training", "processor time of the server while a page watches", median(found.server), "s/s"),
        Row("training", "processor time of the browser while it watches", median(found.browser), "s/s"),
    ]  # fmt: skip


@contextmanager
def _cluster(folder: Path) -> Iterator[tuple[str, StepClock]]:
    """The app's own kind of cluster, and a clock that hears its worker's reports.

    In the app it lives in the web process, where nobody else can listen. So here it lives in this process, and the app
    is pointed to it.
    """
    clock = StepClock()
    with (
        dask.config.set({"temporary-directory": str(folder)}),
        local_cluster(1) as cluster,
        connect(None, cluster) as client,
    ):
        client.subscribe_topic(TOPIC, clock.note)
        yield cluster.scheduler_address, clock


def _address(server: Server) -> str:
    return f"{server.address}/train?{urlencode(CONFIG.to_text())}"


def _start_training(browser: Chromium, server: Server, clock: StepClock) -> None:
    """As a visitor does it, so that the server knows the job as its own."""
    with browser.page() as page:
        page.goto(_address(server))
        page.get_by_role("button", name="Train", exact=True).click(timeout=PATIENCE_SECONDS * 1000)
        clock.until_step(STEADY_STEPS, _waiting(page))


def _take_turns(browser: Chromium, server: Server, clock: StepClock, *, rounds: int, seconds: float) -> Watching:
    found = Watching()
    for number in range(rounds):
        found.alone.append(_alone(clock, seconds))
        with browser.page() as page:
            page.goto(_address(server))
            page.get_by_test_id("stProgress").wait_for(timeout=PATIENCE_SECONDS * 1000)
            _waiting(page)(SETTLE_SECONDS)
            for _ in range(2):
                _watch(browser, server, clock, found, page=page, seconds=seconds)
        found.alone.append(_alone(clock, seconds))
        say(f"  round {number + 1} of {rounds}: {found.watched[-1]:.3g} against {found.alone[-1]:.3g}")
    return found


def _alone(clock: StepClock, seconds: float) -> float:
    time.sleep(SETTLE_SECONDS)
    return clock.rate(seconds, time.sleep)


def _watch(browser: Chromium, server: Server, clock: StepClock, found: Watching, *, page: Page, seconds: float) -> None:
    servers, browsers = [psutil.Process(server.process.pid)], browser.processes()
    begun, before = time.monotonic(), (cpu_seconds(servers), cpu_seconds(browsers))
    found.watched.append(clock.rate(seconds, _waiting(page)))
    took = time.monotonic() - begun
    found.server.append((cpu_seconds(servers) - before[0]) / took)
    found.browser.append((cpu_seconds(browsers) - before[1]) / took)


def _waiting(page: Page) -> Callable[[float], None]:
    """Time that passes with an ear to the browser: its messages would pile up otherwise."""
    return lambda seconds: page.wait_for_timeout(seconds * 1000)
