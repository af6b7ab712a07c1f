"""The first training, which begins by itself when a visitor comes to a server without any run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ae_core.config.presets import title_of
from ae_core.runs.lock import is_held
from ae_core.runs.run import Run
from ae_core.workers.trainings import Training
from ui.selection.run import FIRST
from ui.shell.server import jobs, store
from ui.shell.visitor import visitor

if TYPE_CHECKING:
    from ae_core.jobs.books import Job


@dataclass(frozen=True)
class First:
    """How far the first training is.

    Attributes:
        run: None as long as it was not begun.
        job: when this server's workers have it.
        problem: why it does not go on, if it is known.
    """

    run: Run | None
    job: Job[Training] | None
    problem: str

    @property
    def at_rest(self) -> str:
        """Why it does not go on, or where it rests; for when nobody trains it."""
        status = self.run.status if self.run else None
        step = status.step if status else 0
        where = f"The first training, {title_of(FIRST)}, rests at step {step:,} of {FIRST.steps:,}."
        return self.problem or (status.message if status else "") or where

    @property
    def words(self) -> str:
        """How far it is; empty when nobody trains it."""
        if self.job and self.job.progress:
            at = self.job.progress
            return f"Step {at.step:,} of {at.steps:,}, error {at.held_out.mse:.3f}"
        if self.run and self.job is None and is_held(self.run.path):
            return f"Step {self.run.status.step:,} of {self.run.status.steps:,}"
        if self.job is None:
            return ""
        waiting = (
            "the process that trains is starting" if self.job.state == "queued" else "the network is being compiled"
        )
        return f"{waiting}, which takes a few seconds"


def first_training() -> First:
    """Begin the first training unless that was done, and look how far it is. Raises JobError, DamagedRunError."""
    training = Training(FIRST)
    # The job first: one that is gone has written its last status.
    job, problem = jobs().view(training), jobs().error(training)
    run = store().find(FIRST)
    if job is None and not problem and (run is None or run.status.state == "queued"):
        jobs().ask(training, owner=visitor())
        job = jobs().view(training)
    return First(run, job, problem)
