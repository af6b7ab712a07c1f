"""Which sweeps there are on a server. All that is kept of one is which runs it means:

runs/sweeps/<key>.json      the base (a whole Config), the field, its values as texts, when it was last started, and
                            what its visitors call it, once somebody has named it
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from pathlib import Path

from ae_core.config.config import KEY_PATTERN, Config
from ae_core.errors import BottleneckError, ConfigError, StoreError
from ae_core.files import in_plain_words, write_json
from ae_core.runs.names import checked_name, is_name
from ae_core.runs.sweep import Sweep


class SweepError(BottleneckError):
    """No sweep has this key, or its file cannot be read."""


@dataclass(frozen=True)
class KeptSweep:
    """One row of the list of sweeps: the sweep, or why it cannot be read.

    Attributes:
        created: when it was last started, in seconds since 1970.
        name: what its visitors call it; empty as long as nobody named it.
    """

    key: str
    sweep: Sweep | None
    created: float = 0.0
    problem: str = ""
    name: str = ""


class SweepStore:
    """The sweeps of a runs folder.

    Args:
        root: the runs folder.
    """

    def __init__(self, root: Path) -> None:
        self.folder = root / "sweeps"

    def save(self, sweep: Sweep) -> None:
        """Keep `sweep`, as started now; it keeps its name. Raises StoreError."""
        name = self.open(sweep.key).name if self.has(sweep.key) else ""
        self._write(KeptSweep(sweep.key, sweep, time.time(), name=name))

    def rename(self, key: str, text: str) -> None:
        """Give the sweep a name; an empty one takes the name away.

        Raises:
            RunNameError: `names.checked_name` does not take it for one.
            SweepError: the sweep was deleted meanwhile, or is damaged.
            StoreError: the folder cannot be written.
        """
        kept = self.open(key)
        if kept.sweep is None:
            raise SweepError(kept.problem)
        self._write(replace(kept, name=checked_name(text, "A sweep")))

    def _write(self, kept: KeptSweep) -> None:
        sweep = kept.sweep
        assert sweep
        content = {
            "base": sweep.base.to_json(), "field": sweep.field, "values": sweep.texts, "created": kept.created,
        }  # fmt: skip
        write_json(self._path(kept.key), {**content, "name": kept.name} if kept.name else content)

    def open(self, key: str) -> KeptSweep:
        """The sweep with this key, damaged or not. Raises SweepError when there is none."""
        path = self._path(key)
        try:
            content = json.loads(path.read_bytes())
            base = Config.from_json(content["base"])
            sweep = Sweep.read(base, content["field"], [str(value) for value in content["values"]])
            name = content.get("name", "")
            # A name that is none is no reason to call a sweep damaged.
            return KeptSweep(key, sweep, float(content["created"]), name=name if is_name(name) else "")
        except FileNotFoundError as error:
            raise SweepError(f"There is no sweep {key}: it was deleted meanwhile.") from error
        except (OSError, ValueError, TypeError, KeyError, RecursionError, ConfigError):
            problem = f"Sweep {key} is damaged: {path.name} cannot be read. Delete it; its runs stay."
            return KeptSweep(key, None, problem=problem)

    def has(self, key: str) -> bool:
        """Whether there is a sweep with this key. Raises SweepError for what is no key."""
        return self._path(key).exists()

    def listed(self) -> list[KeptSweep]:
        """All sweeps, last started first. Raises StoreError."""
        kept = []
        for path in _files(self.folder):
            try:
                kept.append(self.open(path.stem))
            except SweepError:
                # Deleted since it was listed, or another kind of file.
                continue
        return sorted(kept, key=lambda one: -one.created)

    def delete(self, key: str) -> None:
        """Forget the sweep; its runs stay. One that is gone already is no error. Raises StoreError."""
        path = self._path(key)
        with in_plain_words(path):
            path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        if not KEY_PATTERN.fullmatch(key):
            raise SweepError(f"A sweep's key must be twelve of the digits 0 to 9 and a to f. Received: {key[:40]!r}.")
        return self.folder / f"{key}.json"


def _files(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.suffix == ".json"]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError(
            f"The folder of sweeps must be readable. Received: {error.strerror} for {folder}. "
            "Give this user the right to read it, or choose another folder with the variable AE_RUNS."
        ) from error
