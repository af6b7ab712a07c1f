"""Processes that are asked to do one thing at a time, so that two sides with settings of their own can take turns."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any

from benchmarks.rows import BenchmarkError

ANSWER_SECONDS = 300.0


class Side:
    """A fresh Python process. It keeps what it has imported and compiled from one call to the next.

    Args:
        name: what an error calls it.
    """

    def __init__(self, name: str) -> None:
        # Spawned, not forked: neither side inherits threads or settings from this process or the other.
        context = multiprocessing.get_context("spawn")
        self.name = name
        self._pipe, theirs = context.Pipe()
        self._scratch = TemporaryDirectory(ignore_cleanup_errors=True)
        self._process = context.Process(target=_serve, args=(theirs, self._scratch.name))
        self._process.start()
        theirs.close()

    def ask(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Have it call a function of a module, without waiting."""
        self._pipe.send((function, arguments))

    def answer(self, *, seconds: float = ANSWER_SECONDS) -> Any:
        """What the function that was asked for returned. Raises BenchmarkError."""
        if not self._pipe.poll(seconds):
            raise BenchmarkError(f"{self.name} did not answer within {seconds:.0f} seconds.")
        try:
            result, problem = self._pipe.recv()
        except EOFError as error:
            raise BenchmarkError(f"{self.name} died with exit code {self._process.exitcode}.") from error
        if problem:
            raise BenchmarkError(f"{self.name} failed.\n{problem}")
        return result

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Have it call a function of a module; what that returned. Raises BenchmarkError."""
        self.ask(function, *arguments)
        return self.answer()

    def __enter__(self) -> Side:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self._pipe.close()
        self._process.kill()
        self._process.join(timeout=10)
        self._scratch.cleanup()


def _serve(pipe: Connection, scratch: str) -> None:
    """Runs in the process: call after call, until the other end of the pipe is closed."""
    # TensorFlow leaves files behind when it is ended in the middle of something.
    tempfile.tempdir = scratch
    # TensorFlow writes to the terminal, and stdout there belongs to the result.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    while True:
        try:
            function, arguments = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send((function(*arguments), ""))
        except Exception:
            pipe.send((None, traceback.format_exc()))
