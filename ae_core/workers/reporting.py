"""How a worker tells of its work, hears that it is called off, and waits for its turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, Protocol

from distributed import get_worker

TURN_SECONDS = 1.0


class TaskName(Protocol):
    """What tells a task from all others: hashable, and the same text in every process."""

    def __str__(self) -> str: ...

    @property
    def words(self) -> str:
        """What is made, as in "the map of run 0123"."""

    @property
    def lighter(self) -> str:
        """What to do when it takes too much memory, a sentence."""


def cancel_name(name: TaskName) -> str:
    """Name of the Dask event by which a task is called off."""
    return f"bottleneck-cancel-{name}"


def teller(topic: str, name: TaskName) -> Callable[[dict[str, Any]], None]:
    """For a worker, in the thread that Dask gave it: a function that tells everybody how far its task is."""
    worker = get_worker()
    return lambda progress: worker.log_event(topic, {"task": str(name), "progress": progress})


@contextmanager
def in_turn(turn: Lock, waits: Callable[[], None]) -> Iterator[None]:
    """Hold `turn`; until it is free `waits` is called once a second, and what it raises ends the waiting."""
    while not turn.acquire(timeout=TURN_SECONDS):
        waits()
    try:
        yield
    finally:
        turn.release()
