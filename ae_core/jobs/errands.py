"""What workers make for pages beside trainings and maps, once for all visitors: files that are there or not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any

from distributed import Client, Future

from ae_core.codecs.pca import baseline_path
from ae_core.config.config import Config
from ae_core.errors import BottleneckError
from ae_core.evaluation.precision_recall import judge_path
from ae_core.jobs.cluster import reached
from ae_core.jobs.tasks import PRIORITY
from ae_core.runs.store import RunStore
from ae_core.workers.trainings import fetch_fashion, fit_baseline, fit_judge


@dataclass(frozen=True)
class Fetch:
    """A download by a worker: under way, ended well, or ended with a problem to show."""

    running: bool = False
    problem: str = ""


class Errands:
    """Has files made, unless they are there; does not wait for any of them.

    Args:
        store: the runs folder, which the workers must see under the same path.
        client: gives a client that is connected. Raises JobError when the scheduler cannot be reached.
    """

    def __init__(self, store: RunStore, client: Callable[[], Client]) -> None:
        self._store, self._client = store, client
        self._lock = RLock()
        self._fashion = Fetch()

    def fit_baseline(self, config: Config) -> None:
        """Have a worker fit the PCA that `config` is compared with. Raises JobError."""
        path = baseline_path(self._store, config)
        self._make(path, fit_baseline, config, key=f"pca-{path.stem}")

    def fit_judge(self, dataset: str) -> None:
        """Have a worker train the classifier that judges made images. Raises JobError."""
        self._make(judge_path(self._store, dataset), fit_judge, dataset, key=f"judge-{dataset}")

    def fetch_fashion(self) -> None:
        """Have a worker fetch Fashion-MNIST into the datasets folder. Raises JobError."""
        with self._lock:
            if self._fashion.running:
                return
            self._fashion = Fetch(running=True)
        try:
            future = self._submit(fetch_fashion, pure=False)
        except BottleneckError:
            with self._lock:
                self._fashion = Fetch()
            raise
        future.add_done_callback(self._on_fetched)

    def fashion_fetch(self) -> Fetch:
        """How the fetching of Fashion-MNIST stands."""
        with self._lock:
            return self._fashion

    def _make(self, path: Path, work: Callable[..., None], what: Any, *, key: str) -> None:
        if not path.exists():
            self._submit(work, what, key=key).add_done_callback(_forget)

    def _submit(self, work: Callable[..., None], *arguments: Any, **options: Any) -> Future:
        client = self._client()
        with reached():
            return client.submit(work, *arguments, self._store.root, priority=PRIORITY, **options)

    def _on_fetched(self, future: Future) -> None:
        problem = ""
        if future.status != "finished":
            error = future.exception() if future.status == "error" else None
            problem = str(error) if isinstance(error, BottleneckError) else "The workers were lost. Try again."
        with self._lock:
            self._fashion = Fetch(problem=problem)
        future.release()


def _forget(future: Future) -> None:
    future.release()
