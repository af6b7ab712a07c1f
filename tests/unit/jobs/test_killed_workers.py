"""Workers and whole processes that are killed in the middle of a training, and schedulers that go away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dask
import psutil
import pytest
from distributed import LocalCluster

from ae_core.errors import JobError
from ae_core.jobs import cluster
from ae_core.jobs.queue import Jobs
from ae_core.runs.history import Progress
from ae_core.runs.lock import is_held
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from ae_core.training.train import train
from ae_core.workers.trainings import Training
from tests.unit.tiny import DENSE, assert_same_bits, spare_the_baselines
from tests.unit.waiting import wait_until

ROOT = Path(__file__).parents[3]
# A few seconds, so that it can be killed on the way; with all that must be the same again afterwards.
CONFIG = replace(DENSE, steps=2500, dropout=0.1, input_noise=0.2)
TRAINING = Training(CONFIG)

APP = """
import sys, time
from ae_core.config.config import Config
from ae_core.jobs.queue import Jobs
from ae_core.runs.store import RunStore
from ae_core.workers.trainings import Training

if __name__ == "__main__":
    jobs = Jobs(RunStore(sys.argv[1]))
    training = Training(Config.from_text(dict(pair.split("=") for pair in sys.argv[2:])))
    jobs.ask(training)
    while not (jobs.view(training).progress and jobs.view(training).progress.step > 20):
        time.sleep(0.02)
    print("in training", flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(CONFIG, store=RunStore(tmp_path_factory.mktemp("undisturbed")))


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    store = RunStore(tmp_path / "runs")
    spare_the_baselines(store)
    return store


@pytest.fixture
def jobs(store: RunStore) -> Iterator[Jobs]:
    jobs = Jobs(store)
    yield jobs
    jobs.close()


def latest(jobs: Jobs, training: Training = TRAINING) -> Progress | None:
    job = jobs.view(training)
    assert job, f"{training.noun} has ended: {jobs.error(training)}"
    progress: Progress | None = job.progress
    return progress


def wait_for_step(jobs: Jobs, training: Training = TRAINING, *, after: int) -> None:
    beyond = f"{training.noun} is beyond step {after}"
    wait_until(lambda: (seen := latest(jobs, training)) and seen.step > after, beyond)


def with_a_checkpoint(jobs: Jobs) -> int:
    """Train until it is under way and has a checkpoint to go back to; returns the checkpoint's step."""
    jobs.ask(TRAINING)
    wait_for_step(jobs, after=20)
    jobs.call_off(TRAINING, "pause")
    step = ended(jobs).status.step
    jobs.ask(TRAINING)
    wait_for_step(jobs, after=step)
    return step


def kill_worker(jobs: Jobs) -> None:
    (pid,) = jobs._client.run(os.getpid).values()
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not psutil.pid_exists(pid), "the worker is gone")


def ended(jobs: Jobs, training: Training = TRAINING) -> Run:
    wait_until(lambda: jobs.view(training) is None, f"{training.noun} has ended")
    return jobs.store.open(training.key)


def test_a_killed_worker_is_replaced_the_run_ends_with_the_same_bits_and_closing_leaves_the_next_to_be_taken_up(
    jobs: Jobs, undisturbed: Run
) -> None:
    step = with_a_checkpoint(jobs)
    kill_worker(jobs)
    last = latest(jobs)
    wait_until(lambda: latest(jobs) is not last, "the new worker reports")
    first = latest(jobs)
    assert first is not None
    assert first.step >= step
    run = ended(jobs)
    assert (run.status.state, jobs.error(TRAINING)) == ("finished", "")
    assert_same_bits(run, undisturbed)

    # On the same worker, which is warm by now.
    following = Training(replace(CONFIG, seed=1))
    jobs.ask(following)
    wait_for_step(jobs, following, after=0)
    jobs.close()
    folder = jobs.store.root / following.key
    wait_until(lambda: not is_held(folder), "its worker is gone")
    assert jobs.store.open(following.key).status.state == "training"


def test_a_killed_process_is_taken_up_by_the_next_and_ends_with_the_same_bits(
    store: RunStore, undisturbed: Run, tmp_path: Path
) -> None:
    script = tmp_path / "app.py"
    script.write_text(APP)
    command = [sys.executable, str(script), str(store.root), *(f"{k}={v}" for k, v in CONFIG.to_text().items())]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as app:
        assert app.stdout is not None
        assert app.stdout.readline() == "in training\n"
        children = psutil.Process(app.pid).children(recursive=True)
        app.kill()
    wait_until(lambda: not any(child.is_running() for child in children), "its workers have ended by themselves")
    assert store.open(CONFIG.key).status.state == "training"
    jobs = Jobs(store)
    assert jobs.resume_interrupted() == [TRAINING]
    assert_same_bits(ended(jobs), undisturbed)
    jobs.close()


def test_a_training_that_kills_its_workers_is_given_up_with_a_reason(store: RunStore) -> None:
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
        jobs = Jobs(store)
    jobs.ask(TRAINING)
    wait_for_step(jobs, after=0)
    kill_worker(jobs)
    run = ended(jobs)
    assert jobs.error(TRAINING).startswith(f"The worker died several times while it trained run {run.key}")
    assert (run.status.state, run.status.message) == ("failed", jobs.error(TRAINING))
    assert jobs.resume_interrupted() == []
    jobs.close()


def test_a_scheduler_that_was_away_can_be_used_again(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1.0)
    options = {"n_workers": 1, "threads_per_worker": 1, "processes": False, "protocol": "tcp", "host": "127.0.0.1"}
    short, other = (Training(replace(DENSE, steps=3, seed=seed)) for seed in (0, 1))
    with LocalCluster(**options) as scheduler:
        port = scheduler.scheduler.port
        jobs = Jobs(store, address=scheduler.scheduler_address)
        jobs.ask(short)
        assert ended(jobs, short).status.state == "finished"
    wait_until(lambda: jobs._client.status == "closed", "the connection is given up")
    with pytest.raises(JobError, match="Start the scheduler"):
        jobs.ask(other)
    with LocalCluster(scheduler_port=port, **options):
        jobs.ask(other)
        assert ended(jobs, other).status.state == "finished"
        jobs.close()
