"""A run: a folder, readable with stock tools.

runs/<key>/config.json      every field of the Config
           status.json      written last: what state the run is in, and its figures
           name.txt         what its visitors call it, once somebody has named it
           history.json     losses by step
           checkpoint.npz   all variables, for going on
           frames.npz       codes of some held-out images at log-spaced steps, see `latent.frames`
           preview.npz      the sixteen preview digits and their reconstructions
           preview_training.npz     the same of training images, unless an earlier version trained it
           errors.npz       mean squared error of each held-out image, once there is a codec
           encoder.keras decoder.keras encoder.tflite decoder.tflite network.json network.bin
           posterior.keras posterior.tflite kl.npz     of a variational autoencoder, see `codecs.posterior`
"""

from __future__ import annotations

import json
import math
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ae_core.config.config import Config
from ae_core.config.layers import IMAGE_SHAPE
from ae_core.errors import ConfigError, DamagedRunError, DataError, RunNotFoundError
from ae_core.files import in_plain_words, write_atomically, write_bytes, write_json
from ae_core.npz import read_array, readable, write_npz
from ae_core.runs.history import History
from ae_core.runs.names import checked_name, read_name
from ae_core.runs.titles import unnamed_title

State = Literal["queued", "training", "paused", "stopped", "finished", "diverged", "failed"]
PreviewOf = Literal["held-out", "training"]
"""Which images the digits of a preview are."""
PREVIEWS: dict[PreviewOf, str] = {"held-out": "preview.npz", "training": "preview_training.npz"}
USABLE: tuple[State, ...] = ("finished", "stopped", "diverged")
"""States in which a run has an encoder and a decoder."""


@dataclass(frozen=True)
class Status:
    """Where a run stands.

    Attributes:
        state: see `State`. "queued" before its first step, and while it gives way to others; "training" may also mean
            that its process was killed: `jobs` tells the two apart.
        step, steps: steps done, steps asked for.
        seconds: time spent in training steps, over all sittings.
        steps_per_second: of the last sitting.
        params: trainable weights and biases.
        test_mse, test_loss: on all held-out images, once the run has a codec; else None.
        neg_elbo: the same for a variational autoencoder trained with cross-entropy: `posterior.Elbo.negative`.
        message: for "diverged" and "failed", what happened and what to do.
        created, updated: seconds since 1970.
    """

    state: State
    step: int = 0
    steps: int = 0
    seconds: float = 0.0
    steps_per_second: float = 0.0
    params: int = 0
    test_mse: float | None = None
    test_loss: float | None = None
    message: str = ""
    created: float = 0.0
    updated: float = 0.0
    neg_elbo: float | None = None


