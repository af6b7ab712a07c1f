"""What the command line shows while something is learned, and how it is interrupted. All of it goes to stderr."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ae_core.libraries import quiet_stderr
from ae_core.runs.history import Progress, Request

BAR_WIDTH = 30


@contextmanager
def silent_tensorflow() -> Iterator[None]:
    """To import it in: it logs to stderr then, where the progress will be."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with quiet_stderr():
        yield


def show_progress(progress: Progress) -> None:
    """A bar that fills; where stderr is no terminal, one line at the end."""
    done = progress.step / progress.steps
    bar = ("#" * round(done * BAR_WIDTH)).ljust(BAR_WIDTH, ".")
    left = "" if progress.seconds_left is None else f", {_clock(progress.seconds_left)} left"
    line = (
        f"[{bar}] {progress.step:,}/{progress.steps:,} steps, {progress.steps_per_second:.0f}/s{left}, "
        f"held-out MSE {progress.held_out.mse:.5f}"
    )
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{line:<110}")
        sys.stderr.flush()
    elif progress.step == progress.steps:
        print(line, file=sys.stderr)


def end_progress() -> None:
    """Go on below the bar."""
    if sys.stderr.isatty():
        sys.stderr.write("\n")


def _clock(seconds: float) -> str:
    return time.strftime("%H:%M:%S" if seconds >= 3600 else "%M:%S", time.gmtime(seconds))


class CtrlC:
    """The first Ctrl-C asks for a pause; the second one ends the process as usual."""

    def __init__(self) -> None:
        self._pressed = False

    def request(self) -> Request | None:
        """What a training is asked for, as `should_stop` of `training.train`."""
        return "pause" if self._pressed else None

    def __enter__(self) -> CtrlC:
        self._before = signal.signal(signal.SIGINT, self._press)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _press(self, _signal: int, _frame: FrameType | None) -> None:
        if self._pressed:
            raise KeyboardInterrupt
        self._pressed = True
        print("\nPausing; press Ctrl-C again to end at once.", file=sys.stderr)


def show_contestant(name: str, done: float, accuracy: float | None) -> None:
    """A line for each contestant that has ended, as `report` of `teaching.run_contest`."""
    if done == 1 and accuracy is not None:
        print(f"{name:<16} {100 * accuracy:6.2f} % right", file=sys.stderr)
