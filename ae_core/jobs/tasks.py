"""What workers make while pages watch: each thing once however many ask for it, and called off for all of them.

A worker tells how far it is by Dask events on one topic, each with the name of its task.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any, Generic, TypeVar

from distributed import Client, Event, Future, KilledWorker

from ae_core.errors import BottleneckError, CancelledError, JobError
from ae_core.jobs.cluster import let_go, reached
from ae_core.workers.reporting import TaskName, cancel_name

PRIORITY = 5
"""Of what pages wait for: before a training that has not begun."""


Name = TypeVar("Name", bound=TaskName)
Progress = TypeVar("Progress")


@dataclass(frozen=True)
class Kind(Generic[Name, Progress]):
    """What the tasks of one kind have in common.

    Attributes:
        topic: of the events by which workers tell of them.
        work: what a worker does, from the task's name and the runs folder.
        waiting: how far a task is that no worker has begun.
        unpack: how far a task is, from an event.
    """

    topic: str
    work: Callable[[Name, Path], None]
    waiting: Progress
    unpack: Callable[[dict[str, Any]], Progress]


@dataclass(frozen=True)
class Task(Generic[Progress]):
    """A task that has not ended: how far it is, and whether it was called off and nobody has asked for it again."""

    progress: Progress
    stopping: bool


@dataclass
class _Entry(Generic[Progress]):
    future: Future
    progress: Progress
    stopping: bool = False
    again: bool = False


class Tasks(Generic[Name, Progress]):
    """Has things made, and tells how that stands.

    Dask calls back on the very thread that answers our calls to it. So every access to what this process knows holds
    `_lock`, and nobody who holds it may call Dask; `_turns` is for those who do, one at a time.

    Args:
        kind: of the tasks.
        root: the runs folder, which the workers must see under the same path.
        client: gives a client that is connected. Raises JobError when the scheduler cannot be reached.
    """

    def __init__(self, kind: Kind[Name, Progress], root: Path, client: Callable[[], Client]) -> None:
        self._kind, self._root, self._client = kind, root, client
        self._lock, self._turns = RLock(), RLock()
        self._entries: dict[Name, _Entry[Progress]] = {}
        self._errors: dict[Name, str] = {}
        self._closed = False

    def request(self, name: Name, *, is_made: Callable[[], bool]) -> None:
        """Have a worker do it, unless it is done or under way; does not wait.

        Raises:
            JobError: the scheduler cannot be reached.
        """
        with self._turns:
            with self._lock:
                self._errors.pop(name, None)
                entry = self._entries.get(name)
                if entry:
                    # Asked for while it stops: it is done once it has stopped.
                    entry.again = entry.stopping
            if entry is None and not is_made():
                self._start(name)

    def view(self, name: Name) -> Task[Progress] | None:
        """How the task stands; None when it is not under way."""
        with self._lock:
            entry = self._entries.get(name)
            return Task(entry.progress, entry.stopping and not entry.again) if entry else None

    def active(self) -> dict[Name, Task[Progress]]:
        """All that are under way, in the order in which they were asked for."""
        with self._lock:
            return {name: task for name in self._entries if (task := self.view(name))}

    def error(self, name: Name) -> str:
        """Why it was not done when it was last asked for; empty when nothing failed."""
        with self._lock:
            return self._errors.get(name, "")

    def errors(self) -> dict[Name, str]:
        """The same of all that failed."""
        with self._lock:
            return dict(self._errors)

    def cancel(self, name: Name) -> None:
        """Call it off, for everybody who waits for it; `view` tells of it until it has ended.

        Raises:
            JobError: the scheduler cannot be reached.
        """
        with self._turns:
            with self._lock:
                entry = self._entries.get(name)
                if entry is None:
                    return
                entry.stopping, entry.again = True, False
                begun = entry.progress is not self._kind.waiting
            with reached():
                Event(cancel_name(name), client=self._client()).set()
                if not begun:
                    entry.future.cancel()

    def listen(self, client: Client) -> None:
        """Have `client` pass on what workers tell."""
        client.subscribe_topic(self._kind.topic, self._on_event)

    def close(self) -> None:
        """Hear no more of what ends because the connection does."""
        self._closed = True

    def _start(self, name: Name) -> None:
        """Hand a task to Dask; the caller holds `_turns`."""
        with reached():
            client = self._client()
            # A scheduler that was restarted does not know any more who listens.
            self.listen(client)
            Event(cancel_name(name), client=client).clear()
            # The same name from whichever app asks the scheduler for it.
            future = client.submit(self._kind.work, name, self._root, key=str(name), pure=False, priority=PRIORITY)
        with self._lock:
            self._entries[name] = _Entry(future, self._kind.waiting)
        future.add_done_callback(lambda done: self._on_done(name, done))

    def _on_event(self, event: tuple[float, dict[str, Any]]) -> None:
        message = event[1]
        with self._lock:
            entry = next((entry for name, entry in self._entries.items() if str(name) == message["task"]), None)
            if entry:
                entry.progress = self._kind.unpack(message["progress"])

    def _on_done(self, name: Name, future: Future) -> None:
        if self._closed:
            return
        with self._lock:
            entry = self._entries.get(name)
            called_off = entry is not None and entry.stopping
        message = "" if called_off else _problem(name, future)
        let_go(future)
        with self._turns:
            with self._lock:
                entry = self._entries.get(name)
                again = entry is not None and entry.again
                if not again:
                    self._entries.pop(name, None)
                if message:
                    self._errors[name] = message
            if again:
                self._start_again(name)

    def _start_again(self, name: Name) -> None:
        try:
            self._start(name)
        except JobError as error:
            with self._lock:
                self._entries.pop(name, None)
                self._errors[name] = str(error)


def _problem(name: TaskName, future: Future) -> str:
    """Why a task was not done, in words for a visitor; empty when it was, or was called off."""
    if future.status in ("cancelled", "lost"):
        return f"The workers were lost while {name.words} was made. Ask for it again."
    if future.status != "error":
        return ""
    error = future.exception()
    if isinstance(error, CancelledError):
        return ""
    if isinstance(error, BottleneckError):
        return str(error)
    if isinstance(error, KilledWorker):
        return f"The worker died several times while it made {name.words}, perhaps for want of memory. {name.lighter}"
    words = f"{name.words[0].upper()}{name.words[1:]}"
    return f"{words} could not be made: {type(error).__name__}: {error}. Ask for it again."