@dataclass(frozen=True)
class Run:
    """One training: its folder, its Config, and what it left behind."""

    path: Path
    config: Config

    @property
    def key(self) -> str:
        """The folder's name, equal to `config.key`."""
        return self.path.name

    @cached_property
    def status(self) -> Status:
        """As of the first time it is asked for. Raises DamagedRunError."""
        values = self._json("status.json")
        if not isinstance(values, dict) or values.get("state") not in get_args(State):
            raise self._damaged("status.json")
        default = Status(values["state"])
        known = {field.name: values[field.name] for field in fields(Status) if field.name in values}
        if not all(_same_kind(value, getattr(default, name)) for name, value in known.items()):
            raise self._damaged("status.json")
        return Status(**known)

    @property
    def usable(self) -> bool:
        """Whether it has an encoder and a decoder to open."""
        return self.status.state in USABLE

    @cached_property
    def name(self) -> str:
        """What its visitors call it, as of the first time it is asked for; empty as long as nobody named it."""
        return read_name(self.path / "name.txt")

    @cached_property
    def title(self) -> str:
        """What pages call it: its name, else its settings in a few words and what a sweep made of them."""
        return self.name or unnamed_title(self.config, self.path.parent)

    def rename(self, text: str) -> None:
        """Give it a name for `title` to use; an empty one takes the name away.

        Raises:
            RunNameError: `names.checked_name` does not take it for one.
            RunNotFoundError: the run was deleted meanwhile.
            StoreError: the folder cannot be written.
        """
        name, path = checked_name(text), self.target("name.txt")
        if name:
            write_bytes(path, name.encode())
        else:
            with in_plain_words(path):
                path.unlink(missing_ok=True)

    def size_on_disk(self) -> int:
        """Bytes of all its files, maps among them."""
        total = 0
        for path in self.path.rglob("*"):
            # Files are replaced while a run trains, and the run may be deleted.
            with suppress(OSError):
                total += path.stat().st_size if path.is_file() else 0
        return total

    def history(self) -> History:
        """Losses by step; empty before the first. Raises DamagedRunError."""
        if not (self.path / "history.json").exists():
            return History()
        try:
            return History.from_json(self._json("history.json"))
        except DamagedRunError as error:
            raise self._damaged("history.json") from error

    def preview(self, of: PreviewOf = "held-out") -> tuple[NDArray[np.uint8], NDArray[np.uint8]] | None:
        """Originals and reconstructions, each (16, 28, 28) uint8, of the preview digits; None when there are none.

        A run has none before its first step, and none of training images when an earlier version trained it.

        Raises:
            DamagedRunError: they cannot be read.
        """
        try:
            with np.load(self.path / PREVIEWS[of], allow_pickle=False) as arrays:
                originals, reconstructions = arrays["originals"], arrays["reconstructions"]
        except FileNotFoundError:
            return None
        # Damaged bytes make zipfile, zlib and numpy raise almost anything; no list of it is complete.
        except Exception as error:
            raise self._damaged(PREVIEWS[of]) from error
        if any(a.dtype != np.uint8 or a.shape[1:] != IMAGE_SHAPE for a in (originals, reconstructions)):
            raise self._damaged(PREVIEWS[of])
        return originals, reconstructions

    def held_out_errors(self) -> NDArray[np.float32] | None:
        """Mean squared error of each held-out image, (n,); None before there is a codec. Raises DamagedRunError."""
        path = self.path / "errors.npz"
        if not path.exists():
            return None
        try:
            with readable(path.name, remedy=""):
                errors = read_array(path, "errors")
                if errors.ndim != 1 or not errors.size or errors.dtype != np.float32 or not np.isfinite(errors).all():
                    raise ValueError("not one error an image")
        except DataError as error:
            raise self._damaged(path.name) from error
        return errors

    def write_held_out_errors(self, errors: NDArray[Any]) -> None:
        """Replace the errors on disk. Raises StoreError."""
        write_npz(self.target("errors.npz"), {"errors": np.asarray(errors, np.float32)})

    def write_status(self, status: Status) -> None:
        """Replace the status on disk. Raises StoreError."""
        now = time.time()
        write_json(self.target("status.json"), asdict(replace(status, created=status.created or now, updated=now)))

    def write_history(self, history: History) -> None:
        """Replace the history on disk. Raises StoreError."""
        write_json(self.target("history.json"), history.to_json())

    def write_preview(
        self, originals: NDArray[np.uint8], reconstructions: NDArray[np.uint8], of: PreviewOf = "held-out"
    ) -> None:
        """Replace the preview on disk. Raises StoreError."""
        write_atomically(
            self.target(PREVIEWS[of]),
            lambda path: np.savez(path, originals=originals, reconstructions=reconstructions),
        )

    def target(self, name: str) -> Path:
        """Where to write the file `name`. Raises RunNotFoundError for a deleted run: half of it would come back."""
        if not (self.path / "config.json").exists():
            raise self._gone()
        return self.path / name

    @classmethod
    def read(cls, path: Path) -> Run:
        """The run in the folder `path`. Raises DamagedRunError, or RunNotFoundError when it has just been deleted."""
        run = cls(path, Config())
        values = run._json("config.json")
        if not isinstance(values, dict):
            raise run._damaged("config.json")
        try:
            return cls(path, Config.from_json(values))
        except ConfigError as error:
            raise run._damaged("config.json") from error

    def fresh(self) -> Run:
        """The same run, with its status to be read anew."""
        return Run(self.path, self.config)

    def _json(self, name: str) -> Any:
        try:
            return json.loads((self.path / name).read_bytes())
        except FileNotFoundError as error:
            raise (self._damaged(name) if self.path.exists() else self._gone()) from error
        except (OSError, ValueError, RecursionError) as error:
            raise self._damaged(name) from error

    def _gone(self) -> RunNotFoundError:
        return RunNotFoundError(f"There is no run {self.key}: it was deleted meanwhile.")

    def _damaged(self, name: str) -> DamagedRunError:
        return damaged_run(self.key, name)


def damaged_run(key: str, what: str) -> DamagedRunError:
    """The error for a run whose folder is there but whose `what` cannot be read."""
    return DamagedRunError(f"Run {key} is damaged: {what} cannot be read. Delete the run, then train it again.")


def _same_kind(value: Any, default: Any) -> bool:
    """Whether `value` may stand where `default` does in a Status: text for text, else a number (or None for None)."""
    if isinstance(default, str):
        return isinstance(value, str)
    if value is None:
        return default is None
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
