"""What this process knows of the work that was asked for: by whom, how it stands, who is next. No Dask in here."""

from __future__ import annotations

import time
from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from threading import RLock
from typing import Any, Generic, TypeVar

from ae_core.jobs.entry import Entry, JobState
from ae_core.jobs.turns import Line, round_of
from ae_core.runs.history import Request
from ae_core.workers.pace import Pace
from ae_core.workers.work import Work

W = TypeVar("W", bound=Work[Any])

MOST_KEPT = 256
"""Answers that are remembered for all visitors together, and reasons why something was not done."""


@dataclass(frozen=True)
class Job(Generic[W]):
    """A piece of work that was asked for and has not ended, as a page sees it.

    Attributes:
        state: "queued" until a worker takes it up, and while it gives way to others; "pausing" and "stopping" until it
            has done so, unless somebody has asked for it again meanwhile.
        place: how many pieces of work come before it, running ones included; 0 when a worker has it.
        wait_seconds: estimated time until a worker takes it up; 0 when one has it.
        progress: the latest picture, of the type that its kind tells; None before the first, unless its kind has words
            for waiting. What has given way to others keeps it while it waits for its next turn.
        owners: who asked for it.
    """

    work: W
    state: JobState
    place: int
    wait_seconds: float
    progress: Any
    owners: frozenset[str]


