"""One training per run folder, however many processes share it."""

from __future__ import annotations

import json
import os
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from ae_core.errors import BottleneckError
from ae_core.files import in_plain_words

STALE_SECONDS = 60.0
"""A lock of another machine that was not touched for this long belonged to a process that is gone."""
SAME_MOMENT = 0.005
"""Half of the clock tick in which the kernel counts when a process began; sums of floats differ by far less."""


class BusyError(BottleneckError):
    """Another process is training this run now."""


class FolderLock:
    """Held while a process trains in a folder. `touch` now and then tells other machines that it is alive."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def touch(self) -> None:
        """Say that the holder is alive. A folder deleted or made read-only is noticed by the next write, not here."""
        with suppress(OSError):
            os.utime(self._path)


@contextmanager
def hold(folder: Path) -> Iterator[FolderLock]:
    """Hold the folder's lock; one left behind by a killed process is taken over.

    Raises:
        BusyError: a living process holds it.
        StoreError: the folder cannot be written.
    """
    path = folder / "lock.json"
    _acquire(path)
    try:
        yield FolderLock(path)
    finally:
        # Whatever ended the training says more than that its lock cannot be removed.
        with suppress(OSError):
            path.unlink(missing_ok=True)


def is_held(folder: Path) -> bool:
    """Whether a living process trains in this folder, or one of another machine did within `STALE_SECONDS`."""
    return _living_holder(folder / "lock.json") is not None


def is_held_here(folder: Path) -> bool:
    """Whether a process of this machine trains in this folder: it is alive, and waiting would not make it stale."""
    holder = _living_holder(folder / "lock.json")
    return holder is not None and not holder.elsewhere


def _acquire(path: Path) -> None:
    content = json.dumps({"host": socket.gethostname(), "pid": os.getpid(), "born": _born(os.getpid())}).encode()
    for _ in range(2):
        with in_plain_words(path):
            if _created(path, content):
                return
            holder = _living_holder(path)
            if holder is not None:
                raise BusyError(
                    f"Run {path.parent.name} is being trained by another process ({holder.words}). "
                    "Wait for it, or stop it there."
                )
            _take_away(path)
    raise BusyError(f"Run {path.parent.name} is being taken up by another process. Try again in a moment.")


def _created(path: Path, content: bytes) -> bool:
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
    except FileExistsError:
        return False
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return True


def _take_away(path: Path) -> None:
    """Remove a stale lock, but not the one of a process that has taken it over since we looked."""
    taken = path.with_name(f".{uuid.uuid4().hex}.json")
    try:
        path.replace(taken)
    except FileNotFoundError:
        return
    if _living_holder(taken) is not None:
        taken.replace(path)
    else:
        taken.unlink(missing_ok=True)


@dataclass(frozen=True)
class _Holder:
    words: str
    elsewhere: bool = False


def _living_holder(path: Path) -> _Holder | None:
    try:
        age = time.time() - path.stat().st_mtime
    except OSError:
        return None
    try:
        holder = json.loads(path.read_bytes())
        host, pid, born = holder["host"], int(holder["pid"]), float(holder["born"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        # Half-written: its writer is at it right now, or was killed there.
        return _Holder("starting") if age < 1.0 else None
    if host != socket.gethostname():
        return _Holder(f"process {pid} on {host}", elsewhere=True) if age < STALE_SECONDS else None
    began = _born(pid)
    return _Holder(f"process {pid}") if began is not None and abs(began - born) < SAME_MOMENT else None


def _born(pid: int) -> float | None:
    """When the process began, in seconds since this machine did: tells the holder from one given its number since.

    Counted from the machine's start, since setting its clock would move the time of day at which a process began.
    """
    try:
        return float(psutil.Process(pid).create_time() - psutil.boot_time())
    except (psutil.Error, ValueError, OverflowError):
        return None
