"""Streamlit servers on this machine, started for a measurement and always ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.rows import BenchmarkError

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
START_SECONDS = 60.0
IDLE_SECONDS = 0.5
IDLE_SHARE = 0.15
"""Of one processor. The heartbeats of workers take a few hundredths."""
LAST_WORDS = 2000
"""How many letters of a server's output an error shows."""


@dataclass(frozen=True)
class Server:
    """A server that is being started or running.

    Attributes:
        started: `time.perf_counter()` just before its process was made.
        output: the file that has what it printed.
    """

    process: subprocess.Popen[bytes]
    port: int
    started: float
    output: Path

    @property
    def address(self) -> str:
        """What a browser opens."""
        return f"http://{HOST}:{self.port}"

    def wait(self) -> None:
        """Until it takes connections. Raises BenchmarkError when it ends, or has not started in a minute."""
        limit = time.monotonic() + START_SECONDS
        while time.monotonic() < limit and self.process.poll() is None:
            with suppress(OSError), socket.create_connection((HOST, self.port), timeout=1):
                return
            time.sleep(0.01)
        words = self.output.read_text(encoding="utf-8", errors="replace")[-LAST_WORDS:]
        raise BenchmarkError(f"The server did not start within {START_SECONDS:.0f} seconds.\n{words}")

    def until_idle(self, *, patience: float = START_SECONDS) -> None:
        """Until it and its workers have hardly done anything for a while. Raises BenchmarkError."""
        limit = time.monotonic() + patience
        while self.share_of_a_core(IDLE_SECONDS) > IDLE_SHARE:
            if time.monotonic() > limit:
                raise BenchmarkError(f"The server was still busy after {patience:.0f} seconds.")

    def share_of_a_core(self, seconds: float) -> float:
        """Processor seconds a second that it and all that it started take over the next `seconds`."""
        family = [psutil.Process(self.process.pid), *descendants(self.process.pid)]
        before = cpu_seconds(family)
        time.sleep(seconds)
        return (cpu_seconds(family) - before) / seconds

    def resident(self) -> float:
        """Memory of the web process alone, in bytes."""
        return float(psutil.Process(self.process.pid).memory_info().rss)


@contextmanager
def serving(script: Path, *, folder: Path, scratch: Path, environment: Mapping[str, str]) -> Iterator[Server]:
    """Start `streamlit run script`, without waiting for it; at the end, end it and all that it started.

    Args:
        folder: where it is started, whose `.streamlit/config.toml` it takes.
        scratch: a temporary folder for all that it leaves behind.
        environment: variables on top of ours.
    """
    port = free_port()
    output = scratch / f"server-{port}.log"
    # A scheduler that is set in this shell is for trainings, not for measurements.
    inherited = {name: value for name, value in os.environ.items() if name != "DASK_SCHEDULER_ADDRESS"}
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    with output.open("wb") as log:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**inherited, "TMPDIR": str(scratch), **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Server(process, port, started, output)
    finally:
        end_family(process)


def end_family(process: subprocess.Popen[bytes]) -> None:
    """End a process that has a session of its own, and its descendants."""
    family = descendants(process.pid)
    with suppress(ProcessLookupError, PermissionError, AttributeError):
        # Also those whose parents have ended. Windows has no groups: there the list of descendants must do.
        os.killpg(process.pid, signal.SIGKILL)
    for member in family:
        with suppress(psutil.Error):
            member.kill()
    process.kill()
    process.wait(timeout=30)
    psutil.wait_procs(family, timeout=10)


def descendants(pid: int) -> list[psutil.Process]:
    """All processes that this one has started and that have, in turn."""
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).children(recursive=True)
    return []


def free_port() -> int:
    """A port that nobody listens at just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    """Processor time that these processes have used so far, those that have ended left out."""
    total = 0.0
    for process in processes:
        with suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system
    return total
