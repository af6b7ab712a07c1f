"""Jobs without Dask and without TensorFlow: a test says what is under way, and reads what pages asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ae_core.classification.contest import Contest
from ae_core.config.config import Config
from ae_core.datasets.dataset import PREVIEW_SIZE
from ae_core.errors import BottleneckError
from ae_core.jobs.contests import ContestName, ContestProgress, Task
from ae_core.jobs.errands import Fetch
from ae_core.jobs.maps import MapJob, Part
from ae_core.jobs.queue import Job
from ae_core.latent.projection import Method, Projection
from ae_core.runs.history import HeldOut, History, Progress, Request
from ae_core.runs.store import Run, RunStore

Which = tuple[str, str, str]
"""A map: its run's key, the method, the part of the images."""


class FakeMaps:
    """Stands where pages expect a `Maps`.

    Attributes:
        made: what `ready` tells, by map.
        under_way: what `view` tells, by map.
        failures: what `error` tells, by map.
        places: what `place` tells for any code on any map; None while it is worked out.
        requested, cancelled: what pages asked for, in order.
    """

    def __init__(self) -> None:
        self.made: dict[Which, Projection] = {}
        self.under_way: dict[Which, MapJob] = {}
        self.failures: dict[Which, str] = {}
        self.places: tuple[float, float] | None = None
        self.requested: list[Which] = []
        self.cancelled: list[Which] = []

    def ready(self, run: Run, method: Method, part: Part) -> Projection | None:
        return self.made.get((run.key, method, part))

    def view(self, run: Run, method: Method, part: Part) -> MapJob | None:
        return self.under_way.get((run.key, method, part))

    def error(self, run: Run, method: Method, part: Part) -> str:
        return self.failures.get((run.key, method, part), "")

    def request(self, run: Run, method: Method, part: Part) -> None:
        which = (run.key, method, part)
        self.failures.pop(which, None)
        self.requested.append(which)
        self.under_way[which] = MapJob(0.0, "waiting for a worker", None, False)

    def cancel(self, run: Run, method: Method, part: Part) -> None:
        which = (run.key, method, part)
        self.cancelled.append(which)
        self.under_way.pop(which, None)

    def place(self, run: Run, method: Method, part: Part, codes: NDArray[np.float32]) -> NDArray[np.float32] | None:
        return None if self.places is None else np.array([self.places] * len(codes), np.float32)


class FakeContests:
    """Stands where pages expect a `Contests`.

    Attributes:
        held: what `outcomes` tells, by number of labels and seed.
        under_way: what `active` tells.
        failures: what `errors` tells.
        refusal: what `request` raises, if anything.
        requested, cancelled: what pages asked for, in order.
    """

    def __init__(self) -> None:
        self.held: dict[tuple[int, int], Contest] = {}
        self.under_way: dict[ContestName, Task[ContestProgress]] = {}
        self.failures: list[str] = []
        self.refusal: BottleneckError | None = None
        self.requested: list[ContestName] = []
        self.cancelled: list[ContestName] = []

    def request(self, run: Run, counts: Sequence[int], *, seeds: int) -> ContestName:
        if self.refusal:
            raise self.refusal
        name = ContestName(run.key, "", tuple(counts), seeds)
        self.failures = []
        self.requested.append(name)
        self.under_way[name] = Task(ContestProgress(phase="waiting for a worker"), False)
        return name

    def active(self) -> dict[ContestName, Task[ContestProgress]]:
        return dict(self.under_way)

    def errors(self, run: Run) -> list[str]:
        return self.failures

    def cancel(self, name: ContestName) -> None:
        self.cancelled.append(name)
        self.under_way[name] = replace(self.under_way[name], stopping=True)

    def outcomes(self, run: Run) -> dict[tuple[int, int], Contest]:
        return dict(sorted(self.held.items()))


class FakeErrands:
    """Stands where pages expect an `Errands`.

    Attributes:
        fetch: what `fashion_fetch` tells.
        fitted, judged: what pages asked for, in order.
    """

    def __init__(self) -> None:
        self.fetch = Fetch()
        self.fitted: list[Config] = []
        self.judged: list[str] = []

    def fit_baseline(self, config: Config) -> None:
        self.fitted.append(config)

    def fit_judge(self, dataset: str) -> None:
        self.judged.append(dataset)

    def fetch_fashion(self) -> None:
        self.fetch = Fetch(running=True)

    def fashion_fetch(self) -> Fetch:
        return self.fetch


class FakeJobs:
    """Stands where pages expect a `Jobs`.

    Attributes:
        under_way: what `view` tells, by key.
        failures: what `error` tells, by key.
        refusal: what `submit` raises, if anything.
        submitted, requests: what pages asked for, in order.
        maps: projections of the latent space.
        contests: of classifiers.
        errands: what else workers make.
    """

    def __init__(self, store: RunStore) -> None:
        self.maps = FakeMaps()
        self.contests = FakeContests()
        self.errands = FakeErrands()
        self.under_way: dict[str, Job] = {}
        self.failures: dict[str, str] = {}
        self.refusal: BottleneckError | None = None
        self.submitted: list[Config] = []
        self.requests: list[tuple[str, Request]] = []
        self._store = store

    def submit(self, config: Config, *, owner: str = "") -> str:
        if self.refusal:
            raise self.refusal
        self._store.create(config)
        self.submitted.append(config)
        self.under_way[config.key] = job(config, owners={owner})
        return config.key

    def request(self, key: str, request: Request) -> None:
        self.requests.append((key, request))

    def view(self, key: str) -> Job | None:
        return self.under_way.get(key)

    def error(self, key: str) -> str:
        return self.failures.get(key, "")

    def estimate(self, configs: Iterable[Config]) -> float:
        return float(len(list(configs)))

    def active(self) -> list[Job]:
        return list(self.under_way.values())


def job(
    config: Config,
    state: Literal["queued", "training", "pausing", "stopping"] = "training",
    *,
    progress: Progress | None = None,
    place: int = 0,
    wait_seconds: float = 0.0,
    owners: set[str] = frozenset(),  # type: ignore[assignment]
) -> Job:
    """A job of `config`, as `Jobs.view` would tell it."""
    return Job(config.key, state, place, wait_seconds, progress, frozenset(owners))


def progress_at(
    step: int, config: Config, *, grey: int = 128, training_grey: int = 64, kl: tuple[float, ...] = ()
) -> Progress:
    """A training at `step` that reports 20 steps a second, with a row of history at each step before this one.

    Args:
        grey, training_grey: of each pixel that it makes of held-out and of training images.
        kl: the KL term of each dimension of a variational code.
    """
    falling = [0.1 / at for at in range(1, step)]
    return Progress(
        step=step,
        steps=config.steps,
        loss=0.3,
        mse=0.05,
        kl=sum(kl),
        held_out=HeldOut(0.31, 0.0625, kl),
        steps_per_second=20.0,
        seconds_left=(config.steps - step) / 20,
        history=History(list(range(1, step)), *[falling] * 6),
        reconstructions=np.full((PREVIEW_SIZE, 28, 28), grey, np.uint8),
        training_reconstructions=np.full((PREVIEW_SIZE, 28, 28), training_grey, np.uint8),
    )
