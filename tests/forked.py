"""Python processes that are there at once: forked from one that has imported TensorFlow, as workers are."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from multiprocessing import forkserver
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ae_core.jobs.cluster import PRELOADED, can_fork

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code, and what it wrote."""

    code: int | None
    out: str
    err: str


def call(
    function: Callable[..., Any], *arguments: Any, folder: Path = ROOT, environment: Mapping[str, str] | None = None
) -> Ended:
    """Call a function of a module in a new process, and wait for its end.

    Args:
        function: what it returns is the exit code, as of `sys.exit`.
        folder: where the process is.
        environment: all its variables; those of this process unless given.
    """
    with TemporaryDirectory() as scratch:
        files = Path(scratch, "out"), Path(scratch, "err")
        about = function, arguments, folder, dict(environment or os.environ), files
        process = _context().Process(target=_begin, args=about)
        process.start()
        process.join()
        return Ended(process.exitcode, *(file.read_text(encoding="utf-8") for file in files))


@cache
def _context() -> Any:
    if not can_fork():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*PRELOADED])
    before = os.environ.get("PYTHONPATH")
    # It does not find our modules by the `sys.path` of this process.
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), before]))
    try:
        forkserver.ensure_running()
    finally:
        del os.environ["PYTHONPATH"]
        if before is not None:
            os.environ["PYTHONPATH"] = before
    return context


def _begin(
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
    folder: Path,
    environment: dict[str, str],
    files: tuple[Path, Path],
) -> None:
    for file, descriptor in zip(files, (1, 2), strict=True):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), descriptor)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.exit(function(*arguments))
