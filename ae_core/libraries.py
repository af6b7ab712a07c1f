"""Libraries, kept from what nobody asked of them: to write to the terminal, to import each other."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from threading import get_ident


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
