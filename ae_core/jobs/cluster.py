"""The Dask cluster: one of our own, or one that is already there; and what is said when it fails."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import dask
from distributed import Client, Future, KilledWorker, LocalCluster

from ae_core.errors import BottleneckError, JobError

CONNECT_SECONDS = 10
TRAINING = "training"
"""What a worker of our own has one of, and each training takes."""


def local_cluster() -> LocalCluster:
    """One worker on this machine, seen from this machine only: one training at a time, and a thread for all else."""
    # The workers inherit it: TensorFlow's notes on its compiler are not for the app's terminal.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Pages need the latest picture only; Dask would keep the last thousand.
    dask.config.set({"distributed.admin.low-level-log-length": 10})
    return LocalCluster(
        n_workers=1,
        threads_per_worker=2,
        resources={TRAINING: 1},
        host="127.0.0.1",
        dashboard_address=None,
        # Dask's own pages stay off, yet its server takes a port: any free one, or a second app would be warned of 8787.
        scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
        silence_logs=50,
    )


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


def unexpected(key: str, error: BaseException | None) -> str:
    """What a visitor is told when the training of `key` ended in an error that is not theirs."""
    if isinstance(error, KilledWorker):
        return (
            f"The worker died several times while it trained run {key}, perhaps for want of memory. "
            "Choose a smaller network or batch, then start it again."
        )
    return (
        f"The training of run {key} failed: {type(error).__name__}: {error}. Start it again; it goes on where it was."
    )


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
