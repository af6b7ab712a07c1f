"""Trainings as jobs on Dask: a cluster of one worker on this machine, or any scheduler that is already there.

    DASK_SCHEDULER_ADDRESS   address of an existing scheduler; its workers must see the same runs folder

A job is known by its run's key: whoever asks for a run that is queued or in training watches the first one's.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from threading import RLock
from typing import Any, Literal, get_args

import dask
import numpy as np
from distributed import Client, Event, Future, KilledWorker, LocalCluster, get_worker

from ae_core.config import Config
from ae_core.datasets import dataset_for
from ae_core.errors import BottleneckError, JobError
from ae_core.layers import IMAGE_SHAPE, plan_layers
from ae_core.lock import STALE_SECONDS, BusyError, is_held, is_held_here
from ae_core.progress import History, Progress, Request
from ae_core.quiet import quiet_stderr
from ae_core.store import Run, RunStore

TOPIC = "bottleneck-progress"
CONNECT_SECONDS = 10
DEFAULT_SPEED = 1e10
"""Multiplications a second of a forward pass, until a training here has told better; here: 0.8 to 2.2e10."""


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


@dataclass(frozen=True)
class Fetch:
    """A download by a worker: under way, ended well, or ended with a problem to show."""

    running: bool = False
    problem: str = ""


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
    speed: float = DEFAULT_SPEED
    fashion: Fetch = field(default_factory=Fetch)
    numbers: count[int] = field(default_factory=count)


class Jobs:
    """Submits trainings, tells how they stand, pauses and stops them.

    Args:
        store: the runs folder, which the workers must see under the same path.
        address: of a Dask scheduler; by default the variable DASK_SCHEDULER_ADDRESS, else a cluster of our own.

    Raises:
        JobError: the scheduler cannot be reached.
    """

    def __init__(self, store: RunStore, *, address: str | None = None) -> None:
        self.store = store
        self._books = _Books()
        self._closed = False
        self._address = address or os.environ.get("DASK_SCHEDULER_ADDRESS")
        self._cluster = None if self._address else _local_cluster()
        self._client = self._connect()
        self._warm_up = self._client.submit(_warm_up, pure=False, priority=10)
        self.fit_baseline(Config())

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
            with _reached():
                Event(_event_name(key, request), client=self._client).set()

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
            resumed = [run for run in lost if run.key not in known and not is_held(run.path)]
            # The oldest request first, as the queue was.
            for run in sorted(resumed, key=lambda run: run.status.created):
                self._start(run, set())
        return [run.key for run in resumed]

    def fit_baseline(self, config: Config) -> None:
        """Have a worker fit the PCA that `config` is compared with, unless it was fitted before; does not wait."""
        path = baseline_path(self.store, config)
        if not path.exists():
            key = f"pca-{path.stem}"
            future = self._client.submit(_fit_baseline, config, self.store.root, key=key, priority=5)
            future.add_done_callback(_forget)

    def fetch_fashion(self) -> None:
        """Have a worker fetch Fashion-MNIST into the datasets folder; does not wait."""
        with self._books.turns:
            if self.fashion_fetch().running:
                return
            future = self._client.submit(_fetch_fashion, self.store.root, pure=False, priority=5)
            with self._books.lock:
                self._books.fashion = Fetch(running=True)
            future.add_done_callback(self._on_fetched)

    def fashion_fetch(self) -> Fetch:
        """How the fetching of Fashion-MNIST stands."""
        with self._books.lock:
            return self._books.fashion

    def wait_until_warm(self, timeout: float = 60.0) -> None:
        """Block until the first worker has imported TensorFlow. Raises TimeoutError."""
        self._warm_up.result(timeout=timeout)

    def close(self) -> None:
        """Let go of the scheduler; a cluster of our own ends, and its trainings stay resumable."""
        self._closed = True
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()

    def _connect(self) -> Client:
        try:
            client = Client(self._address or self._cluster, set_as_default=False, timeout=CONNECT_SECONDS)
        # Dask raises ValueError for what is not an address at all.
        except (OSError, ValueError) as error:
            raise JobError(
                f"DASK_SCHEDULER_ADDRESS must be the address of a running Dask scheduler. Received: {self._address}. "
                "Start the scheduler, or unset the variable to train on this machine."
            ) from error
        client.subscribe_topic(TOPIC, self._on_event)
        return client

    def _start(self, run: Run, owners: set[str]) -> None:
        """Hand a run to Dask, and before it the PCA that its curve is drawn against; the caller holds `turns`."""
        if self._client.status == "closed":
            # The scheduler was away for longer than Dask waits for it.
            self._client = self._connect()
        with _reached():
            self._hand_over(run, owners)

    def _hand_over(self, run: Run, owners: set[str]) -> None:
        # A scheduler that was restarted does not know any more who listens.
        self._client.subscribe_topic(TOPIC, self._on_event)
        self.fit_baseline(run.config)
        for request in get_args(Request):
            Event(_event_name(run.key, request), client=self._client).clear()
        # One name for this sitting, whichever app asks the scheduler for it, and never that of an earlier sitting,
        # whose result the scheduler might still have.
        name = f"train-{run.key}-{run.status.updated:.6f}"
        with self._books.lock:
            # Without a priority of its own, a job of the same tenth of a second would be ordered by its name.
            priority = -next(self._books.numbers)
            self._books.errors.pop(run.key, None)
        future = self._client.submit(_train, run.config, self.store.root, key=name, pure=False, priority=priority)
        workers = sum(int(threads) for threads in self._client.nthreads().values())
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
                entry.progress = _unpack(message["progress"])
                cost = plan_layers(entry.config).multiplications * entry.config.batch_size
                if entry.progress.steps_per_second:
                    self._books.speed = entry.progress.steps_per_second * cost

    def _on_done(self, key: str, future: Future) -> None:
        if self._closed:
            return
        message = self._why_it_failed(key, future)
        # Dask lets go in its own thread, in turn. Only then may the run be asked for again: a future that is still held
        # would answer with what it has. When the scheduler is lost there is nothing to wait for.
        with suppress(Exception):
            future.release()
            self._client.sync(_nothing)
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
            message = _unexpected(key, error)
            # Nobody else writes it down: the worker that would have is gone, or did not know what happened to it.
            with suppress(BottleneckError):
                run = self.store.open(key)
                run.write_status(replace(run.status, state="failed", message=message))
            return message
        if future.status in ("cancelled", "lost"):
            return f"The workers were lost while run {key} was in training. Start it again: it goes on where it was."
        return ""

    def _on_fetched(self, future: Future) -> None:
        problem = ""
        if future.status != "finished":
            error = future.exception() if future.status == "error" else None
            problem = str(error) if isinstance(error, BottleneckError) else "The workers were lost. Try again."
        with self._books.lock:
            self._books.fashion = Fetch(problem=problem)
        future.release()

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
        cost = plan_layers(entry.config).multiplications * entry.config.batch_size * entry.config.steps
        return cost / self._books.speed


def baseline_path(store: RunStore, config: Config) -> Path:
    """Where the PCA of the data that `config` learns from is kept."""
    data = Config(dataset=config.dataset, classes=config.classes, train_size=config.train_size)
    return store.root / "pca" / f"{data.key}.npz"


def _local_cluster() -> LocalCluster:
    # The workers inherit it: TensorFlow's notes on its compiler are not for the app's terminal.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Pages need the latest picture only; Dask would keep the last thousand.
    dask.config.set({"distributed.admin.low-level-log-length": 10})
    return LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address=None,
        # Dask's own pages stay off, yet its server takes a port: any free one, or a second app would be warned of 8787.
        scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
        silence_logs=50,
    )


def _event_name(key: str, request: str) -> str:
    return f"bottleneck-{request}-{key}"


def _train(config: Config, root: Path) -> str:
    """Runs on a worker."""
    with quiet_stderr():
        from ae_core.training import train

    worker = get_worker()
    key = config.key
    worker.log_event(TOPIC, {"key": key})
    asked: dict[Request, Event] = {request: Event(_event_name(key, request)) for request in get_args(Request)}

    def should_stop() -> Request | None:
        return next((request for request, event in asked.items() if event.is_set()), None)

    def report(progress: Progress) -> None:
        worker.log_event(TOPIC, {"key": key, "progress": _pack(progress)})

    store, patience = RunStore(root), time.monotonic() + STALE_SECONDS + 1
    while True:
        try:
            train(config, store=store, report=report, should_stop=should_stop)
            return key
        except BusyError:
            # The lock of a machine that went down counts as held until it is stale.
            if is_held_here(store.root / key) or time.monotonic() > patience:
                raise
            time.sleep(1)


def _warm_up() -> None:
    """Runs on a worker: what every training would wait for."""
    with quiet_stderr():
        from ae_core.stepper import wake_devices

        wake_devices()


def _fit_baseline(config: Config, root: Path) -> None:
    """Runs on a worker."""
    from ae_core.baselines import PcaBasis

    store = RunStore(root)
    data = dataset_for(config, folder=root / "datasets")
    basis = PcaBasis.fit(data.train_pixels)
    basis.save(baseline_path(store, config))


def _fetch_fashion(root: Path) -> None:
    """Runs on a worker."""
    from ae_core.downloads import fetch_fashion_mnist

    fetch_fashion_mnist(root / "datasets")


def _forget(future: Future) -> None:
    future.release()


async def _nothing() -> None:
    return


@contextmanager
def _reached() -> Iterator[None]:
    """Turn whatever a lost connection makes Dask raise into a JobError."""
    try:
        yield
    except BottleneckError:
        raise
    except Exception as error:
        raise JobError(
            "The Dask scheduler cannot be reached. Start it again or wait until it is back; runs go on where they were."
        ) from error


def _unexpected(key: str, error: BaseException | None) -> str:
    if isinstance(error, KilledWorker):
        return (
            f"The worker died several times while it trained run {key}, perhaps for want of memory. "
            "Choose a smaller network or batch, then start it again."
        )
    return (
        f"The training of run {key} failed: {type(error).__name__}: {error}. Start it again; it goes on where it was."
    )


def _pack(progress: Progress) -> dict[str, Any]:
    pixels = progress.reconstructions.tobytes()
    return {**vars(progress), "history": progress.history.to_json(), "reconstructions": pixels}


def _unpack(values: dict[str, Any]) -> Progress:
    pixels = np.frombuffer(values["reconstructions"], np.uint8).reshape(-1, *IMAGE_SHAPE)
    return Progress(**{**values, "history": History.from_json(values["history"]), "reconstructions": pixels})
