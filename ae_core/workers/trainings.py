"""A training as a piece of work: one at a time on each of our own workers, and PCA of the same images beside it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from ae_core.config.config import Config
from ae_core.config.layers import IMAGE_SHAPE
from ae_core.config.plan import plan_layers
from ae_core.datasets.catalogue import dataset_for
from ae_core.errors import BottleneckError
from ae_core.libraries import quiet_stderr
from ae_core.runs.history import HeldOut, History, Progress
from ae_core.runs.lock import STALE_SECONDS, BusyError, is_held, is_held_here
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from ae_core.workers.pace import Pace
from ae_core.workers.pca_fits import PcaFit
from ae_core.workers.work import GAVE_WAY, Channel, Work

TRAINING = "training"
"""What a worker of our own has one of, and each training takes."""
PICTURES = ("reconstructions", "training_reconstructions")
"""What a `Progress` holds of images."""


@dataclass(frozen=True)
class Training(Work[Progress]):
    """The training of a run, from where it is to its last step."""

    config: Config

    resource = TRAINING
    urgency = 0
    gives_way = True
    # A run that is called off before its first step says so in its status.
    unbegun_can_go = False
    remedy = "Start it again: it goes on where it was."
    lighter = "Choose a smaller network or batch, then start it again."

    def __post_init__(self) -> None:
        object.__setattr__(self, "config", self.config.canonical)

    @property
    def key(self) -> str:
        """Of its run."""
        return self.config.key

    @property
    def name(self) -> str:
        """See `Work`."""
        return f"train-{self.key}"

    @property
    def noun(self) -> str:
        """See `Work`."""
        return f"the training of run {self.key}"

    @property
    def doing(self) -> str:
        """See `Work`."""
        return f"trained run {self.key}"

    def check(self, root: Path) -> None:
        """See `Work`. Raises ConfigError or DataError when the config does not fit the data."""
        plan_layers(self.config)
        dataset_for(self.config, folder=root / "datasets")

    def begin(self, root: Path) -> bool:
        """Make the run's folder; False for a run that is finished or trained by another process. Raises StoreError."""
        return _is_to_do(RunStore(root).create(self.config))

    def can_begin(self, root: Path) -> bool:
        """See `Work`: its run may have been deleted meanwhile, or be trained by another process."""
        run = RunStore(root).find(self.config)
        return run is not None and _is_to_do(run)

    def pause_waiting(self, root: Path) -> bool:
        """See `Work`; of a run that was deleted meanwhile there is nothing to write. Raises StoreError."""
        run = RunStore(root).find(self.config)
        if run and is_held(run.path):
            return False
        if run:
            run.write_status(replace(run.status, state="paused"))
        return True

    def companions(self) -> Sequence[Work[Any]]:
        """The PCA that its curve is drawn against."""
        return (PcaFit(self.config),)

    def sitting(self, root: Path) -> str:
        """When the run was left: the scheduler might still have the result of an earlier sitting."""
        return f"{RunStore(root).open(self.key).status.updated:.6f}"

    def do(self, root: Path, channel: Channel[Progress]) -> str | None:
        """Train until the last step, or until it is asked to pause, to stop or to give way."""
        with quiet_stderr():
            from ae_core.training.imports import import_keras

            import_keras()
            from ae_core.training.train import train

        store, patience = RunStore(root), time.monotonic() + STALE_SECONDS + 1
        while True:
            try:
                run = train(self.config, store=store, report=channel.report, should_stop=channel.asked)
                return GAVE_WAY if run.status.state == "queued" else None
            except BusyError:
                # The lock of a machine that went down counts as held until it is stale.
                if is_held_here(store.root / self.key) or time.monotonic() > patience:
                    raise
                time.sleep(1)

    def pack(self, progress: Progress) -> dict[str, Any]:
        """See `Work`."""
        pixels = {name: getattr(progress, name).tobytes() for name in PICTURES}
        return {**vars(progress), "history": progress.history.to_json(), **pixels}

    def unpack(self, values: Mapping[str, Any]) -> Progress:
        """See `Work`."""
        pixels = {name: np.frombuffer(values[name], np.uint8).reshape(-1, *IMAGE_SHAPE) for name in PICTURES}
        history, held_out = History.from_json(values["history"]), HeldOut(*values["held_out"])
        return Progress(**{**values, "history": history, "held_out": held_out, **pixels})

    def seconds_left(self, pace: Pace, progress: Progress | None) -> float:
        """See `Work`."""
        if progress and progress.seconds_left is not None:
            return progress.seconds_left
        return pace.seconds(self.config)

    def teach(self, pace: Pace, progress: Progress) -> None:
        """See `Work`."""
        pace.learn(self.config, progress.steps_per_second)

    def note_failure(self, root: Path, message: str) -> None:
        """See `Work`: the worker that would have written it is gone, or did not know what happened to it."""
        with suppress(BottleneckError):
            run = RunStore(root).open(self.key)
            run.write_status(replace(run.status, state="failed", message=message))

    @classmethod
    def interrupted(cls, root: Path) -> Sequence[Self]:
        """Every run that was queued or in training and that nobody holds, the oldest request first."""
        lost = [run for run in RunStore(root).runs() if run.status.state in ("queued", "training")]
        # A run of an older version has the key of no config: asking for it would train another one.
        lost = [run for run in lost if run.config.key == run.key and not is_held(run.path)]
        return [cls(run.config) for run in sorted(lost, key=lambda run: run.status.created)]


def _is_to_do(run: Run) -> bool:
    """Whether it has steps left, and no process trains it."""
    return run.status.state != "finished" and not is_held(run.path)


def warm_up() -> None:
    """Do what the first training would have to wait for, in a worker's process."""
    with quiet_stderr():
        from ae_core.training.imports import import_keras

        import_keras()
        from ae_core.training.loop import wake_devices

        wake_devices()
