"""Libraries, kept from what nobody asked of them: to write to the terminal, to import each other."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


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
    """Have imports of `module` fail meanwhile, for libraries that can do without it; if it is imported already, do
    nothing. Python takes an entry of None for a module that cannot be imported."""
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[module]
