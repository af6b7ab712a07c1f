"""Trainings as jobs on Dask: a cluster of one worker on this machine, or any scheduler that is already there.

    DASK_SCHEDULER_ADDRESS   address of an existing scheduler; its workers must see the same runs folder

A job is known by its run's key: whoever asks for a run that is queued or in training watches the first one's.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from threading import RLock
from typing import Any, Literal, get_args

from distributed import Client, Event, Future

from ae_core.config.config import Config
from ae_core.config.layers import plan_layers
from ae_core.datasets.dataset import dataset_for
from ae_core.errors import BottleneckError
from ae_core.jobs.cluster import TRAINING, connect, let_go, local_cluster, reached, unexpected
from ae_core.jobs.contests import Contests
from ae_core.jobs.errands import Errands
from ae_core.jobs.estimate import Pace
from ae_core.jobs.maps import Maps
from ae_core.runs.history import Progress, Request
from ae_core.runs.lock import is_held
from ae_core.runs.store import Run, RunStore
from ae_core.workers.trainings import TOPIC, event_name, train_run, unpack, warm_up


@dataclass(frozen=True)
class Job:
    """A training that is under way, as a page sees it.

    Attributes:
        state: "queued" until a worker takes it up; "pausing" and "stopping" until it has done so.
        place: how many trainings are before it, running ones included; 0 when it runs.
        wait_seconds: estimated time until it begins; 0 when it runs.
        progress: the latest picture, None before the first.
        owners: who asked for it.
    """

    key: str
    state: Literal["queued", "training", "pausing", "stopping"]
    place: int
    wait_seconds: float
    progress: Progress | None
    owners: frozenset[str]


@dataclass
class _Entry:
    config: Config
    future: Future
    owners: set[str]
    started: bool = False
    request: Request | None = None
    again: bool = False
    progress: Progress | None = None


@dataclass
class _Books:
    """What this process knows of jobs.

    Dask calls back on the very thread that answers our calls to it. So every access holds `lock`, and nobody who holds
    it may call Dask; `turns` is for those who do, one at a time.
    """

    lock: RLock = field(default_factory=RLock)
    turns: RLock = field(default_factory=RLock)
    workers: int = 1
    entries: dict[str, _Entry] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)
    numbers: count[int] = field(default_factory=count)


class Jobs:
    """Submits trainings, tells how they stand, pauses and stops them.

    Args:
        store: the runs folder, which the workers must see under the same path.
        address: of a Dask scheduler; by default the variable DASK_SCHEDULER_ADDRESS, else a cluster of our own.

    Attributes:
        maps: the maps of runs, which the same workers make.
        contests: of classifiers on top of encoders, which they hold.
        errands: what else they make for pages.

    Raises:
        JobError: the scheduler cannot be reached.
    """

    def __init__(self, store: RunStore, *, address: str | None = None) -> None:
        self.store = store
        self._books = _Books()
        self._closed = False
        self._address = address or os.environ.get("DASK_SCHEDULER_ADDRESS")
        self._cluster = None if self._address else local_cluster()
        self.maps = Maps(store, self._living_client)
        self.contests = Contests(store, self._living_client)
        self.errands = Errands(store, self._living_client)
        self._client = self._connect()
        self._warm_up = self._client.submit(warm_up, pure=False, priority=10)
        self.errands.fit_baseline(Config())

    def submit(self, config: Config, *, owner: str = "") -> str:
        """Ask for a training; returns its key at once.

        A run that is finished, queued or in training is not started again; a paused, stopped or failed one goes on.

        Raises:
            ConfigError, DataError: the config does not fit the data.
            StoreError: the runs folder cannot be written.
            JobError: the scheduler cannot be reached.
        """
        config = config.canonical
        plan_layers(config)
        dataset_for(config, folder=self.store.root / "datasets")
        with self._books.turns:
            run = self.store.create(config)
            with self._books.lock:
                entry = self._books.entries.get(run.key)
                if entry:
                    entry.owners |= {owner} - {""}
                    # Asked for while it pauses or stops: it goes on once it has done so.
                    entry.again = entry.request is not None
            if entry is None and run.status.state != "finished" and not is_held(run.path):
                self._start(run, {owner} - {""})
        return run.key

    def request(self, key: str, request: Request) -> None:
        """Ask a training to pause or stop; a queued one does so before its first step. Unknown keys are ignored.

        Raises:
            JobError: the scheduler cannot be reached.
        """
        with self._books.turns:
            with self._books.lock:
                entry = self._books.entries.get(key)
                if entry is None:
                    return
                entry.request, entry.again = request, False
            with reached():
                Event(event_name(key, request), client=self._client).set()

    def view(self, key: str) -> Job | None:
        """How the training of `key` stands, or None when it is neither queued nor running here."""
        with self._books.lock:
            entry = self._books.entries.get(key)
            if entry is None:
                return None
            ahead = [] if entry.started else self._ahead(key)
            asked: Literal["pausing", "stopping"] = "pausing" if entry.request == "pause" else "stopping"
            state = asked if entry.request else "training" if entry.started else "queued"
            return Job(
                key=key,
                state=state,
                place=len(ahead),
                wait_seconds=sum(self._seconds_left(other) for other in ahead) / self._books.workers,
                progress=entry.progress,
                owners=frozenset(entry.owners),
            )

    def estimate(self, configs: Iterable[Config]) -> float:
        """Seconds that trainings of `configs` would take if nothing else ran, as far as can be told beforehand."""
        with self._books.lock:
            return sum(map(self._books.pace.seconds, configs)) / self._books.workers

    def active(self) -> list[Job]:
        """All trainings that are queued or running here, in the order in which they were asked for."""
        with self._books.lock:
            return [job for key in self._books.entries if (job := self.view(key))]

    def error(self, key: str) -> str:
        """Why the last job of `key` ended without a result; empty when it did not fail."""
        with self._books.lock:
            return self._books.errors.get(key, "")

    def resume_interrupted(self) -> list[str]:
        """Take up every run that was queued or in training when its process ended; returns their keys."""
        with self._books.turns:
            known = {job.key for job in self.active()}
            lost = [run for run in self.store.runs() if run.status.state in ("queued", "training")]
            # A run of an older version has the key of no config: asking for it would train another one.
            lost = [run for run in lost if run.config.key == run.key]
            resumed = [run for run in lost if run.key not in known and not is_held(run.path)]
            # The oldest request first, as the queue was.
            for run in sorted(resumed, key=lambda run: run.status.created):
                self._start(run, set())
        return [run.key for run in resumed]

    def wait_until_warm(self, timeout: float = 60.0) -> None:
        """Block until the first worker has imported TensorFlow. Raises TimeoutError."""
        self._warm_up.result(timeout=timeout)

    def close(self) -> None:
        """Let go of the scheduler; a cluster of our own ends, and its trainings stay resumable."""
        self._closed = True
        self.maps.close()
        self.contests.close()
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()

    def _connect(self) -> Client:
        client = connect(self._address, self._cluster)
        client.subscribe_topic(TOPIC, self._on_event)
        return client

    def _living_client(self) -> Client:
        """Our client, or a new one if the scheduler was away for longer than Dask waits for it. Raises JobError."""
        with self._books.turns:
            if self._client.status == "closed":
                self._client = self._connect()
            return self._client

    def _start(self, run: Run, owners: set[str]) -> None:
        """Hand a run to Dask, and before it the PCA that its curve is drawn against; the caller holds `turns`."""
        self._living_client()
        with reached():
            self._hand_over(run, owners)

    def _hand_over(self, run: Run, owners: set[str]) -> None:
        # A scheduler that was restarted does not know any more who listens.
        self._client.subscribe_topic(TOPIC, self._on_event)
        self.errands.fit_baseline(run.config)
        for request in get_args(Request):
            Event(event_name(run.key, request), client=self._client).clear()
        # One name for this sitting, whichever app asks the scheduler for it, and never that of an earlier sitting,
        # whose result the scheduler might still have.
        name = f"train-{run.key}-{run.status.updated:.6f}"
        with self._books.lock:
            # Without a priority of its own, a job of the same tenth of a second would be ordered by its name.
            priority = -next(self._books.numbers)
            self._books.errors.pop(run.key, None)
        future = self._client.submit(
            train_run,
            run.config,
            self.store.root,
            key=name,
            pure=False,
            priority=priority,
            # Other schedulers' workers have no such thing: there each thread may train.
            resources={TRAINING: 1} if self._cluster else None,
        )
        workers = 1 if self._cluster else sum(int(threads) for threads in self._client.nthreads().values())
        with self._books.lock:
            self._books.workers = max(1, workers)
            self._books.entries.pop(run.key, None)
            self._books.entries[run.key] = _Entry(run.config, future, owners)
        future.add_done_callback(lambda done, key=run.key: self._on_done(key, done))

    def _on_event(self, event: tuple[float, dict[str, Any]]) -> None:
        message = event[1]
        with self._books.lock:
            entry = self._books.entries.get(message["key"])
            if entry is None:
                return
            entry.started = True
            if "progress" in message:
                entry.progress = unpack(message["progress"])
                self._books.pace.learn(entry.config, entry.progress.steps_per_second)

    def _on_done(self, key: str, future: Future) -> None:
        if self._closed:
            return
        message = self._why_it_failed(key, future)
        let_go(future)
        with self._books.turns:
            with self._books.lock:
                entry = self._books.entries.get(key)
                again = entry is not None and entry.again and not message
                if not again:
                    self._books.entries.pop(key, None)
                if message:
                    self._books.errors[key] = message
            if entry and again:
                self._start_again(key, entry)

    def _start_again(self, key: str, entry: _Entry) -> None:
        try:
            self._start(self.store.create(entry.config), entry.owners)
        except BottleneckError as error:
            with self._books.lock:
                self._books.entries.pop(key, None)
                self._books.errors[key] = str(error)

    def _why_it_failed(self, key: str, future: Future) -> str:
        if future.status == "error":
            error = future.exception()
            if isinstance(error, BottleneckError):
                return str(error)
            message = unexpected(key, error)
            # Nobody else writes it down: the worker that would have is gone, or did not know what happened to it.
            with suppress(BottleneckError):
                run = self.store.open(key)
                run.write_status(replace(run.status, state="failed", message=message))
            return message
        if future.status in ("cancelled", "lost"):
            return f"The workers were lost while run {key} was in training. Start it again: it goes on where it was."
        return ""

    def _ahead(self, key: str) -> list[_Entry]:
        ahead = []
        for other, entry in self._books.entries.items():
            if other == key:
                break
            ahead.append(entry)
        return ahead

    def _seconds_left(self, entry: _Entry) -> float:
        if entry.progress and entry.progress.seconds_left is not None:
            return entry.progress.seconds_left
        return self._books.pace.seconds(entry.config)
