"""Whose turn it is: the order of what waits for a worker, and what gives way to it. No clock, lock or Dask in here.

Turns go round among visitors, not among what they ask for: who asks for ten waits with the second until everybody else
has had a first (`round_of`). Of a round, what nobody has looked inside yet comes before all else: so every curve moves
soon. Of the rest the one comes first that would have ended first, had it been begun when it was asked for: short ones
before long ones, by which all together wait least (Smith 1956, "Various optimizers for single-stage production", Naval
Research Logistics Quarterly 3), but a long one in time, too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from ae_core.jobs.entry import TELLING_REPORTS, Entry
from ae_core.workers.pace import Pace

WORTH_SECONDS = 6.0
"""What has less left goes on to its end: to leave it and to take it up again takes a worker a second or two."""
TURN_SECONDS = 5.0
"""So long it is left alone before it gives way to another one that has been looked inside."""
LOOK_SECONDS = 4.0
"""About what it takes until something can be seen of a training."""


def round_of(owners: Iterable[str], last: Mapping[str, int], entries: Collection[Entry]) -> int:
    """In which round something is done that these visitors ask for; of several the first one, without any the present.

    It is the round after their last one, yet never one that is over: who comes late is not owed what others have had
    before (start-time fair queueing: Goyal, Vin and Cheng 1996).

    Args:
        last: the last round of each visitor who has asked before.
        entries: all that takes the same resource. The present round is the first that one of them has.
    """
    present = min((entry.round for entry in entries), default=0)
    return min((max(present, last.get(owner, -1) + 1) for owner in owners), default=present)


@dataclass(frozen=True)
class Line:
    """All work that takes the same resource, at one moment.

    Attributes:
        now: by the clock of the entries, in seconds.
    """

    entries: Collection[Entry]
    pace: Pace
    now: float

    def next(self) -> Entry | None:
        """What is handed over first of all that waits; None when nothing does."""
        return min((entry for entry in self.entries if entry.waits), key=self._order, default=None)

    def ahead_of(self, entry: Entry) -> list[Entry]:
        """All that comes before what has not begun: what workers have, and of what waits that which is first."""
        if entry.place is not None:
            return []
        if not entry.waits:
            return [other for other in self.entries if not other.waits and other.number < entry.number]
        order = self._order(entry)
        return [other for other in self.entries if not other.waits or self._order(other) < order]

    def wait_seconds(self, entry: Entry) -> float:
        """About how long that takes one worker, in seconds."""
        return sum(self._time_before(entry, other) for other in self.ahead_of(entry))

    def giving_way(self) -> list[Entry]:
        """What workers shall leave, since something waits that comes before it. Nothing when a worker is free."""
        waiting = sorted((entry for entry in self.entries if entry.waits), key=self._order)
        # For each that leaves already one of those that wait is served.
        served = sum(entry.leaving for entry in self.entries)
        chosen: list[Entry] = []
        for entry in waiting[served:]:
            leaving = [other for other in self.entries if other not in chosen and self._leaves_for(other, entry)]
            if not leaving:
                break
            chosen.append(max(leaving, key=self._order))
        return chosen

    def _leaves_for(self, entry: Entry, other: Entry) -> bool:
        """Whether what a worker has gives way to `other`, which waits."""
        can = entry.begun and entry.work.gives_way and not (entry.leaving or entry.request)
        if not can or entry.reports < TELLING_REPORTS or self._order(other) > self._order(entry):
            return False
        if not other.looked_inside:
            return self._left(entry) > WORTH_SECONDS
        gained = self._due(entry) - self._due(other) if entry.round == other.round else self._left(entry)
        return gained > WORTH_SECONDS and self.now - entry.since > TURN_SECONDS

    def _order(self, entry: Entry) -> tuple[float, ...]:
        """What is lowest comes first. What was called off does, since it only writes down how it was left."""
        due = self._due(entry) if entry.looked_inside else entry.asked
        return (entry.request is None, -entry.work.urgency, entry.round, entry.looked_inside, due, entry.number)

    def _due(self, entry: Entry) -> float:
        """When it would have ended, by the clock of the entries, had it been begun when it was asked for."""
        return entry.asked + self._left(entry)

    def _time_before(self, entry: Entry, other: Entry) -> float:
        """Seconds that `other`, which comes before, keeps a worker from what waits."""
        left = self._left(other)
        gives_way = other.work.gives_way and not entry.looked_inside and left > WORTH_SECONDS
        return min(left, LOOK_SECONDS) if gives_way else left

    def _left(self, entry: Entry) -> float:
        return entry.work.seconds_left(self.pace, entry.progress)
