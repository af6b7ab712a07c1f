"""A line of the books: one piece of work that was asked for and has not ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ae_core.runs.history import Request
from ae_core.workers.work import Work

JobState = Literal["queued", "working", "pausing", "stopping"]

ROOM = 1_000_000
"""Pieces of work between one urgency and the next, in the order of Dask."""
TELLING_REPORTS = 8
"""Of a sitting, until it can be seen what becomes of it: two seconds of training. The first are of its first step."""


@dataclass(eq=False)
class Entry:
    """One piece of work, and all that is known of it.

    Attributes:
        owners: who asked for it.
        progress: the latest picture, also from before it gave way.
        number: how many were asked for before it.
        asked: when that was, in seconds of a clock that never goes back.
        round: see `turns.round_of`.
        future: what Dask calls it, once it is handed over.
        place: number of the worker of our own that it was given to; None while it waits for one, and where that is left
            to Dask.
        begun: whether a worker has it.
        since: when that was, by the same clock.
        reports: how often it has told of progress since.
        turns: how often it has given way to others.
        leaving: whether it is asked to give way.
        request: how it is being called off.
        again: whether somebody has asked for it since it was called off.
    """

    work: Work[Any]
    owners: set[str]
    progress: Any
    number: int
    asked: float
    round: int = 0
    future: Any = None
    place: int | None = None
    begun: bool = False
    since: float = 0.0
    reports: int = 0
    turns: int = 0
    leaving: bool = False
    request: Request | None = None
    again: bool = False

    @property
    def priority(self) -> int:
        """What is higher is done first, where the order is left to Dask."""
        # Without a number of its own, Dask would order work of the same tenth of a second by its name.
        return self.work.urgency * ROOM - self.number

    @property
    def waits(self) -> bool:
        """Whether it has not been handed over yet."""
        return self.place is None and self.future is None and not self.begun

    @property
    def looked_inside(self) -> bool:
        """Whether it has ever shown what has become of it."""
        return self.turns > 0 or self.reports >= TELLING_REPORTS

    @property
    def state(self) -> JobState:
        """See `Job`."""
        if self.request and not self.again:
            return "pausing" if self.request == "pause" else "stopping"
        return "working" if self.begun else "queued"
