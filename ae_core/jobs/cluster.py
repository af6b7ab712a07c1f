"""The Dask cluster: one of our own, or one that is already there; and what is said when it fails."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dask
import psutil
from distributed import Client, Future, KilledWorker, LocalCluster, Scheduler
from distributed.utils import get_mp_context

from ae_core.errors import BottleneckError, CancelledError, JobError
from ae_core.workers.trainings import TRAINING
from ae_core.workers.work import Work

CONNECT_SECONDS = 10
START_SECONDS = 120
HEARTBEAT_SECONDS = 5.0
CALM: dict[str, Any] = {
    # Pages need the latest picture only; Dask would keep the last thousand.
    "distributed.admin.low-level-log-length": 10,
    # What only Dask's own pages show, which are off: where time goes, looked up a hundred times a second.
    "distributed.worker.profile.enabled": False,
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.admin.system-monitor.disk": False,
    # Whether the event loop is late, asked for fifty times a second.
    "distributed.admin.tick.interval": "1s",
    # The queue gives a worker no more than it can do at once: nothing can be moved to a better place.
    "distributed.scheduler.work-stealing": False,
    "distributed.scheduler.active-memory-manager.start": False,
    # Memory that runs short does so within seconds, not tenths of one.
    "distributed.worker.memory.monitor-interval": "1s",
}
"""For a server on which nobody is: by its usual settings Dask looks after itself all the time."""


WORKERS = "AE_WORKERS"
MEMORY_OF_A_WORKER = 2 * 2**30
"""Bytes that a worker may need while it trains a large network and makes a map beside it."""
NVIDIA = Path("/proc/driver/nvidia/gpus")
"""Where Nvidia's driver for Linux lists what it drives."""
PRELOADED = ("distributed", "ae_core.workers.preloaded")
SOCKET_PATH = 107
"""Bytes of a socket's path, by Linux's unix(7), without the zero at its end."""
SOCKET_NAME = len("/pymp-xxxxxxxx/listener-xxxxxxxx")
"""What `multiprocessing` calls its own below the folder for temporary files."""
ROOT = Path(__file__).parents[2]


def worker_count() -> int:
    """How many workers of our own serve this machine: the variable AE_WORKERS; else one for a graphics processor, or as
    many as `usual_workers` says.

    Raises:
        JobError: the variable is no whole number from 1 to the number of cores.
    """
    cores = os.cpu_count() or 1
    asked = os.environ.get(WORKERS, "")
    if not asked:
        return 1 if has_graphics_processor() else usual_workers(cores, psutil.virtual_memory().total)
    if not asked.isdecimal() or not 1 <= int(asked) <= cores:
        most = "1, as there is one core" if cores == 1 else f"a whole number from 1 to {cores}, the number of cores"
        raise JobError(f"{WORKERS} must be {most}. Received: {asked}. Change it, or unset it, and start the app again.")
    return int(asked)


def has_graphics_processor() -> bool:
    """Whether TensorFlow may find one: Nvidia's driver has it, and the libraries of `tensorflow[and-cuda]` are there.

    Two processes would each want all of its memory, so trainings take turns there.
    """
    return NVIDIA.is_dir() and any(NVIDIA.iterdir()) and find_spec("nvidia") is not None


