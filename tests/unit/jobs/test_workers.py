"""Workers of our own: how many, what each does, and what stays behind in them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.connection import Listener
from pathlib import Path

import psutil
import pytest
from distributed import Worker

from ae_core.config.config import Config
from ae_core.errors import JobError
from ae_core.jobs import cluster
from ae_core.jobs.books import Job
from ae_core.jobs.cluster import ROOT, can_fork, usual_workers, worker_count
from ae_core.jobs.queue import Jobs
from ae_core.runs.store import RunStore
from ae_core.workers.trainings import Training
from tests.unit.tiny import DENSE, spare_the_baselines
from tests.unit.waiting import wait_until

GIB = 2**30
LONG = replace(DENSE, steps=200_000)
WARM = """
import sys
from ae_core.jobs.queue import Jobs
from ae_core.runs.store import RunStore

if __name__ == "__main__":
    jobs = Jobs(RunStore(sys.argv[1]))
    jobs.wait_until_warm(timeout=120)
    jobs.close()
    print("warm")
"""


@pytest.mark.parametrize(
    ("cores", "memory", "workers"),
    [(1, 8, 1), (2, 8, 2), (3, 8, 2), (4, 8, 2), (8, 64, 4), (8, 6, 3), (2, 1, 1), (64, 256, 32)],
)
def test_two_cores_have_two_workers_and_more_cores_one_for_every_two_where_memory_allows(
    cores: int, memory: int, workers: int
) -> None:
    assert usual_workers(cores, memory * GIB) == workers


def test_the_number_of_workers_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    monkeypatch.setenv("AE_WORKERS", "3")
    assert worker_count() == 3


@pytest.mark.parametrize(
    ("driven", "libraries", "workers"), [(1, True, 1), (1, False, 4), (0, True, 4), (None, True, 4)]
)
def test_trainings_take_turns_on_a_graphics_processor(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, driven: int | None, libraries: bool, workers: int
) -> None:
    monkeypatch.delenv("AE_WORKERS")
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    listed = tmp_path / "gpus"
    if driven is not None:
        listed.mkdir()
    for number in range(driven or 0):
        (listed / f"0000:0{number}:00.0").mkdir()
    monkeypatch.setattr(cluster, "NVIDIA", listed)
    monkeypatch.setattr(cluster, "find_spec", lambda name: object() if libraries and name == "nvidia" else None)
    monkeypatch.setattr(cluster, "usual_workers", lambda _cores, _memory: 4)
    assert worker_count() == workers


@pytest.mark.parametrize("asked", ["0", "5", "-1", "two", "1.5"])
def test_a_number_of_workers_that_the_machine_cannot_have_is_refused(
    monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    monkeypatch.setenv("AE_WORKERS", asked)
    with pytest.raises(
        JobError, match=rf"^AE_WORKERS must be a whole number from 1 to 4, .*Received: {asked}\. Change"
    ):
        worker_count()


def test_workers_that_do_not_start_are_told_of_in_plain_words(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    # None is ever asked for: on a fast machine one would begin within any time that a test may wait.
    monkeypatch.setattr(cluster.OwnCluster, "scale", lambda *_: None)
    monkeypatch.setattr(cluster, "START_SECONDS", 0.1)
    with pytest.raises(
        JobError, match=r"^The workers must start within 0\.1 seconds, and did not\. .* reload this page"
    ):
        Jobs(store)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere workers are not forked")
@pytest.mark.parametrize("length", [75, 76])
def test_workers_are_forked_where_the_socket_that_asks_for_it_has_a_path(
    length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as short:
        folder = Path(short, "t" * (length - len(short) - 1))
        folder.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(folder))
        try:
            # As `multiprocessing` does it, whose own folder is that of this process already.
            Listener(tempfile.mktemp(prefix="listener-", dir=tempfile.mkdtemp(prefix="pymp-")), "AF_UNIX").close()
        except OSError:
            assert not can_fork()
        else:
            assert can_fork()


def test_workers_come_where_they_cannot_be_forked(tmp_path: Path) -> None:
    """A page waited for two minutes, and then for good."""
    folder = tmp_path / ("t" * 100)
    folder.mkdir()
    environment = os.environ | {"TMPDIR": str(folder)}
    command = [sys.executable, "-c", WARM, str(tmp_path / "runs")]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout == "warm\n"


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jobs]:
    """With two workers, on however many cores."""
    store = RunStore(tmp_path_factory.mktemp("runs"))
    spare_the_baselines(store)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "cpu_count", lambda: 2)
        patch.setenv("AE_WORKERS", "2")
        jobs = Jobs(store)
    jobs.wait_until_warm(timeout=120)
    yield jobs
    jobs.close()


@pytest.fixture
def two_in_training(jobs: Jobs) -> Iterator[list[Training]]:
    """Both under way; they end with the test."""
    trainings = [Training(replace(LONG, seed=seed)) for seed in (1, 2)]
    for training in trainings:
        jobs.ask(training)
    for training in trainings:
        beyond(jobs, training, 0)
    yield trainings
    for job in jobs.active(Training):
        jobs.call_off(job.work, "pause")
    wait_until(lambda: not jobs.active(Training), "all jobs have ended")


def step(jobs: Jobs, training: Training) -> int:
    job = jobs.view(training)
    assert job, f"{training.noun} has ended: {jobs.error(training)}"
    return job.progress.step if job.progress else 0


def beyond(jobs: Jobs, training: Training, before: int) -> None:
    wait_until(lambda: step(jobs, training) > before, f"{training.noun} is beyond step {before}")


def waiting(jobs: Jobs, config: Config) -> Job[Training]:
    training = Training(config)
    jobs.ask(training)
    job = jobs.view(training)
    assert job
    return job


def test_two_trainings_move_at_once_and_the_third_goes_to_whoever_is_free_first(
    jobs: Jobs, two_in_training: list[Training]
) -> None:
    first, second = two_in_training
    short = waiting(jobs, DENSE)
    assert (short.state, short.place) == ("queued", 2)

    at = step(jobs, first)
    jobs.call_off(second, "pause")
    wait_until(lambda: jobs.view(short.work) is None, "the third has ended")

    assert jobs.store.open(DENSE.key).status.state == "finished"
    beyond(jobs, first, at)


def test_what_a_killed_worker_trained_goes_on_in_its_place_and_the_other_is_not_touched(
    jobs: Jobs, two_in_training: list[Training]
) -> None:
    pids = [*jobs._client.run(os.getpid).values()]
    steps = [step(jobs, training) for training in two_in_training]

    os.kill(pids[0], signal.SIGKILL)

    wait_until(lambda: not psutil.pid_exists(pids[0]), "the worker is gone")
    for training, before in zip(two_in_training, steps, strict=True):
        beyond(jobs, training, before)


def test_pages_come_before_workers(jobs: Jobs) -> None:
    pids = jobs._client.run(os.getpid).values()
    assert all(psutil.Process(pid).nice() > psutil.Process().nice() for pid in pids)


def test_workers_at_rest_are_rarely_asked_how_they_are(jobs: Jobs) -> None:
    def milliseconds(dask_worker: Worker) -> float:
        interval: float = dask_worker.periodic_callbacks["heartbeat"].callback_time
        return interval

    # Each is told with the answer to its first word.
    wait_until(lambda: set(jobs._client.run(milliseconds).values()) == {5000.0}, "the workers rest")


def test_forty_short_runs_leave_nothing_behind_in_the_workers(jobs: Jobs) -> None:
    """What TensorFlow keeps of a training was 62 MB before it was told to let go."""

    def train(seeds: range) -> float:
        """Train them all; MB that the workers have then."""
        # Mostly what the worker has compiled already, and now and then something new.
        trainings = [Training(replace(DENSE, steps=2, seed=seed, latent_dim=4 + seed // 4 % 2)) for seed in seeds]
        for training in trainings:
            jobs.ask(training)
        wait_until(lambda: not jobs.active(Training), "all are trained")
        assert all(jobs.store.open(training.key).status.state == "finished" for training in trainings)
        return sum(psutil.Process(pid).memory_info().rss for pid in jobs._client.run(os.getpid).values()) / 2**20

    settled = train(range(100, 112))
    assert train(range(112, 140)) - settled < 28
