"""Jobs without Dask and without TensorFlow: a test says what is under way, and reads what pages asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from ae_core.config.config import Config
from ae_core.datasets.images import PREVIEW_SIZE
from ae_core.errors import BottleneckError, JobError
from ae_core.jobs.books import Job, W
from ae_core.runs.history import HeldOut, History, Progress, Request
from ae_core.runs.store import RunStore
from ae_core.workers.trainings import Training
from ae_core.workers.work import Work


class FakeJobs:
    """Stands where pages expect a `Jobs`.

    Attributes:
        under_way: what `view` and `active` tell.
        failures: what `error` tells.
        answers: what `answer` tells of a kind of work, whichever it is; None while it is worked out.
        refusal: what `ask` raises, if anything.
        asked, called_off: what pages asked for, in order.
    """

    def __init__(self, store: RunStore) -> None:
        self.under_way: dict[Work[Any], Job[Any]] = {}
        self.failures: dict[Work[Any], str] = {}
        self.answers: dict[type[Work[Any]], Any] = {}
        self.refusal: BottleneckError | None = None
        self.asked: list[Work[Any]] = []
        self.called: list[tuple[Work[Any], Request]] = []
        self._store = store

    @property
    def trained(self) -> list[Config]:
        """Which trainings pages asked for."""
        return [work.config for work in self.asked if isinstance(work, Training)]

    def ask(self, work: Work[Any], *, owner: str = "") -> None:
        if self.refusal:
            raise self.refusal
        if isinstance(work, Training):
            work.begin(self._store.root)
        self.failures.pop(work, None)
        self.asked.append(work)
        self.under_way[work] = job(work, owners={owner})

    def call_off(self, work: Work[Any], request: Request = "stop") -> None:
        self.called.append((work, request))
        if work in self.under_way:
            self.under_way[work] = replace(self.under_way[work], state="pausing" if request == "pause" else "stopping")

    def view(self, work: W) -> Job[W] | None:
        return self.under_way.get(work)

    def active(self, kind: type[W]) -> list[Job[W]]:
        return [job for work, job in self.under_way.items() if isinstance(work, kind)]

    def error(self, work: Work[Any]) -> str:
        return self.failures.get(work, "")

    def errors(self, kind: type[W]) -> dict[W, str]:
        return {work: words for work, words in self.failures.items() if isinstance(work, kind)}

    def answer(self, work: Work[Any]) -> Any:
        if error := self.failures.pop(work, ""):
            raise JobError(error)
        answer = self.answers.get(type(work))
        return answer(work) if callable(answer) else answer

    def estimate(self, works: Iterable[Work[Any]]) -> float:
        return float(len(list(works)))


def job(
    work: Work[Any] | Config,
    state: Literal["queued", "working", "pausing", "stopping"] = "working",
    *,
    progress: Any = None,
    place: int = 0,
    wait_seconds: float = 0.0,
    owners: set[str] = frozenset(),  # type: ignore[assignment]
) -> Job[Any]:
    """A job as `Jobs.view` would tell it; of a config, its training's."""
    work = Training(work) if isinstance(work, Config) else work
    return Job(work, state, place, wait_seconds, progress or work.waiting("a worker"), frozenset(owners))


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
