"""A sweep at one moment: how each of its values stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ae_core.config.config import Config
from ae_core.errors import DamagedRunError
from ae_core.runs.run import State, Status
from ae_core.runs.sweep import Sweep
from ae_core.workers.trainings import Training
from ui.shell.server import jobs
from ui.training.panel import RESUMABLE
from ui.training.snapshot import View, look
from ui.training.status import NOT_BEGUN, state_words

WORDS: dict[State, str] = {
    "queued": "interrupted",
    "training": "interrupted",
    "paused": "paused",
    "stopped": "stopped early",
    "finished": "trained",
    "diverged": "diverged",
    "failed": "failed",
}
"""What is said of a run that no worker has."""


@dataclass(frozen=True)
class Trial:
    """One value of a sweep.

    Attributes:
        label: the value as people read it.
        view: None when its run is damaged, as `problem` says.
    """

    label: str
    config: Config
    view: View | None
    problem: str = ""

    @property
    def status(self) -> Status | None:
        """Of its run; None when it is not here, or damaged."""
        return self.view.run.status if self.view and self.view.run else None

    @property
    def active(self) -> bool:
        return self.view is not None and self.view.active

    @property
    def begun(self) -> bool:
        """Whether a worker has taken steps in this sitting."""
        return self.view is not None and self.view.job is not None and self.view.job.state != "queued"

    @property
    def taken_up(self) -> bool:
        """Whether it has taken steps since it was asked for, also where others have their turn now."""
        job = self.view.job if self.view else None
        return job is not None and (job.state != "queued" or job.progress is not None)

    @property
    def trained(self) -> bool:
        """Whether it has got to its last step."""
        return not self.active and self.status is not None and self.status.state == "finished"

    @property
    def can_start(self) -> bool:
        if self.active or self.view is None:
            return False
        return self.status is None or self.status.state in RESUMABLE

    @property
    def can_stop(self) -> bool:
        return self.view is not None and self.view.job is not None and self.view.job.state in ("queued", "working")

    @property
    def share(self) -> float:
        """Of its steps that are done, 0 to 1."""
        return self.view.step / self.config.steps if self.view else 0.0

    @property
    def mse(self) -> float | None:
        """On all held-out images once it has come to an end; on some of them while it is in training."""
        if self.view and self.view.progress:
            measured = self.view.progress.history.held_out_mse
            return measured[-1] if measured else None
        return self.status.test_mse if self.status else None

    def preview(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]] | None:
        """Preview digits and what it makes of them, each (n, 28, 28), as of its last save; None before the first."""
        try:
            return self.view.run.preview() if self.view and self.view.run else None
        except DamagedRunError:
            # Whoever opens the run hears of it; the sweep goes on.
            return None

    @property
    def words(self) -> str:
        """Its state, for the table."""
        if self.problem:
            return "damaged"
        if self.active:
            return self._moving()
        if self.status is None:
            return "deleted"
        return NOT_BEGUN if state_words(self.status) == NOT_BEGUN else WORDS[self.status.state]

    @property
    def message(self) -> str:
        """What went wrong with it; empty when nothing did."""
        if self.problem or self.active:
            return self.problem
        failed = self.status is not None and self.status.state in ("diverged", "failed")
        return (self.status.message if self.status and failed else "") or jobs().error(Training(self.config))

    def seconds_left(self) -> float:
        """Until it is trained, for one that a worker of this server has; else 0."""
        job = self.view.job if self.view else None
        if job is None:
            return 0.0
        if job.progress and job.progress.seconds_left is not None:
            return job.wait_seconds + job.progress.seconds_left
        return job.wait_seconds + jobs().estimate([Training(self.config)])

    def _moving(self) -> str:
        job = self.view.job if self.view else None
        if job is None:
            return "in another process"
        if job.state == "working":
            return f"in training, {self.share:.0%}"
        if job.state == "queued":
            return f"waiting, {self.share:.0%} done" if job.progress else "waiting"
        return job.state


def look_at(sweep: Sweep) -> list[Trial]:
    """Each value of the sweep as it is now. Raises JobError or StoreError."""
    return [_trial(label, config) for label, config in zip(sweep.labels, sweep.configs, strict=True)]


def _trial(label: str, config: Config) -> Trial:
    try:
        return Trial(label, config, look(config))
    except DamagedRunError as error:
        return Trial(label, config, None, str(error))
