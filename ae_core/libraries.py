"""Libraries, kept from what nobody asked of them: to write to the terminal, to import each other, to hoard memory."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib.abc import MetaPathFinder
from threading import Lock, get_ident

LARGE_BYTES = 2**18
KEPT_BYTES = 2**25
"""The largest that GNU's library takes for the first of the two sizes below, with 64 bits."""
KEPT_BYTES_OF_ALL = 2**28
ARENA_MAX, MMAP_THRESHOLD, TRIM_THRESHOLD = -8, -3, -1
"""From GNU's malloc.h. The two sizes, once they are set, do not grow by themselves any more."""

_access = Lock()
_uses: list[object] = []
"""What goes on at the moment in `reused_memory`."""


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Drop what native code writes to stderr meanwhile. Exceptions pass through as usual."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)


@cache
def spare_memory() -> None:
    """Have the C library give large blocks back as soon as they are free, from now on. Linux with GNU's library alone.

    By itself it keeps them, in a heap for each few threads: after a lesson of thirty the web process took 925 MB, and
    takes 568 with this.
    """
    _c("mallopt", ARENA_MAX, 2)
    _keep(LARGE_BYTES, of_all=LARGE_BYTES)


@contextmanager
def reused_memory() -> Iterator[None]:
    """Have the C library keep what is freed meanwhile, for whoever asks next. Linux with GNU's library alone.

    Dask has it give blocks back at once in all processes that it starts. A step of a training frees dozens of them and
    asks for the same again: it took 300 to 450 page faults, and 1.05 to 1.1 times as long.
    """
    use = object()
    with _access:
        _uses.append(use)
        _keep(KEPT_BYTES, of_all=KEPT_BYTES_OF_ALL)
    try:
        yield
    finally:
        with _access:
            _uses.remove(use)
            if not _uses:
                _keep(LARGE_BYTES, of_all=LARGE_BYTES)
        give_memory_back()


def _keep(block: int, *, of_all: int) -> None:
    """Blocks up to `block` bytes are kept when they are freed, as long as at its end the heap has at most `of_all`."""
    _c("mallopt", MMAP_THRESHOLD, block)
    _c("mallopt", TRIM_THRESHOLD, of_all)


def give_memory_back() -> None:
    """Have the C library give the system all that it holds free. Linux with GNU's library alone."""
    _c("malloc_trim", 0)


def _c(function: str, *arguments: int) -> None:
    """Call a function of GNU's C library, where that is what we run on."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            getattr(ctypes.CDLL("libc.so.6"), function)(*arguments)


@contextmanager
def without(module: str) -> Iterator[None]:
    """Have this thread's imports of `module` fail meanwhile, for libraries that can do without it.

    Other threads may need it: maps are made while a worker is still importing. What is imported already stays.
    """
    refusal = _Refusal(module, get_ident())
    sys.meta_path.insert(0, refusal)
    try:
        yield
    finally:
        sys.meta_path.remove(refusal)


@dataclass(frozen=True, eq=False)
class _Refusal(MetaPathFinder):
    """Asked first of all where a module is to be found."""

    module: str
    thread: int

    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname == self.module and get_ident() == self.thread:
            raise ModuleNotFoundError(f"{fullname} is done without here.", name=fullname)
