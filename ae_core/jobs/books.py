"""What this process knows of the work that was asked for: by whom, how it stands, who is next. No Dask in here."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from threading import RLock
from typing import Any, Generic, Literal, TypeVar

from ae_core.runs.history import Request
from ae_core.workers.pace import Pace
from ae_core.workers.work import Work

W = TypeVar("W", bound=Work[Any])

MOST_KEPT = 256
"""Answers that are remembered for all visitors together, and reasons why something was not done."""
ROOM = 1_000_000
"""Pieces of work between one urgency and the next, in the order of Dask."""


@dataclass(frozen=True)
class Job(Generic[W]):
    """A piece of work that was asked for and has not ended, as a page sees it.

    Attributes:
        state: "queued" until a worker takes it up; "pausing" and "stopping" until it has done so, unless somebody has
            asked for it again meanwhile.
        place: how many pieces of work it waits for, running ones included; 0 when a worker has it.
        wait_seconds: estimated time until it begins; 0 when a worker has it.
        progress: the latest picture, of the type that its kind tells; None before the first, unless its kind has words
            for waiting.
        owners: who asked for it.
    """

    work: W
    state: Literal["queued", "working", "pausing", "stopping"]
    place: int
    wait_seconds: float
    progress: Any
    owners: frozenset[str]


@dataclass(eq=False)
class Entry:
    """A line of the books.

    Attributes:
        priority: see `Books`; what is higher is done first.
        future: what Dask calls it, once it is handed over.
        place: number of the worker of our own that it was given to; None while it waits for one, and where that is left
            to Dask.
        begun: whether a worker has it.
        request: how it is being called off.
        again: whether somebody has asked for it since it was called off.
    """

    work: Work[Any]
    owners: set[str]
    progress: Any
    priority: int
    future: Any = None
    place: int | None = None
    begun: bool = False
    request: Request | None = None
    again: bool = False


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
        self._pace = Pace()
        self._numbers = count()

    def _priority(self, work: Work[Any]) -> int:
        """Who is next: of what waits, a worker takes the highest first."""
        # Without one of its own, Dask would order work of the same tenth of a second by its name.
        return work.urgency * ROOM - next(self._numbers)

    def join(self, work: Work[Any], owner: str) -> bool:
        """Whether it is under way already; then `owner` waits for it, too, and it goes on if it was called off."""
        with self.lock:
            self._errors.pop(work, None)
            entry = self._entries.get(work.name)
            if entry is None:
                return False
            entry.owners |= {owner} - {""}
            # Of what waits nobody has heard yet that it was called off.
            entry.request = entry.request if entry.future else None
            entry.again = entry.request is not None
            return True

    def enter(self, work: Work[Any], owners: Iterable[str]) -> Entry:
        """A line for work that is about to be handed over, at the end; one of before is struck out."""
        with self.lock:
            self._entries.pop(work.name, None)
            entry = Entry(work, set(owners) - {""}, work.waiting("a worker"), self._priority(work))
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

        Each worker does one such piece at a time. None while all of them do, or when nothing waits. What was called off
        is first, since it only writes down how it was left; then the highest priority.
        """
        with self.lock:
            all_of_it = [entry for entry in self._entries.values() if entry.work.resource == resource]
            waiting = [entry for entry in all_of_it if entry.place is None]
            free = set(range(self.workers)) - {entry.place for entry in all_of_it}
            if not waiting or not free:
                return None
            entry = max(waiting, key=lambda entry: (entry.request is not None, entry.priority))
            entry.place = min(free)
            return entry

    def note_report(self, name: str, values: dict[str, Any] | None) -> None:
        """A worker has begun with it and, if there are `values`, tells how far it is."""
        with self.lock:
            entry = self._entries.get(name)
            if entry is None:
                return
            entry.begun = True
            if values is not None:
                entry.progress = entry.work.unpack(values)
                entry.work.teach(self._pace, entry.progress)

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
            ahead = [] if entry.begun else self._ahead(entry)
            seconds = sum(other.work.seconds_left(self._pace, other.progress) for other in ahead) / self.workers
            return Job(work, _state(entry), len(ahead), seconds, entry.progress, frozenset(entry.owners))

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

    def _ahead(self, entry: Entry) -> list[Entry]:
        """What was asked for before and takes the same, of which there is one."""
        same = (entry.work.resource, entry.work.turn)
        if same == ("", ""):
            return []
        ahead = []
        for other in self._entries.values():
            if other is entry:
                break
            if (other.work.resource, other.work.turn) == same:
                ahead.append(other)
        return ahead


def _state(entry: Entry) -> Literal["queued", "working", "pausing", "stopping"]:
    if entry.request and not entry.again:
        return "pausing" if entry.request == "pause" else "stopping"
    return "working" if entry.begun else "queued"


def _keep(kept: OrderedDict[Work[Any], Any], work: Work[Any], value: Any) -> None:
    kept[work] = value
    kept.move_to_end(work)
    while len(kept) > MOST_KEPT:
        kept.popitem(last=False)
