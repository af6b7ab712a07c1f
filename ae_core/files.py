"""Writing files so that a reader sees the old one or the new one, never a half."""

from __future__ import annotations

import errno
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ae_core.errors import StoreError


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Call `write` with a temporary path beside `path`, then rename the result to `path`.

    The temporary name keeps the suffix, since `numpy.savez` and Keras choose by it.

    Raises:
        StoreError: the folder cannot be written, or the disk is full.
    """
    temporary = path.with_name(f".{uuid.uuid4().hex}{path.suffix}")
    with in_plain_words(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write(temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path` atomically. Raises StoreError as `write_atomically` does."""
    write_atomically(path, lambda temporary: temporary.write_bytes(content))


def write_json(path: Path, value: Any) -> None:
    """Write `value` to `path` as JSON, atomically. Raises StoreError as `write_atomically` does."""
    write_bytes(path, json.dumps(value, allow_nan=False).encode())


@contextmanager
def in_plain_words(path: Path) -> Iterator[None]:
    """Turn an OSError on `path` into a StoreError that says what to do."""
    try:
        yield
    except OSError as error:
        remedy = REMEDIES.get(error.errno or 0, "Look at the folder, or choose another with the variable AE_RUNS.")
        reason = error.strerror or str(error)
        raise StoreError(f"Cannot write {path.name} in {path.parent}: {reason}. {remedy}") from error


REMEDIES = {
    errno.ENOSPC: "Free some space on that disk (delete runs you no longer need), then go on: nothing was lost.",
    errno.EDQUOT: "Your quota on that disk is used up: delete runs you no longer need, then go on.",
    errno.EACCES: "Give this user the right to write there, or choose another folder with the variable AE_RUNS.",
    errno.EPERM: "Give this user the right to write there, or choose another folder with the variable AE_RUNS.",
    errno.EROFS: "That disk is read-only: choose another folder with the variable AE_RUNS.",
}
