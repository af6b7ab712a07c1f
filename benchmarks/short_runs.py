"""Trainings as a class has them: short, one after another, through the app's own queue."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import psutil

from ae_core.config.config import Config
from ae_core.config.presets import PRESETS
from benchmarks.rows import Bar, Row, say
from benchmarks.sides import Side

NAME = "training"
SHORT = replace(PRESETS["quick-start"], steps=300)
PER_MINUTE = Bar(18.0, "least")
AROUND = Bar(1.2, "most")


def measure_short_runs(*, quick: bool) -> list[Row]:
    """How many end in a minute, and what of one is not a step."""
    alone, together = (4, 8) if quick else (8, 24)
    with TemporaryDirectory() as folder, Side("Trainings in one process") as one, Side("The queue") as queue:
        say(f"  {alone} trainings of {SHORT.steps} steps in one process")
        around, around_new = (one.call(seconds_around, Path(folder, "alone"), alone, new) for new in (False, True))
        say(f"  {together} trainings of {SHORT.steps} steps through the queue")
        per_minute = queue.call(trainings_a_minute, Path(folder, "together"), together)
    return [
        Row(NAME, f"trainings of {SHORT.steps} steps of Quick start a minute", per_minute, "a minute", bar=PER_MINUTE),
        Row(NAME, "all of such a training that is not a step, but for a process's first", around, "s", bar=AROUND),
        Row(NAME, "the same where each network is another than the one before", around_new, "s"),
    ]


def seconds_around(folder: Path, count: int, new: bool) -> float:
    """Median over `count` trainings of all their time but for their steps, after one that warms the process up.

    Args:
        new: whether each has another number of dimensions than the one before, and so is built and compiled anew.
    """
    from ae_core.runs.store import RunStore
    from ae_core.training.train import train

    store, around = RunStore(folder), []
    for config in _configs(count + 1):
        if new:
            config = replace(config, latent_dim=16 + config.seed % 2)
        began = time.perf_counter()
        status = train(config, store=store).status
        around.append(time.perf_counter() - began - config.steps / status.steps_per_second)
    return median(around[1:])


def trainings_a_minute(folder: Path, count: int) -> float:
    """How many of `count` trainings end in a minute once each worker has trained before."""
    with QueueOfRuns(folder) as queue:
        configs = _configs(queue.workers + count)
        queue.train(configs[: queue.workers])
        began = time.perf_counter()
        queue.train(configs[queue.workers :])
        return 60 * count / (time.perf_counter() - began)


def growth_of_a_training(folder: Path, settling: int, count: int) -> float:
    """Bytes that the workers have more, for each of `count` trainings of few steps, after `settling` others.

    No network is like the one before it, which would leave less behind.
    """
    configs = [replace(config, steps=20, latent_dim=16 + config.seed % 3) for config in _configs(settling + count)]
    with QueueOfRuns(folder) as queue:
        queue.train(configs[:settling])
        before = queue.resident()
        queue.train(configs[settling:])
        return (queue.resident() - before) / count


class QueueOfRuns:
    """The app's queue with its workers, for as long as it is open."""

    def __init__(self, folder: Path) -> None:
        from ae_core.jobs.queue import Jobs
        from ae_core.runs.store import RunStore

        self._jobs = Jobs(RunStore(folder))
        self._jobs.wait_until_warm(timeout=120)
        self.workers = len(self._pids())

    def train(self, configs: Sequence[Config]) -> None:
        """Ask for all of them at once, and wait until they have ended."""
        from ae_core.workers.trainings import Training

        for config in configs:
            self._jobs.ask(Training(config))
        while self._jobs.active(Training):
            time.sleep(0.05)

    def resident(self) -> int:
        """Memory of all workers together, in bytes."""
        return sum(psutil.Process(pid).memory_info().rss for pid in self._pids())

    def _pids(self) -> list[int]:
        return [*self._jobs._client.run(os.getpid).values()]

    def __enter__(self) -> QueueOfRuns:
        return self

    def __exit__(self, *_: object) -> None:
        self._jobs.close()


def _configs(count: int) -> list[Config]:
    return [replace(SHORT, seed=seed) for seed in range(1, count + 1)]