class Books:
    """The lines of all work that has not ended, in the order in which it was asked for.

    Every access holds `lock`, and nobody who holds it may call Dask: Dask calls back on the very thread that answers
    our calls to it.
    """

    def __init__(self) -> None:
        self.lock = RLock()
        self.workers = 1
        self._entries: dict[str, Entry] = {}
        self._errors: OrderedDict[Work[Any], str] = OrderedDict()
        self._answers: OrderedDict[Work[Any], Any] = OrderedDict()
        self._rounds: defaultdict[str, dict[str, int]] = defaultdict(dict)
        self._pace = Pace()
        self._numbers = count()

    def join(self, work: Work[Any], owner: str) -> bool:
        """Whether it is under way already; then `owner` waits for it, too, and it goes on if it was called off."""
        with self.lock:
            self._errors.pop(work, None)
            entry = self._entries.get(work.name)
            if entry is None:
                return False
            if owner not in {"", *entry.owners}:
                entry.round = min(entry.round, self._next_round(work, {owner}))
                entry.owners.add(owner)
            # Of what waits nobody has heard yet that it was called off.
            entry.request = entry.request if entry.future else None
            entry.again = entry.request is not None
            return True

    def waits(self, work: Work[Any]) -> bool:
        """Whether it is under way, and no worker has it."""
        with self.lock:
            entry = self._entries.get(work.name)
            return entry is not None and entry.waits

    def enter(self, work: Work[Any], owners: Iterable[str]) -> Entry:
        """A line for work that is about to be handed over, at the end; one of before is struck out."""
        with self.lock:
            self._entries.pop(work.name, None)
            owners, waiting = set(owners) - {""}, work.waiting("a worker")
            which = self._next_round(work, owners)
            entry = Entry(work, owners, waiting, next(self._numbers), time.monotonic(), which)
            self._entries[work.name] = entry
            return entry

    def call_off(self, work: Work[Any], request: Request) -> Entry | None:
        """Note that it is called off; None for what is not under way."""
        with self.lock:
            entry = self._entries.get(work.name)
            if entry:
                entry.request, entry.again = request, False
            return entry

    def next(self, resource: str) -> Entry | None:
        """What is to be handed over now of the work that takes `resource`, and to which worker: its `place`.

        Each worker does one such piece at a time. None while all of them do, or when nothing waits.
        """
        with self.lock:
            line = self._line(resource)
            free = set(range(self.workers)) - {entry.place for entry in line.entries}
            entry = line.next() if free else None
            if entry:
                entry.place = min(free)
            return entry

    def send_away(self, resource: str) -> list[Entry]:
        """What workers are to be asked to leave now, since something comes before it; each is told of once."""
        with self.lock:
            leaving = self._line(resource).giving_way()
            for entry in leaving:
                entry.leaving = True
            return leaving

    def wait_again(self, entry: Entry) -> None:
        """It has given way, and waits for its next turn; what was called off meanwhile writes down how it was left."""
        with self.lock:
            entry.future = entry.place = None
            entry.begun = entry.leaving = False
            entry.reports = 0
            entry.turns += 1
            if entry.again:
                entry.request, entry.again = None, False

    def note_report(self, name: str, values: dict[str, Any] | None) -> str:
        """A worker has begun with it and, if there are `values`, tells how far it is; returns the resource it takes."""
        with self.lock:
            entry = self._entries.get(name)
            # What has given way may have a last word on its way.
            if entry is None or (entry.turns and entry.waits):
                return ""
            if not entry.begun:
                entry.begun, entry.since = True, time.monotonic()
            if values is not None:
                entry.reports += 1
                entry.progress = entry.work.unpack(values)
                entry.work.teach(self._pace, entry.progress)
            return entry.work.resource

    def end(self, entry: Entry, *, error: str = "", answer: Any = None) -> bool:
        """It has ended; whether it was asked for again since it was called off, and keeps its line until it starts."""
        with self.lock:
            if entry.again and not error:
                return True
            self.strike(entry, error=error)
            if answer is not None:
                _keep(self._answers, entry.work, answer)
            return False

    def strike(self, entry: Entry, *, error: str = "") -> None:
        """Take its line out, with the reason why it was not done."""
        with self.lock:
            if self._entries.get(entry.work.name) is entry:
                del self._entries[entry.work.name]
            if error:
                _keep(self._errors, entry.work, error)

    def view(self, work: W) -> Job[W] | None:
        """How it stands; None when it is not under way."""
        with self.lock:
            entry = self._entries.get(work.name)
            if entry is None:
                return None
            waits = (work.resource or work.turn) and not entry.begun
            place, seconds = self._wait(entry) if waits else (0, 0.0)
            return Job(work, entry.state, place, seconds, entry.progress, frozenset(entry.owners))

    def active(self, kind: type[W]) -> list[Job[W]]:
        """All of a kind that has not ended, in the order in which it was asked for."""
        with self.lock:
            works = [entry.work for entry in self._entries.values() if isinstance(entry.work, kind)]
            return [job for work in works if (job := self.view(work))]

    def estimate(self, works: Iterable[Work[Any]]) -> float:
        """Seconds that all of it would take if nothing else ran, as far as can be told beforehand."""
        with self.lock:
            return sum(work.seconds_left(self._pace, None) for work in works) / self.workers

    def errors(self, kind: type[W]) -> dict[W, str]:
        """Why work of a kind was not done when it was last asked for."""
        with self.lock:
            return {work: error for work, error in self._errors.items() if isinstance(work, kind)}

    def take_answer(self, work: Work[Any]) -> tuple[Any, str]:
        """What came of it, None for nothing yet; and why it was not done, which is told once."""
        with self.lock:
            if work in self._answers:
                self._answers.move_to_end(work)
            return self._answers.get(work), self._errors.pop(work, "")

    def _next_round(self, work: Work[Any], owners: set[str]) -> int:
        """In which round it is done, which is the last one of these visitors from now on."""
        if not work.resource:
            return 0
        entries, last = self._line(work.resource, work.turn).entries, self._rounds[work.resource]
        if not entries:
            # Nobody waits: all begin anew.
            last.clear()
        which = round_of(owners, last, entries)
        last.update(dict.fromkeys(owners, which))
        return which

    def _wait(self, entry: Entry) -> tuple[int, float]:
        """How many come before it, and about how many seconds they take."""
        line = self._line(entry.work.resource, entry.work.turn)
        return len(line.ahead_of(entry)), line.wait_seconds(entry) / self.workers

    def _line(self, resource: str, turn: str = "") -> Line:
        """What takes the same."""
        same = [one for one in self._entries.values() if (one.work.resource, one.work.turn) == (resource, turn)]
        return Line(same, self._pace, time.monotonic())


def _keep(kept: OrderedDict[Work[Any], Any], work: Work[Any], value: Any) -> None:
    kept[work] = value
    kept.move_to_end(work)
    while len(kept) > MOST_KEPT:
        kept.popitem(last=False)
