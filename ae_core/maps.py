"""Maps of the runs' codes as jobs on Dask: made once for everybody, kept in the run's folder, watched while they form.

A map is made beside a training, not after it. See `mapmaking` for what the workers do.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
from distributed import Client, Event, Future, KilledWorker
from numpy.typing import NDArray

from ae_core.cluster import reached
from ae_core.codec import Part, weights_of
from ae_core.datasets import dataset_for
from ae_core.errors import BottleneckError, DataError, JobError, ProjectionCancelledError
from ae_core.mapmaking import (
    MAP_FOLDER,
    MAP_TOPIC,
    MapName,
    cancel_name,
    make_map,
    place_codes,
    unpack_map,
)
from ae_core.nonlinear import MapProgress
from ae_core.projection import Method, Projection, checked
from ae_core.store import Run, RunStore

__all__ = ["MapJob", "Maps", "Part"]

Floats = NDArray[np.float32]

QUEUED = MapProgress(0.0, "waiting for a worker")
MOST_PLACES = 256
"""Places of codes that are remembered, for all visitors together."""


@dataclass(frozen=True, eq=False)
class MapJob:
    """A map that is being made, as a page sees it.

    Attributes:
        fraction, phase, points: see `MapProgress`; the phase is "waiting for a worker" until one has begun.
        stopping: it was cancelled, has not ended yet, and nobody has asked for it again.
    """

    fraction: float
    phase: str
    points: Floats | None
    stopping: bool


@dataclass
class _Entry:
    future: Future
    progress: MapProgress = QUEUED
    stopping: bool = False
    again: bool = False


class Maps:
    """Has maps made, tells how they stand, reads them, and places new codes on them.

    Dask calls back on the very thread that answers our calls to it. So every access to what this process knows holds
    `_lock`, and nobody who holds it may call Dask; `_turns` is for those who do, one at a time.

    Args:
        store: the runs folder, which the workers must see under the same path.
        client: gives a client that is connected. Raises JobError when the scheduler cannot be reached.
    """

    def __init__(self, store: RunStore, client: Callable[[], Client]) -> None:
        self._store, self._client = store, client
        self._lock, self._turns = RLock(), RLock()
        self._entries: dict[str, _Entry] = {}
        self._errors: dict[str, str] = {}
        self._places: OrderedDict[tuple[str, bytes], Floats | BottleneckError | None] = OrderedDict()
        self._closed = False

    def ready(self, run: Run, method: Method, part: Part) -> Projection | None:
        """The map of the run's codes, read-only and the same object for all; None while there is none.

        A damaged file, one that does not fit the run, and the map of earlier weights count as none.

        Raises:
            RunNotFoundError: the run has no encoder, or was deleted.
            ConfigError, DataError: the run's images are not there any more.
        """
        return self._made(run, _name(run, method, part))

    def request(self, run: Run, method: Method, part: Part) -> None:
        """Have a worker make the map, unless it is there or under way; does not wait.

        Raises:
            RunNotFoundError, ConfigError, DataError: as `ready`.
            JobError: the scheduler cannot be reached.
        """
        name = _name(run, method, part)
        with self._turns:
            with self._lock:
                self._errors.pop(str(name), None)
                entry = self._entries.get(str(name))
                if entry:
                    # Asked for while it stops: it is made once it has done so.
                    entry.again = entry.stopping
            if entry is None and self._made(run, name) is None:
                self._start(name)

    def view(self, run: Run, method: Method, part: Part) -> MapJob | None:
        """How the making of the map stands; None when it is not being made. Raises RunNotFoundError."""
        with self._lock:
            entry = self._entries.get(str(_name(run, method, part)))
            if entry is None:
                return None
            stopping = entry.stopping and not entry.again
            return MapJob(entry.progress.fraction, entry.progress.phase, entry.progress.points, stopping)

    def error(self, run: Run, method: Method, part: Part) -> str:
        """Why the map was not made when it was last asked for; empty when nothing failed. Raises RunNotFoundError."""
        with self._lock:
            return self._errors.get(str(_name(run, method, part)), "")

    def cancel(self, run: Run, method: Method, part: Part) -> None:
        """Call the map off, for everybody who waits for it; `view` tells of it until it has ended.

        Raises:
            RunNotFoundError: the run has no encoder, or was deleted.
            JobError: the scheduler cannot be reached.
        """
        name = _name(run, method, part)
        with self._turns:
            with self._lock:
                entry = self._entries.get(str(name))
                if entry is None:
                    return
                entry.stopping, entry.again = True, False
                begun = entry.progress is not QUEUED
            with reached():
                Event(cancel_name(name), client=self._client()).set()
                if not begun:
                    entry.future.cancel()

    def place(self, run: Run, method: Method, part: Part, codes: NDArray[Any]) -> Floats | None:
        """Where on the map `codes` (m, d) belong, (m, 2); None while it is worked out, or while there is no map.

        On linear maps at once. Else a worker is asked, and its answer is there at one of the next calls.

        Raises:
            RunNotFoundError, ConfigError, DataError: as `ready`; DataError for codes that do not fit as well.
            JobError: the scheduler cannot be reached, or the worker failed. The next call tries again.
        """
        name = _name(run, method, part)
        made = self._made(run, name)
        codes = checked(codes, dims=run.config.latent_dim)
        if made is None or made.linear:
            return None if made is None else made.of_codes(codes)
        question = str(name), codes.tobytes()
        with self._lock:
            if question in self._places:
                self._places.move_to_end(question)
                answer = self._places[question]
                if isinstance(answer, BottleneckError):
                    del self._places[question]
                    raise answer
                return answer
            self._places[question] = None
            while len(self._places) > MOST_PLACES:
                self._places.popitem(last=False)
        self._ask(question, name, codes)
        return None

    def listen(self, client: Client) -> None:
        """Have `client` pass on what workers tell of maps."""
        client.subscribe_topic(MAP_TOPIC, self._on_event)

    def close(self) -> None:
        """Hear no more of what ends because the connection does."""
        self._closed = True

    def _made(self, run: Run, name: MapName) -> Projection | None:
        path = run.path / MAP_FOLDER / name.file
        try:
            stat = path.stat()
        except OSError:
            return None
        made = _read(path, (stat.st_mtime_ns, stat.st_ino, stat.st_size))
        return made if made and self._fits(made, run, name) else None

    def _fits(self, made: Projection, run: Run, name: MapName) -> bool:
        if made.weights != name.weights or made.method not in (name.method, "pca"):
            return False
        data = dataset_for(run.config, folder=self._store.root / "datasets")
        count = data.test.count + (data.train.count if name.part == "all" else 0)
        return len(made.points) == count and (made.mean is None or made.mean.size == run.config.latent_dim)

    def _start(self, name: MapName) -> None:
        """Hand a map to Dask; the caller holds `_turns`."""
        with reached():
            client = self._client()
            # A scheduler that was restarted does not know any more who listens.
            self.listen(client)
            Event(cancel_name(name), client=client).clear()
            # The same name from whichever app asks the scheduler for it; before a training that has not begun.
            future = client.submit(make_map, name, self._store.root, key=str(name), pure=False, priority=5)
        with self._lock:
            self._entries[str(name)] = _Entry(future)
        future.add_done_callback(lambda done: self._on_done(name, done))

    def _on_event(self, event: tuple[float, dict[str, Any]]) -> None:
        with self._lock:
            entry = self._entries.get(event[1]["map"])
            if entry:
                entry.progress = unpack_map(event[1])

    def _on_done(self, name: MapName, future: Future) -> None:
        if self._closed:
            return
        with self._lock:
            entry = self._entries.get(str(name))
            called_off = entry is not None and entry.stopping
        message = "" if called_off else _problem(name, future)
        # Dask lets go in its own thread, in turn. Only then may the map be asked for again: a future that is still held
        # would answer with what it has. When the scheduler is lost there is nothing to wait for.
        with suppress(Exception):
            future.release()
            future.client.sync(_nothing)
        with self._turns:
            with self._lock:
                entry = self._entries.get(str(name))
                again = entry is not None and entry.again
                if not again:
                    self._entries.pop(str(name), None)
                if message:
                    self._errors[str(name)] = message
            if again:
                self._start_again(name)

    def _start_again(self, name: MapName) -> None:
        try:
            self._start(name)
        except JobError as error:
            with self._lock:
                self._entries.pop(str(name), None)
                self._errors[str(name)] = str(error)

    def _ask(self, question: tuple[str, bytes], name: MapName, codes: Floats) -> None:
        try:
            with self._turns, reached():
                # A hand is drawing: before all maps.
                future = self._client().submit(place_codes, name, self._store.root, codes, pure=False, priority=10)
        except JobError:
            with self._lock:
                self._places.pop(question, None)
            raise
        future.add_done_callback(lambda done: self._on_placed(question, done))

    def _on_placed(self, question: tuple[str, bytes], future: Future) -> None:
        if self._closed:
            return
        answer: Floats | BottleneckError
        if future.status == "finished":
            answer = future.result()
        else:
            error = future.exception() if future.status == "error" else None
            words = "The workers failed to place this code on the map. Try again."
            answer = error if isinstance(error, BottleneckError) else JobError(words)
        with self._lock:
            if question in self._places:
                self._places[question] = answer
        future.release()


def _name(run: Run, method: Method, part: Part) -> MapName:
    return MapName(run.key, weights_of(run), method, part)


@lru_cache(maxsize=16)
def _read(path: Path, _stamp: tuple[int, ...]) -> Projection | None:
    """The map in a file, or None for a damaged one. Of `_stamp` it is enough that a replaced file has another."""
    try:
        made = Projection.load(path)
    except DataError:
        return None
    made.points.setflags(write=False)
    return made


def _problem(name: MapName, future: Future) -> str:
    """Why a map was not made, in words for a visitor; empty when it was, or was called off."""
    if future.status in ("cancelled", "lost"):
        return f"The workers were lost while the map of run {name.key} was made. Ask for it again."
    if future.status != "error":
        return ""
    error = future.exception()
    if isinstance(error, ProjectionCancelledError):
        return ""
    if isinstance(error, BottleneckError):
        return str(error)
    if isinstance(error, KilledWorker):
        return (
            f"The worker died several times while it made the map of run {name.key}, perhaps for want of memory. "
            "Choose the held-out images only."
        )
    return f"The map of run {name.key} could not be made: {type(error).__name__}: {error}. Ask for it again."


async def _nothing() -> None:
    return
