"""How a worker does a piece of work: it tells of it by Dask events, hears what is asked of it, and takes its turn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from distributed import Event, get_worker, secede

from ae_core.errors import CancelledError
from ae_core.runs.history import Request
from ae_core.workers.work import Work

P = TypeVar("P")

TOPIC = "bottleneck-work"
"""Of the events by which workers tell of all kinds of work: {"work": its name, "progress": packed, if there is any}."""
REQUESTS: tuple[Request, ...] = ("stop", "pause", "give way")
"""The first of those that are asked for counts: whoever asks for both of the first wants it to end."""
TURN_SECONDS = 1.0

_turns: defaultdict[str, Lock] = defaultdict(Lock)


def carry_out(work: Work[Any], root: Path) -> Any:
    """Do `work` in the runs folder `root`; returns what came of it. Runs in the thread that Dask gave it."""
    channel = DaskChannel(work)
    if not work.resource:
        # Beside what takes the worker's resource, not before it.
        secede()
    with _in_turn(_turns[work.turn], channel.wait_for_turn) if work.turn else nullcontext():
        return work.do(root, channel)


def request_event(name: str, request: Request) -> str:
    """Name of the Dask event by which the work called `name` is asked to pause, to stop or to give way."""
    return f"bottleneck-{request}-{name}"


class DaskChannel:
    """The `Channel` of a piece of work that Dask gave to this thread. Making it tells everybody that it has begun."""

    def __init__(self, work: Work[Any]) -> None:
        self._work, self._worker = work, get_worker()
        self._events = {request: Event(request_event(work.name, request)) for request in REQUESTS}
        self._worker.log_event(TOPIC, {"work": work.name})

    def report(self, progress: Any) -> None:
        """See `Channel`."""
        self._worker.log_event(TOPIC, {"work": self._work.name, "progress": self._work.pack(progress)})

    def asked(self) -> Request | None:
        """See `Channel`."""
        return next((request for request, event in self._events.items() if event.is_set()), None)

    def wait_for_turn(self) -> None:
        """Tell that it waits for its turn. Raises CancelledError when it is called off meanwhile."""
        self.report(self._work.waiting(f"another {self._work.turn}"))
        if self.asked():
            raise CancelledError("It was called off before it was begun.")


@contextmanager
def _in_turn(turn: Lock, waits: Callable[[], None]) -> Iterator[None]:
    """Hold `turn`; until it is free `waits` is called once a second, and what it raises ends the waiting."""
    while not turn.acquire(timeout=TURN_SECONDS):
        waits()
    try:
        yield
    finally:
        turn.release()
