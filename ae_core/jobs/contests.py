"""Contests of classifiers as jobs on Dask: held once for everybody, kept in the run's folder, watched meanwhile.

A contest is held beside a training, not after it. See `contestmaking` for what the workers do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from distributed import Client

from ae_core.classification.contest import CONTEST_FOLDER, CONTESTANTS, Contest, contest_file, labelled, load_contest
from ae_core.codecs.codec import weights_of
from ae_core.datasets.dataset import dataset_for
from ae_core.jobs.tasks import Kind, Task, Tasks
from ae_core.runs.store import Run, RunStore
from ae_core.workers.contests import CONTEST_TOPIC, ContestName, ContestProgress, make_contests, unpack_contest

__all__ = ["ContestName", "ContestProgress", "Contests", "Task"]

KIND = Kind(CONTEST_TOPIC, make_contests, ContestProgress(phase="waiting for a worker"), unpack_contest)


class Contests:
    """Has contests held, tells how they stand, and reads what came out.

    Args:
        store: the runs folder, which the workers must see under the same path.
        client: gives a client that is connected. Raises JobError when the scheduler cannot be reached.
    """

    def __init__(self, store: RunStore, client: Callable[[], Client]) -> None:
        self._store = store
        self._tasks = Tasks(KIND, store.root, client)

    def request(self, run: Run, counts: Sequence[int], *, seeds: int) -> ContestName:
        """Have a worker hold the contests that are not held yet; returns what they are called, at once.

        Args:
            counts: numbers of labels.
            seeds: how often each, with other labels every time.

        Raises:
            RunNotFoundError: the run has no encoder, or was deleted.
            ConfigError, DataError: its images are not there, have no labels or one class only, or a number of labels is
                less than one a class or more than there are.
            JobError: the scheduler cannot be reached.
        """
        name = ContestName(run.key, weights_of(run), tuple(counts), seeds)
        labels = dataset_for(run.config, folder=self._store.root / "datasets").train_labels
        for count in counts:
            labelled(labels, count, seed=0)
        self._tasks.request(name, is_made=lambda: self._held(run, name))
        return name

    def active(self) -> dict[ContestName, Task[ContestProgress]]:
        """What is under way, for whichever run, in the order in which it was asked for."""
        return self._tasks.active()

    def errors(self, run: Run) -> list[str]:
        """Why contests of the run were not held when they were last asked for."""
        return list(dict.fromkeys(words for name, words in self._tasks.errors().items() if name.key == run.key))

    def cancel(self, name: ContestName) -> None:
        """Call contests off, for everybody who waits for them. What is learned by then is kept. Raises JobError."""
        self._tasks.cancel(name)

    def outcomes(self, run: Run) -> dict[tuple[int, int], Contest]:
        """What came out so far, by number of labels and seed, both rising.

        Damaged files and those of earlier weights count as none.

        Raises:
            RunNotFoundError: the run has no encoder, or was deleted.
            ConfigError, DataError: its images are not there.
        """
        weights, images = weights_of(run), self._images(run)
        found = {}
        for path in (run.path / CONTEST_FOLDER).glob("*-*.npz"):
            labels, _, seed = path.stem.partition("-")
            if labels.isdecimal() and seed.isdecimal():
                contest = self._contest(run, int(labels), int(seed), weights, images)
                if contest.outcomes:
                    found[int(labels), int(seed)] = contest
        return dict(sorted(found.items()))

    def listen(self, client: Client) -> None:
        """Have `client` pass on what workers tell of contests."""
        self._tasks.listen(client)

    def close(self) -> None:
        """Hear no more of what ends because the connection does."""
        self._tasks.close()

    def _held(self, run: Run, name: ContestName) -> bool:
        contests = (self._contest(run, *at, name.weights, self._images(run)) for at in name.rounds)
        return all(set(contest.outcomes) == set(CONTESTANTS) for contest in contests)

    def _images(self, run: Run) -> int:
        return dataset_for(run.config, folder=self._store.root / "datasets").test.count

    def _contest(self, run: Run, labels: int, seed: int, weights: str, images: int) -> Contest:
        try:
            stat = (run.path / contest_file(labels, seed)).stat()
        except OSError:
            return Contest(weights, {})
        return _load(run, labels, seed, weights, images, (stat.st_mtime_ns, stat.st_ino, stat.st_size))


@lru_cache(maxsize=128)
def _load(run: Run, labels: int, seed: int, weights: str, images: int, _stamp: tuple[int, ...]) -> Contest:
    """Of `_stamp` it is enough that a replaced file has another."""
    return load_contest(run, labels, seed, weights=weights, images=images)
