"""A training at one moment, whichever process it is in, and when to look at it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ae_core.config.config import Config
from ae_core.runs.history import History, Progress
from ae_core.runs.lock import is_held
from ae_core.runs.run import PreviewOf, Run, State
from ae_core.workers.trainings import Training
from ui.shell.server import jobs, store

if TYPE_CHECKING:
    from ae_core.jobs.books import Job

PACES = ((60.0, 2.0), (20.0, 1.0), (0.0, 0.5))
"""Seconds left at least, and the seconds between two looks then. Each look costs the watching browser about 0.1 seconds
of a processor, on a laptop the one that trains: a short training shall move smoothly, a long one be done soon."""


@dataclass(frozen=True)
class View:
    """All that a page shows of a training comes from here, so that its parts agree.

    Attributes:
        run: None as long as nobody has asked for it.
        job: when this server's workers have it.
        elsewhere: whether another process trains it, a shell's for example.
    """

    config: Config
    run: Run | None
    job: Job[Training] | None
    elsewhere: bool

    @property
    def active(self) -> bool:
        return self.job is not None or self.elsewhere

    @property
    def pace(self) -> float | None:
        """Seconds until the next look; None when nothing moves."""
        return look_every(self.progress.seconds_left if self.progress else None) if self.active else None

    @property
    def at_rest(self) -> tuple[State, int] | None:
        """What another visitor may change in a training that does not move; None when there is no such run."""
        return (self.run.status.state, self.run.status.step) if self.run else None

    @property
    def progress(self) -> Progress | None:
        return self.job.progress if self.job else None

    @property
    def step(self) -> int:
        if self.progress:
            return self.progress.step
        return self.run.status.step if self.run else 0

    def reconstructions(self, of: PreviewOf) -> NDArray[np.uint8] | None:
        """Of the preview digits, (16, 28, 28); None when there are none. Raises DamagedRunError."""
        if self.progress:
            return self.progress.reconstructions if of == "held-out" else self.progress.training_reconstructions
        kept = self.run.preview(of) if self.run else None
        return None if kept is None else kept[1]

    def kl_by_dimension(self) -> Sequence[float]:
        """The KL term by dimension of the code, in nats; empty for a plain autoencoder. Raises DamagedRunError."""
        if self.progress:
            return self.progress.held_out.kl_by_dimension
        if self.run is None or self.config.family != "variational":
            return ()
        # With it comes LiteRT, which the first page of a visit need not wait for.
        from ae_core.codecs.posterior import load_kl

        kept = load_kl(self.run)
        return () if kept is None else kept.tolist()

    def history(self) -> History:
        """The rows so far, and the last batches as a row of its own, so that the curve moves between rows."""
        if self.progress is None:
            return self.run.history() if self.run else History()
        history, latest = self.progress.history.copy(), self.progress
        if history.step and latest.step > history.step[-1]:
            history.append(
                step=latest.step,
                loss=latest.loss,
                mse=latest.mse,
                kl=latest.kl,
                held_out_loss=latest.held_out.loss,
                held_out_mse=latest.held_out.mse,
                held_out_kl=latest.held_out.kl,
            )
        return history


def look(config: Config) -> View:
    """The training of `config` as it is now. Raises JobError, StoreError or DamagedRunError."""
    job, run = jobs().view(Training(config)), store().find(config)
    return View(config, run, job, elsewhere=job is None and run is not None and is_held(run.path))


def look_every(seconds_left: float | None) -> float:
    """Seconds between two looks at a training that goes on for about `seconds_left`; None as long as nobody knows."""
    return next(pace for least, pace in PACES if (seconds_left or 0.0) >= least)
