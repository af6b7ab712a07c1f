"""Training: a compiled loop of steps, interrupted a few times a second to look, report and save.

The result depends on the Config and the machine alone: not on how often it reports, nor on whether it was paused or
killed on the way.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import numpy as np

from ae_core.codecs.posterior import save_kl
from ae_core.config.config import Config
from ae_core.config.plan import plan_layers
from ae_core.datasets.catalogue import dataset_for
from ae_core.datasets.dataset import Dataset
from ae_core.datasets.images import to_pixels
from ae_core.errors import BottleneckError, DivergedError
from ae_core.latent.frames import Frame, Recorder, compact, is_frame_step
from ae_core.runs.history import Batches, HeldOut, Progress, Request, is_history_step, next_history_step
from ae_core.runs.lock import BusyError, FolderLock, hold
from ae_core.runs.run import Run, State, damaged_run
from ae_core.runs.store import RunStore
from ae_core.training.checkpoints import (
    CHECKPOINT,
    Checkpoint,
    adopt_shorter,
    load_checkpoint,
    parent_weights,
    save_checkpoint,
)
from ae_core.training.idle_stepper import leave_idle_only, stepper_for
from ae_core.training.loop import Stepper
from ae_core.training.outcome import leave_behind

Report = Callable[[Progress], object]
ShouldStop = Callable[[], Request | None]

REPORT_SECONDS = 0.25
CHECKPOINT_SECONDS = 5.0
GOOD_SPACING = 1.5
"""A training that diverges goes back by at most this factor in steps: from step 600 to 400 or later."""
CHECKPOINT_SHARE = 0.02
"""A checkpoint of a large network is slow to write: at most this share of the time goes there."""


def train(
    config: Config,
    *,
    store: RunStore | None = None,
    data: Dataset | None = None,
    report: Report = lambda _: None,
    should_stop: ShouldStop = lambda: None,
) -> Run:
    """Train `config`, or go on with it, in this process; returns when it is finished or was asked to end here.

    A run that is already finished is returned at once.

    Args:
        store: where the run's folder is; by default `RunStore()`.
        data: by default the dataset that `config` names, with its choice of classes and size.
        report: called with a `Progress` about four times a second.
        should_stop: asked about four times a second; "pause" keeps a checkpoint, "stop" also leaves a usable codec.
            After "give way" the run is as after "pause", but in state "queued".

    Raises:
        ConfigError, DataError: the config does not fit the data.
        DivergedError: the loss became NaN or infinite; the last good weights are kept as a usable run.
        BusyError: another process trains this run now.
        StoreError: the run's folder cannot be written; the last checkpoint is intact.
    """
    store = store or RunStore()
    run = store.create(config)
    with hold(run.path) as lock:
        run = run.fresh()
        if run.status.state == "finished":
            return run
        try:
            data = data or dataset_for(run.config, folder=store.root / "datasets")
            return _sit(store, run, data, _Watch(report, should_stop, lock))
        except (DivergedError, BusyError):
            raise
        except BottleneckError as error:
            _note_failure(run, str(error))
            raise
        finally:
            leave_idle_only()


def _sit(store: RunStore, run: Run, data: Dataset, watch: _Watch) -> Run:
    with stepper_for(run.config, data) as stepper:
        return _Sitting(store, run, data, stepper, watch).train()


def _note_failure(run: Run, message: str) -> None:
    """Write why the run failed if the disk still takes it; the error itself is on its way to the visitor anyway."""
    try:
        run.write_status(replace(run.fresh().status, state="failed", message=message))
    except BottleneckError:
        return


def against_divergence(config: Config) -> str:
    """What to change in settings whose loss became infinite."""
    rate = config.learning_rate
    other = ", or choose the optimizer Adam" if config.optimizer in ("sgd", "rmsprop") else ""
    return f"Lower the learning rate (now {rate:g}; try {rate / 10:g}){other}."


@dataclass(frozen=True)
class _Watch:
    """Who looks on: told of progress, asked whether to stop, and shown that we live."""

    report: Report
    should_stop: ShouldStop
    lock: FolderLock


class _Sitting:
    """One stretch of training in one process, from a checkpoint (or the first weights) to an end or a pause."""

    def __init__(self, store: RunStore, run: Run, data: Dataset, stepper: Stepper, watch: _Watch) -> None:
        adopt_shorter(store, run)
        self.run, self.data, self.stepper, self.watch = run, data, stepper, watch
        checkpoint = load_checkpoint(run)
        if checkpoint:
            self._restore(checkpoint)
        elif parent := parent_weights(store, run.config):
            self.stepper.load_weights(parent)
        start = checkpoint or Checkpoint(self.stepper.snapshot())
        self.seconds, self.batches = start.seconds, start.batches
        self.history = run.history().until(start.snapshot.step)
        self.recorder = Recorder(run, start.snapshot.step, self.stepper.frame_indices)
        self.held_out = self.stepper.evaluate()
        self.good = start.snapshot
        self.rate = 0.0
        self.compiled = False
        self.report_due = 0.0
        self.checkpoint_due = time.monotonic() + CHECKPOINT_SECONDS

    def _restore(self, checkpoint: Checkpoint) -> None:
        try:
            self.stepper.restore(checkpoint.snapshot)
        except ValueError as error:
            raise damaged_run(self.run.key, CHECKPOINT) from error

    def train(self) -> Run:
        if self.stepper.step == 0:
            self._take_frame(self.held_out)
        self._write_progress()
        self._report()
        steps = self.run.config.steps
        while self.stepper.step < steps:
            request = self._advance_to(min(next_history_step(self.stepper.step), steps))
            if request:
                return self._interrupt(request)
            self._look()
            if time.monotonic() >= self.checkpoint_due:
                self._save_checkpoint()
        self._save_checkpoint()
        return self._finish("finished")

    def _advance_to(self, target: int) -> Request | None:
        """Train until `target` in chunks of about `REPORT_SECONDS`, or until asked to stop."""
        while self.stepper.step < target:
            if request := self.watch.should_stop():
                return request
            self._advance(min(target - self.stepper.step, max(1, int(self.rate * REPORT_SECONDS))))
            if time.monotonic() >= self.report_due:
                self._report()
        return None

    def _advance(self, count: int) -> None:
        begun = time.monotonic()
        batches = self.stepper.advance(count)
        seconds = time.monotonic() - begun
        self.seconds += seconds
        if self.compiled:
            rate = count / max(seconds, 1e-6)
            self.rate = 0.8 * self.rate + 0.2 * rate if self.rate else rate
        # The first chunk of a sitting compiles the loop: its rate says nothing of the others.
        self.compiled = True
        self.batches += batches
        if not np.isfinite([*batches.loss, *batches.kl]).all():
            self._diverge()

    def _look(self) -> None:
        """Measure the held-out losses and add a row to the history."""
        self.held_out = self._measure()
        held_out, step = self.held_out, self.stepper.step
        self.history.append(
            step=step,
            held_out_loss=held_out.loss,
            held_out_mse=held_out.mse,
            held_out_kl=held_out.kl,
            **self._recent(),
        )
        if is_history_step(step):
            self.batches = Batches()
        if is_frame_step(step):
            self._take_frame(self.held_out)
        # Copying all variables costs as much as half a step: not at every row.
        if step >= GOOD_SPACING * self.good.step:
            self.good = self.stepper.snapshot()

    def _take_frame(self, held_out: HeldOut) -> None:
        """Keep where the codes lie now, unless that is known. `held_out` is what `evaluate` has just said."""
        step = self.stepper.step
        if self.recorder.lacks(step):
            codes, made = compact(self.stepper.encode()), to_pixels(self.stepper.reconstruct()["held-out"])
            self.recorder.take(Frame(step, held_out.loss, held_out.mse, codes, made))

    def _measure(self) -> HeldOut:
        """Held-out losses, unless the last step has broken the weights."""
        held_out = self.stepper.evaluate()
        if not np.isfinite([held_out.loss, held_out.mse, held_out.kl]).all():
            self._diverge()
        return held_out

    def _recent(self) -> dict[str, float]:
        """Means of `loss`, `mse` and `kl` over the batches since the last row of the history."""
        if self.batches.loss:
            return self.batches.means()
        history = self.history
        if history.step:
            return {"loss": history.loss[-1], "mse": history.mse[-1], "kl": history.kl[-1]}
        return {"loss": self.held_out.loss, "mse": self.held_out.mse, "kl": self.held_out.kl}

    def _report(self) -> None:
        steps, made = self.run.config.steps, self.stepper.reconstruct()
        self.watch.report(
            Progress(
                step=self.stepper.step,
                steps=steps,
                **self._recent(),
                held_out=self.held_out,
                steps_per_second=self.rate,
                seconds_left=(steps - self.stepper.step) / self.rate if self.rate else None,
                history=self.history.copy(),
                reconstructions=to_pixels(made["held-out"]),
                training_reconstructions=to_pixels(made["training"]),
            )
        )
        self.watch.lock.touch()
        self.report_due = time.monotonic() + REPORT_SECONDS

    def _interrupt(self, request: Request) -> Run:
        # The loss of the last batch was measured before its step: only now can it be seen what that did to the weights.
        self._measure()
        self._save_checkpoint()
        self._report()
        if request == "stop":
            return self._finish("stopped")
        self._write_status("paused" if request == "pause" else "queued")
        return self.run.fresh()

    def _diverge(self) -> None:
        """Go back to the last good weights, keep them as a usable run, and say what to change."""
        at = self.stepper.step
        self.stepper.restore(self.good)
        self.history = self.history.until(self.good.step)
        self.recorder.go_back(self.good.step)
        message = (
            f"The loss became infinite or not a number by step {at}. The weights of step {self.good.step} were kept. "
            f"{against_divergence(self.run.config)}"
        )
        self._write_progress()
        self._finish("diverged", message)
        raise DivergedError(message)

    def _save_checkpoint(self) -> None:
        begun = time.monotonic()
        # What goes with it is written first: rows beyond it are dropped on going on, missing ones could not be made up.
        self._write_progress()
        checkpoint = Checkpoint(self.stepper.snapshot(), self.seconds, self.batches)
        save_checkpoint(self.run, checkpoint)
        cost = time.monotonic() - begun
        self.checkpoint_due = time.monotonic() + max(CHECKPOINT_SECONDS, cost / CHECKPOINT_SHARE)

    def _write_progress(self) -> None:
        """Let those who only see the folder know how far it is."""
        self.run.write_history(self.history)
        self.recorder.save()
        if kl := self.held_out.kl_by_dimension:
            save_kl(self.run, np.array(kl))
        for kind, made in self.stepper.reconstruct().items():
            self.run.write_preview(self.stepper.previews[kind], to_pixels(made), kind)
        self._write_status("training")

    def _write_status(self, state: State, **more: object) -> None:
        status = replace(
            self.run.status,
            state=state,
            step=self.stepper.step,
            steps=self.run.config.steps,
            seconds=self.seconds,
            steps_per_second=self.rate,
            params=plan_layers(self.run.config).params,
            message="",
            test_mse=None,
            test_loss=None,
            neg_elbo=None,
        )
        self.run.write_status(replace(status, **more))  # type: ignore[arg-type]

    def _finish(self, state: State, message: str = "") -> Run:
        """Leave a usable codec and its figures behind; the status comes last."""
        self._take_frame(self.stepper.evaluate())
        self.recorder.save()
        figures = leave_behind(self.stepper.finished_network(), self.run, self.data)
        self._write_status(state, message=message, **asdict(figures))
        self._report()
        return self.run.fresh()