def usual_workers(cores: int, memory: int) -> int:
    """Two on two cores, else one for every two cores, as far as `memory`, in bytes, goes.

    Several short trainings end sooner side by side than each on all cores in turn: half of a short training is not
    arithmetic, and that has one thread. Each may use all cores, so that one alone is as quick as it can be.
    """
    return max(1, min(max(cores // 2, min(cores, 2)), memory // MEMORY_OF_A_WORKER))


def local_cluster(workers: int) -> OwnCluster:
    """Workers on this machine, seen from this machine only; each trains one network at a time, beside all else.

    Raises:
        JobError: they did not start.
    """
    # The workers inherit it: TensorFlow's notes on its compiler are not for the app's terminal.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # The workers are told of these, too.
    dask.config.set(CALM)
    if can_fork():
        _fork_workers()
    cluster = OwnCluster(
        n_workers=0,
        threads_per_worker=2,
        host="127.0.0.1",
        dashboard_address=None,
        # Dask's own pages stay off, yet its server takes a port: any free one, or a second app would be warned of 8787.
        scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
        silence_logs=50,
    )
    cluster.scale(workers)
    try:
        cluster.wait_for_workers(workers, timeout=START_SECONDS)
    except TimeoutError as error:
        cluster.close()
        raise JobError(
            f"The workers must start within {START_SECONDS} seconds, and did not. Perhaps this computer is short of "
            "memory or busy with other things: end those, then reload this page."
        ) from error
    return cluster


def can_fork() -> bool:
    """Whether workers are forked; if not, each begins by importing all that it needs, which takes seconds.

    Only on Linux can a process that has imported TensorFlow be forked, and it is asked to by a socket beside the
    temporary files, whose path may not be longer than `SOCKET_PATH`: then no worker would ever come.
    """
    return sys.platform == "linux" and len(os.fsencode(tempfile.gettempdir())) + SOCKET_NAME <= SOCKET_PATH


def _fork_workers() -> None:
    """Have workers forked from a process that has imported what they need; see `ae_core.workers.preloaded`."""
    environment = "distributed.nanny.pre-spawn-environ"
    # It does not find our modules by the app's `sys.path`.
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    dask.config.set(
        {
            "distributed.worker.multiprocessing-method": "forkserver",
            environment: {**dask.config.get(environment), "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))},
        }
    )
    get_mp_context().set_forkserver_preload([*PRELOADED])


class CalmScheduler(Scheduler):
    """Asks its workers how they are every five seconds, not twice in one: that they died it hears from the system."""

    def heartbeat_worker(self, *arguments: Any, **more: Any) -> dict[str, Any]:
        """See `Scheduler`."""
        return {**super().heartbeat_worker(*arguments, **more), "heartbeat-interval": HEARTBEAT_SECONDS}


class OwnCluster(LocalCluster):
    """Workers that are numbered from 0; each has one of each resource, under a name of its own.

    So the queue can choose a worker, and what that had to do is done by the one that replaces it, at another address.
    """

    async def _start(self) -> None:
        # `LocalCluster` takes no scheduler of another class.
        self.scheduler_spec["cls"] = CalmScheduler
        await super()._start()

    def new_worker_spec(self) -> dict[int, dict[str, Any]]:
        """See `SpecCluster`."""
        ((number, spec),) = super().new_worker_spec().items()
        resources = {resource_of(TRAINING, number): 1}
        return {number: {**spec, "options": {**spec["options"], "resources": resources}}}


def resource_of(resource: str, worker: int) -> str:
    """What Dask calls the `resource` that the worker of this number has."""
    return f"{resource}-{worker}"


def connect(address: str | None, cluster: LocalCluster | None) -> Client:
    """A client of the scheduler at `address`, or else of `cluster`. Raises JobError when it cannot be reached."""
    # Made in two steps, to have it at hand when it fails: a client that was not closed is closed by the garbage
    # collector, perhaps while another one is being made, and then each waits for the other for good.
    client = Client.__new__(Client)
    try:
        Client.__init__(client, address or cluster, set_as_default=False, timeout=CONNECT_SECONDS)
    # Dask raises ValueError for what is not an address at all.
    except (OSError, ValueError) as error:
        with suppress(Exception):
            client.close()
        raise JobError(
            f"DASK_SCHEDULER_ADDRESS must be the address of a running Dask scheduler. Received: {address}. "
            "Start the scheduler, or unset the variable to train on this machine."
        ) from error
    return client


@contextmanager
def reached() -> Iterator[None]:
    """Turn whatever a lost connection makes Dask raise into a JobError."""
    try:
        yield
    except BottleneckError:
        raise
    except Exception as error:
        raise JobError(
            "The Dask scheduler cannot be reached. Start it again or wait until it is back; runs go on where they were."
        ) from error


@dataclass(frozen=True)
class Problem:
    """Why work was not done.

    Attributes:
        words: for a visitor; empty when it was done, or was called off.
        unforeseen: whether the worker is gone, or did not know what happened to it, and so has written nothing down.
    """

    words: str = ""
    unforeseen: bool = False


def problem_of(work: Work[Any], future: Future, *, called_off: bool) -> Problem:
    """Why `work` was not done, once its future is."""
    if future.status in ("cancelled", "lost"):
        # What no worker had begun is cancelled as well when it is called off.
        forgotten = called_off and work.unbegun_can_go
        return Problem("" if forgotten else f"The workers were lost while they {work.doing}. {work.remedy}")
    if future.status != "error":
        return Problem()
    error = future.exception()
    if isinstance(error, CancelledError):
        return Problem()
    if isinstance(error, BottleneckError):
        return Problem(str(error))
    if isinstance(error, KilledWorker):
        died = f"The worker died several times while it {work.doing}, perhaps for want of memory."
        return Problem(f"{died} {work.lighter}", unforeseen=True)
    noun = f"{work.noun[0].upper()}{work.noun[1:]}"
    return Problem(f"{noun} failed: {type(error).__name__}: {error}. {work.remedy}", unforeseen=True)


def let_go(future: Future) -> None:
    """Give up what a job has come to, and wait until it is given up; without a scheduler there is nothing to wait for.

    Dask lets go in its own thread, in turn. Only then may the same be asked for again: a future that is still held
    would answer with what it has.
    """
    with suppress(Exception):
        future.release()
        future.client.sync(_nothing)


async def _nothing() -> None:
    return
