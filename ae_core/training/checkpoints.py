"""What a training that was paused, killed or lengthened goes on from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ae_core.config.config import Config
from ae_core.errors import ConfigError, DamagedRunError, RunNotFoundError
from ae_core.files import write_atomically
from ae_core.latent.frames import load_frames, save_frames
from ae_core.runs.history import Batches
from ae_core.runs.run import Run, damaged_run
from ae_core.runs.store import RunStore

CHECKPOINT = "checkpoint.npz"


@dataclass(frozen=True)
class Snapshot:
    """All that a training needs to go on: every variable, in an order fixed by the config, and the step."""

    step: int
    values: list[NDArray[Any]]


@dataclass(frozen=True)
class Checkpoint:
    """A snapshot, and what was measured since the last row of the history.

    Attributes:
        seconds: time spent in training steps so far.
        batches: since the last row of the history.
    """

    snapshot: Snapshot
    seconds: float = 0.0
    batches: Batches = field(default_factory=Batches)


def save_checkpoint(run: Run, checkpoint: Checkpoint) -> None:
    """Replace the run's checkpoint. Raises StoreError."""
    arrays: dict[str, Any] = {f"variable_{i:04}": value for i, value in enumerate(checkpoint.snapshot.values)}
    arrays |= {"step": checkpoint.snapshot.step, "seconds": checkpoint.seconds}
    batches = checkpoint.batches
    arrays |= {"losses": np.array(batches.loss), "squared_errors": np.array(batches.mse), "kls": np.array(batches.kl)}
    write_atomically(run.target(CHECKPOINT), partial(_save, arrays=arrays))


def load_checkpoint(run: Run) -> Checkpoint | None:
    """The run's checkpoint, or None when it has none. Raises DamagedRunError."""
    try:
        with np.load(_path(run), allow_pickle=False) as arrays:
            names = sorted(name for name in arrays.files if name.startswith("variable_"))
            return Checkpoint(
                Snapshot(int(arrays["step"]), [arrays[name] for name in names]),
                float(arrays["seconds"]),
                _batches(arrays),
            )
    except FileNotFoundError:
        return None
    # Damaged bytes make zipfile, zlib and numpy raise almost anything; no list of it is complete.
    except Exception as error:
        raise damaged_run(run.key, CHECKPOINT) from error


def _batches(arrays: Mapping[str, NDArray[Any]]) -> Batches:
    # Checkpoints of a version without variational autoencoders have no KL terms.
    kls = arrays["kls"] if "kls" in arrays else np.zeros(len(arrays["losses"]))
    return Batches(arrays["losses"].tolist(), arrays["squared_errors"].tolist(), kls.tolist())


def adopt_shorter(store: RunStore, run: Run) -> None:
    """Give a new run the checkpoint of the longest run that differs only in having fewer steps.

    With a constant learning rate those steps are the same, bit for bit, so they need not be trained twice. With a
    cosine schedule every step depends on how many there will be: nothing is adopted.
    """
    if run.config.schedule != "constant" or _path(run).exists():
        return
    shorter = [
        other
        for other in store.runs()
        if other.config.steps < run.config.steps
        and replace(other.config, steps=run.config.steps) == run.config
        and _path(other).exists()
    ]
    for other in sorted(shorter, key=lambda other: -other.status.step):
        # The checkpoint is read first: the other may be in training, and then what else it has is newer.
        try:
            checkpoint, history, frames = load_checkpoint(other), other.history(), load_frames(other)
        except (DamagedRunError, RunNotFoundError):
            continue
        if checkpoint:
            run.write_history(history)
            if frames:
                save_frames(run, frames)
            save_checkpoint(run, checkpoint)
            return


def parent_weights(store: RunStore, config: Config) -> Snapshot | None:
    """The last snapshot of the run that `config` continues; None when it continues none.

    Raises:
        ConfigError: that run is not here, or its network is another one.
    """
    if not config.continues:
        return None
    known = {run.key: run for run in store.runs()}
    parent = known.get(config.continues)
    # Only a finished run stays as it is: another start would make another run under the same key.
    checkpoint = load_checkpoint(parent) if parent and parent.status.state == "finished" else None
    if parent is None or checkpoint is None:
        raise ConfigError(
            "continues",
            f"continues must be the key of a finished run on this server. Received: {config.continues}. "
            "Train that run first, or clear this field to start from random weights.",
        )
    same = {"encoder_widths", "decoder_widths", "filters", "architecture", "family", "latent_dim"}
    differing = sorted(name for name in same if getattr(parent.config, name) != getattr(config.canonical, name))
    if differing:
        raise ConfigError(
            "continues",
            f"continues must be a run with the same network. Received: {config.continues}, "
            f"which differs in {', '.join(differing)}. Use its layers, or clear this field.",
        )
    return checkpoint.snapshot


def _path(run: Run) -> Path:
    return run.path / CHECKPOINT


def _save(path: Path, *, arrays: dict[str, Any]) -> None:
    np.savez(path, **arrays)
