"""One training per run folder, however many processes share it."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from ae_core.errors import BottleneckError
from ae_core.files import in_plain_words

STALE_SECONDS = 60.0
"""A lock of another machine that was not touched for this long belonged to a process that is gone."""


class BusyError(BottleneckError):
    """Another process is training this run now."""


class FolderLock:
    """Held while a process trains in a folder. `touch` now and then tells other machines that it is alive."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def touch(self) -> None:
        """Say that the holder is alive. A folder deleted meanwhile is noticed by the next write, not here."""
        try:
            os.utime(self._path)
        except FileNotFoundError:
            return


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
        path.unlink(missing_ok=True)


def is_held(folder: Path) -> bool:
    """Whether a living process trains in this folder."""
    return _living_holder(folder / "lock.json") is not None


def _acquire(path: Path) -> None:
    content = json.dumps({"host": socket.gethostname(), "pid": os.getpid(), "born": _born(os.getpid())}).encode()
    for _ in range(2):
        with in_plain_words(path):
            try:
                descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
            except FileExistsError:
                descriptor = -1
        if descriptor >= 0:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            return
        holder = _living_holder(path)
        if holder is not None:
            raise BusyError(
                f"Run {path.parent.name} is being trained by another process ({holder}). Wait for it, or stop it there."
            )
        path.unlink(missing_ok=True)
    raise BusyError(f"Run {path.parent.name} is being taken up by another process. Try again in a moment.")


def _living_holder(path: Path) -> str | None:
    try:
        age = time.time() - path.stat().st_mtime
        holder = json.loads(path.read_bytes())
        host, pid, born = holder["host"], int(holder["pid"]), float(holder["born"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        # Half-written: its writer is at it right now, or was killed there.
        return "starting" if age < 1.0 else None
    if host != socket.gethostname():
        return f"process {pid} on {host}" if age < STALE_SECONDS else None
    return f"process {pid}" if _born(pid) == born else None


def _born(pid: int) -> float:
    """When the process began: tells a living holder from a stranger that was given its number since."""
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return -1.0
