"""The folder of all runs."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ae_core.config.config import KEY_PATTERN, Config
from ae_core.errors import DamagedRunError, RunNotFoundError, StoreError
from ae_core.files import in_plain_words, write_json
from ae_core.runs.run import Run, Status


@dataclass(frozen=True)
class Listed:
    """One row of the list of runs: the run, or why it cannot be read."""

    key: str
    run: Run | None
    problem: str = ""


class RunStore:
    """The folder of all runs.

    Args:
        root: the folder; by default the variable AE_RUNS, else `runs` in the current folder. Made when needed.
    """

    def __init__(self, root: str | Path | None = None) -> None:
        self.root = Path(root or os.environ.get("AE_RUNS") or "runs").absolute()

    def create(self, config: Config) -> Run:
        """The run of `config`: the one that is there, or a new one in state "queued". Raises StoreError."""
        run = Run(self.root / config.key, config.canonical)
        with in_plain_words(run.path / "config.json"):
            run.path.mkdir(parents=True, exist_ok=True)
        try:
            Run.read(run.path)
        except DamagedRunError:
            write_json(run.path / "config.json", config.canonical.to_json())
        if not (run.path / "status.json").exists():
            run.write_status(Status("queued", steps=config.steps))
        return run

    def open(self, key: str) -> Run:
        """The run with this key.

        Raises:
            RunNotFoundError: there is none.
            DamagedRunError: its config or status cannot be read.
        """
        path = self.root / key
        if not KEY_PATTERN.fullmatch(key) or not path.is_dir():
            raise RunNotFoundError(f"A run's key must be one of those that `runs` lists. Received: {key[:40]!r}.")
        run = Run.read(path)
        _ = run.status
        return run

    def find(self, config: Config) -> Run | None:
        """The run of `config`, or None when there is none yet. Raises DamagedRunError."""
        return self.open(config.key) if (self.root / config.key).is_dir() else None

    def listed(self) -> list[Listed]:
        """All runs, last changed first. Damaged ones are listed with their problem. Raises StoreError."""
        return sorted(self._scan(), key=lambda row: -(row.run.status.updated if row.run else 0))

    def runs(self) -> list[Run]:
        """All readable runs, last changed first. Raises StoreError."""
        return [row.run for row in self.listed() if row.run]

    def delete(self, key: str) -> None:
        """Delete a run, damaged or not.

        Raises:
            RunNotFoundError: there is none.
            StoreError: the folder cannot be written.
        """
        path = self.root / key
        if not KEY_PATTERN.fullmatch(key) or not path.is_dir():
            raise RunNotFoundError(f"A run's key must be one of those that `runs` lists. Received: {key[:40]!r}.")
        # Renamed first, so that a reader sees the whole run or none.
        doomed = self.root / f".deleted-{uuid.uuid4().hex}"
        with in_plain_words(path):
            path.replace(doomed)
        shutil.rmtree(doomed, ignore_errors=True)

    def _scan(self) -> Iterator[Listed]:
        try:
            names = [entry.name for entry in os.scandir(self.root) if KEY_PATTERN.fullmatch(entry.name)]
        except FileNotFoundError:
            return
        except OSError as error:
            raise StoreError(
                f"The folder of runs must be readable. Received: {error.strerror} for {self.root}. "
                "Give this user the right to read it, or choose another folder with the variable AE_RUNS."
            ) from error
        for name in names:
            try:
                yield Listed(name, self.open(name))
            except RunNotFoundError:
                continue
            except DamagedRunError as error:
                yield Listed(name, None, str(error))
