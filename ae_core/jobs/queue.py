"""The one way in which pages have work done: on Dask, by our own worker or by those of a scheduler that is there.

    DASK_SCHEDULER_ADDRESS   address of an existing scheduler; its workers must see the same runs folder
    AE_WORKERS               how many workers of our own, if there is none; by default what suits the machine

What a piece of work is, `ae_core.workers` says; a kind of it is a class there.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import RLock
from typing import Any

from distributed import Client, Event, Future

from ae_core.config.config import Config
from ae_core.errors import BottleneckError, JobError
from ae_core.jobs.books import Books, Job, W
from ae_core.jobs.cluster import connect, let_go, local_cluster, problem_of, reached, resource_of, worker_count
from ae_core.jobs.entry import Entry
from ae_core.jobs.kinds import KINDS
from ae_core.runs.history import Request
from ae_core.runs.store import RunStore
from ae_core.workers.channel import REQUESTS, TOPIC, carry_out, request_event
from ae_core.workers.pca_fits import PcaFit
from ae_core.workers.trainings import TRAINING, warm_up
from ae_core.workers.work import GAVE_WAY, Work

WARM_UP_PRIORITY = 10_000_000
"""Before all work."""


class Jobs:
    """Has work done, each piece once however many ask for it; tells how it stands, and calls it off.

    Args:
        store: the runs folder, which the workers must see under the same path.
        address: of a Dask scheduler; by default the variable DASK_SCHEDULER_ADDRESS, else a cluster of our own.

    Raises:
        JobError: the scheduler cannot be reached, or our own workers do not start; see `local_cluster`, `worker_count`.
    """

    def __init__(self, store: RunStore, *, address: str | None = None) -> None:
        self.store = store
        self._books = Books()
        # Held by those who call Dask, one at a time, and taken before the lock of the books, never after it.
        self._calling = RLock()
        self._closed = False
        self._usher = ThreadPoolExecutor(1, thread_name_prefix="usher")
        self._address = address or os.environ.get("DASK_SCHEDULER_ADDRESS")
        self._cluster = None if self._address else local_cluster(worker_count())
        self._client = self._connect()
        if self._cluster:
            self._books.workers = len(self._cluster.workers)
        self._warm_ups = self._warm_workers() if self._cluster else []
        self.ask(PcaFit(Config()))

    def ask(self, work: Work[Any], *, owner: str = "") -> None:
        """Have it done, unless it is done or under way; does not wait. What was paused, stopped or failed goes on.

        Args:
            owner: who asks.

        Raises:
            BottleneckError: it cannot be done; see `check` and `begin` of its kind.
            JobError: the scheduler cannot be reached.
        """
        work.check(self.store.root)
        with self._calling:
            if not self._books.join(work, owner):
                if work.begin(self.store.root):
                    self._start(work, {owner})
            elif self._books.waits(work):
                # What it needs may have been deleted meanwhile.
                work.begin(self.store.root)

    def call_off(self, work: Work[Any], request: Request = "stop") -> None:
        """Have it end, for everybody who waits for it; `view` tells of it until it has.

        What is not under way is left alone. Work that can be left and gone on with is paused by "pause".

        Raises:
            JobError: the scheduler cannot be reached.
            StoreError: it was paused while it waited, and that cannot be written down.
        """
        with self._calling:
            entry = self._books.call_off(work, request)
            if entry is None:
                return
            if request == "pause" and entry.waits and work.pause_waiting(self.store.root):
                self._books.strike(entry)
                return
            with reached():
                Event(request_event(work.name, request), client=self._living_client()).set()
            if work.unbegun_can_go and not entry.begun:
                self._forget(entry)

    def _forget(self, entry: Entry) -> None:
        """Cancel what no worker has begun; the caller holds `_calling`. Raises JobError."""
        if entry.future is None:
            self._books.strike(entry)
            return
        with reached():
            entry.future.cancel()

    def view(self, work: W) -> Job[W] | None:
        """How it stands, or None when it is not under way here."""
        return self._books.view(work)

    def active(self, kind: type[W]) -> list[Job[W]]:
        """All work of a kind that is under way here, in the order in which it was asked for."""
        return self._books.active(kind)

    def error(self, work: Work[Any]) -> str:
        """Why it was not done when it was last asked for; empty when nothing failed."""
        return self._books.errors(type(work)).get(work, "")

    def errors(self, kind: type[W]) -> dict[W, str]:
        """The same of all work of a kind."""
        return self._books.errors(kind)

    def answer(self, work: Work[Any]) -> Any:
        """What came of work that `keeps_answer`; None until a worker has found out, whom this asks.

        Raises:
            JobError: it failed, or the scheduler cannot be reached. The next call tries again.
        """
        answer, error = self._books.take_answer(work)
        if error:
            raise JobError(error)
        if answer is None:
            self.ask(work)
        return answer

    def estimate(self, works: Iterable[Work[Any]]) -> float:
        """Seconds that all of it would take if nothing else ran, as far as can be told beforehand."""
        return self._books.estimate(works)

    def resume_interrupted(self) -> list[Work[Any]]:
        """Take up all work that was not ended when its process did; returns it."""
        with self._calling:
            left = [work for kind in KINDS for work in kind.interrupted(self.store.root)]
            resumed = [work for work in left if self.view(work) is None]
            for work in resumed:
                self._start(work, ())
        return resumed

    def wait_until_warm(self, timeout: float = 60.0) -> None:
        """Block until our own workers have imported TensorFlow. Raises TimeoutError."""
        for done in self._warm_ups:
            done.result(timeout=timeout)

    def close(self) -> None:
        """Let go of the scheduler; a cluster of our own ends, and what can be gone on with stays so."""
        self._closed = True
        self._usher.shutdown(wait=False, cancel_futures=True)
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()

    def _warm_workers(self) -> list[Future]:
        return [
            self._client.submit(
                warm_up, pure=False, priority=WARM_UP_PRIORITY, resources={resource_of(TRAINING, place): 1}
            )
            for place in range(self._books.workers)
        ]

    def _connect(self) -> Client:
        client = connect(self._address, self._cluster)
        client.subscribe_topic(TOPIC, self._on_event)
        return client

    def _living_client(self) -> Client:
        """Our client, or a new one if the scheduler was away for longer than Dask waits for it. Raises JobError."""
        if self._client.status == "closed":
            self._client = self._connect()
        return self._client

    def _start(self, work: Work[Any], owners: Iterable[str]) -> None:
        """Enter work in the books, and before it what is wanted beside it; the caller holds `_calling`.

        Raises:
            JobError: the scheduler cannot be reached.
        """
        for companion in work.companions():
            self.ask(companion)
        entry = self._books.enter(work, owners)
        if self._is_given_out(work):
            self._give_out(work.resource)
            self._make_way(work.resource)
        else:
            self._hand_over(entry)

    def _is_given_out(self, work: Work[Any]) -> bool:
        """Whether it waits here until a worker is free, and not with Dask, which would choose a worker at once."""
        return bool(work.resource and self._cluster)

    def _give_out(self, resource: str) -> None:
        """Hand over what is next to the workers that are free; the caller holds `_calling`.

        What cannot be handed over is struck out with the reason.
        """
        while entry := self._books.next(resource):
            try:
                if entry.work.can_begin(self.store.root):
                    self._hand_over(entry)
                else:
                    self._books.strike(entry)
            except BottleneckError as error:
                self._books.strike(entry, error=str(error))

    def _make_way(self, resource: str) -> None:
        """Ask workers to leave what something that waits comes before."""
        with self._calling:
            for entry in self._books.send_away(resource):
                # A scheduler that is away is said to be so where somebody asks for something.
                with suppress(JobError), reached():
                    Event(request_event(entry.work.name, "give way"), client=self._living_client()).set()

    def _hand_over(self, entry: Entry) -> None:
        """Hand work to Dask; the caller holds `_calling`. Raises JobError, or another BottleneckError of the work."""
        try:
            with reached():
                entry.future = self._submit(entry)
        except BottleneckError:
            self._books.strike(entry)
            raise
        entry.future.add_done_callback(lambda done: self._on_done(entry, done))

    def _submit(self, entry: Entry) -> Future:
        work, client = entry.work, self._living_client()
        # A scheduler that was restarted does not know any more who listens.
        client.subscribe_topic(TOPIC, self._on_event)
        for request in ("give way",) if entry.request else REQUESTS:
            Event(request_event(work.name, request), client=client).clear()
        if not self._cluster:
            self._books.workers = max(1, sum(int(threads) for threads in client.nthreads().values()))
        return client.submit(
            carry_out,
            work,
            self.store.root,
            # The same from whichever app asks the scheduler for it.
            key="-".join(filter(None, (work.name, work.sitting(self.store.root)))),
            pure=False,
            priority=entry.priority,
            # Other schedulers' workers have no such thing: there each thread may take it.
            resources=None if entry.place is None else {resource_of(work.resource, entry.place): 1},
        )

    def _on_event(self, event: tuple[float, dict[str, Any]]) -> None:
        message = event[1]
        resource = self._books.note_report(message["work"], message.get("progress"))
        if resource and self._cluster and not self._closed:
            # In a thread of its own: this one brings the answers of Dask.
            with suppress(RuntimeError):
                self._usher.submit(self._make_way, resource)

    def _on_done(self, entry: Entry, future: Future) -> None:
        if self._closed:
            return
        problem = problem_of(entry.work, future, called_off=entry.request is not None)
        if problem.unforeseen:
            entry.work.note_failure(self.store.root, problem.words)
        told = entry.work.keeps_answer or entry.work.gives_way
        answer = future.result() if told and future.status == "finished" else None
        let_go(future)
        with self._calling:
            if entry.work.gives_way and answer == GAVE_WAY:
                self._books.wait_again(entry)
            elif self._books.end(entry, error=problem.words, answer=answer):
                self._start_again(entry)
            if self._is_given_out(entry.work):
                self._give_out(entry.work.resource)

    def _start_again(self, entry: Entry) -> None:
        try:
            if entry.work.begin(self.store.root):
                self._start(entry.work, entry.owners)
            else:
                self._books.strike(entry)
        except BottleneckError as error:
            self._books.strike(entry, error=str(error))
