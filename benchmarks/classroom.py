"""A class that trains: how long thirty wait who press Train within a minute, and who waits when one asks for ten."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ae_core.config.config import Config
from benchmarks.rows import Bar, BenchmarkError, Row, say
from benchmarks.short_runs import SHORT
from benchmarks.sides import Side

if TYPE_CHECKING:
    from ae_core.jobs.queue import Jobs

NAME = "classroom"
END = Bar(60.0, "most")
LOOK = Bar(15.0, "most")
LONGER = Bar(1.0, "most")
WITHIN_SECONDS = 60.0
LONG_STEPS = 2000
"""About twenty seconds of training for one of two workers."""
DIMENSIONS = (2, 4, 8, 16, 32)
POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Press:
    """Somebody presses Train.

    Attributes:
        at: seconds after the first one.
    """

    at: float
    visitor: str
    config: Config


@dataclass(frozen=True)
class Wait:
    """Seconds from the press until a worker begins, to the first reconstructions after a step, and to the end."""

    visitor: str
    begin: float
    look: float
    end: float


def measure(*, quick: bool) -> Iterator[Row]:
    """Waits of a class, through the app's own queue."""
    visitors, within = (6, 12.0) if quick else (30, WITHIN_SECONDS)
    for steps, end in ((SHORT.steps, END), *(() if quick else ((LONG_STEPS, None),))):
        say(f"  {visitors} visitors press Train within {within:.0f} s: {steps} steps of Quick start each")
        waits = _waits(pressed_within(within, visitors, steps))
        words = f"{visitors} visitors train {steps:,} steps of Quick start within {within:.0f} s, median wait for the"
        yield Row(NAME, f"{words} first reconstructions", median(wait.look for wait in waits), "s", bar=LOOK)
        yield Row(NAME, f"{words} end", median(wait.end for wait in waits), "s", bar=end)
    yield _fairness(many=4 if quick else 10, others=3 if quick else 9)


def _fairness(many: int, others: int) -> Row:
    """How much longer the others wait when one of them asks for many, in trainings."""
    say(f"  one visitor asks for {many} trainings, {others} for one each; then all for one")
    last, length = {}, 0.0
    for count in (many, 1):
        waits = _waits(all_at_once(count, others))
        last[count] = max(wait.end for wait in waits if wait.visitor != "keen")
        length = mean(wait.end - wait.begin for wait in waits)
    words = (
        f"one visitor asks for {many} trainings, {others} for one each: how much longer the {others} wait, in trainings"
    )
    return Row(NAME, words, (last[many] - last[1]) / length, "trainings", bar=LONGER)


def _waits(presses: Sequence[Press]) -> list[Wait]:
    with Side("The queue of a class") as side, TemporaryDirectory() as folder:
        side.ask(attend, presses, Path(folder))
        waits: list[Wait] = side.answer(seconds=3600)
    return waits


def pressed_within(seconds: float, visitors: int, steps: int) -> list[Press]:
    """Each visitor once, at any moment, with a number of dimensions and a seed of their own."""
    dice = random.Random(1)
    times = sorted(dice.uniform(0, seconds) for _ in range(visitors))
    return [
        Press(at, f"visitor {seed}", replace(SHORT, steps=steps, latent_dim=dice.choice(DIMENSIONS), seed=seed))
        for seed, at in enumerate(times, start=1)
    ]


def all_at_once(many: int, others: int) -> list[Press]:
    """One visitor asks for `many`, and right after that `others` for one each."""
    keen = [Press(0.0, "keen", replace(SHORT, seed=seed)) for seed in range(1, many + 1)]
    rest = [Press(0.1, f"visitor {at}", replace(SHORT, seed=many + at)) for at in range(1, others + 1)]
    return [*keen, *rest]


def attend(presses: Sequence[Press], folder: Path) -> list[Wait]:
    """Press, look on as a page does, and say how long each waited. A worker has trained before."""
    from ae_core.jobs.queue import Jobs
    from ae_core.runs.store import RunStore
    from ae_core.workers.trainings import Training

    jobs = Jobs(RunStore(folder))
    jobs.wait_until_warm(timeout=120)
    for seed in (101, 102):
        jobs.ask(Training(replace(SHORT, seed=seed)))
    while jobs.active(Training):
        time.sleep(POLL_SECONDS)
    try:
        return _watch(jobs, presses, time.perf_counter)
    finally:
        jobs.close()


def _watch(jobs: Jobs, presses: Sequence[Press], now: Callable[[], float]) -> list[Wait]:
    from ae_core.workers.trainings import Training

    began, waits = now(), []
    to_come, pressed = list(presses), dict[Press, float]()
    begins, looks = dict[Press, float](), dict[Press, float]()
    while to_come or pressed:
        while to_come and now() - began >= to_come[0].at:
            press = to_come.pop(0)
            pressed[press] = now()
            jobs.ask(Training(press.config), owner=press.visitor)
        for press, at in list(pressed.items()):
            job, waited = jobs.view(Training(press.config)), now() - at
            if job is None or job.state == "working":
                begins.setdefault(press, waited)
            if job is None or (job.progress and job.progress.step):
                looks.setdefault(press, waited)
            if job is None:
                _check(jobs, press)
                waits.append(Wait(press.visitor, begins[press], looks[press], waited))
                del pressed[press]
        time.sleep(POLL_SECONDS)
    return waits


def _check(jobs: Jobs, press: Press) -> None:
    status = jobs.store.open(press.config.key).status
    if status.state != "finished":
        raise BenchmarkError(f"The training of {press.visitor} ended as {status.state}: {status.message}")
