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

from ae_core.config.config import Config
from ae_core.errors import JobError
from ae_core.jobs import cluster
from ae_core.jobs.queue import Jobs
from ae_core.runs.history import Progress
from ae_core.runs.lock import is_held
from ae_core.runs.store import Run, RunStore
from ae_core.training.train import train
from tests.unit.tiny import DENSE, assert_same_bits, spare_the_baselines
from tests.unit.waiting import wait_until

ROOT = Path(__file__).parents[3]
# A few seconds, so that it can be killed on the way; with all that must be the same again afterwards.
CONFIG = replace(DENSE, steps=2500, dropout=0.1, input_noise=0.2)

APP = """
import sys, time
from ae_core.config.config import Config
from ae_core.jobs.queue import Jobs
from ae_core.runs.store import RunStore

if __name__ == "__main__":
    jobs = Jobs(RunStore(sys.argv[1]))
    key = jobs.submit(Config.from_text(dict(pair.split("=") for pair in sys.argv[2:])))
    while not (jobs.view(key).progress and jobs.view(key).progress.step > 20):
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


def latest(jobs: Jobs, key: str) -> Progress | None:
    job = jobs.view(key)
    assert job, f"run {key} has ended: {jobs.error(key)}"
    return job.progress


def wait_for_step(jobs: Jobs, key: str, *, after: int) -> None:
    wait_until(lambda: (seen := latest(jobs, key)) and seen.step > after, f"run {key} is beyond step {after}")


def with_a_checkpoint(jobs: Jobs, config: Config) -> int:
    """Train `config` until it is under way and has a checkpoint to go back to; returns the checkpoint's step."""
    key = jobs.submit(config)
    wait_for_step(jobs, key, after=20)
    jobs.request(key, "pause")
    wait_until(lambda: jobs.view(key) is None, "it is paused")
    step = jobs.store.open(key).status.step
    jobs.submit(config)
    wait_for_step(jobs, key, after=step)
    return step


def kill_worker(jobs: Jobs) -> None:
    (pid,) = jobs._client.run(os.getpid).values()
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not psutil.pid_exists(pid), "the worker is gone")


def ended(jobs: Jobs, key: str) -> Run:
    wait_until(lambda: jobs.view(key) is None, f"run {key} has ended")
    return jobs.store.open(key)


def test_a_killed_worker_is_replaced_and_the_run_ends_with_the_same_bits(jobs: Jobs, undisturbed: Run) -> None:
    step = with_a_checkpoint(jobs, CONFIG)
    kill_worker(jobs)
    last = latest(jobs, CONFIG.key)
    wait_until(lambda: latest(jobs, CONFIG.key) is not last, "the new worker reports")
    first = latest(jobs, CONFIG.key)
    assert first is not None
    assert first.step >= step
    run = ended(jobs, CONFIG.key)
    assert (run.status.state, jobs.error(run.key)) == ("finished", "")
    assert_same_bits(run, undisturbed)


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
    assert jobs.resume_interrupted() == [CONFIG.key]
    assert_same_bits(ended(jobs, CONFIG.key), undisturbed)
    jobs.close()


def test_a_training_that_kills_its_workers_is_given_up_with_a_reason(store: RunStore) -> None:
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
        jobs = Jobs(store)
    key = jobs.submit(CONFIG)
    wait_for_step(jobs, key, after=0)
    kill_worker(jobs)
    run = ended(jobs, key)
    assert jobs.error(key).startswith(f"The worker died several times while it trained run {key}")
    assert (run.status.state, run.status.message) == ("failed", jobs.error(key))
    assert jobs.resume_interrupted() == []
    jobs.close()


def test_closing_in_the_middle_of_a_training_leaves_it_to_be_taken_up(store: RunStore) -> None:
    jobs = Jobs(store)
    key = jobs.submit(CONFIG)
    wait_for_step(jobs, key, after=0)
    jobs.close()
    wait_until(lambda: not is_held(store.root / key), "its worker is gone")
    assert store.open(key).status.state == "training"


def test_a_scheduler_that_was_away_can_be_used_again(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1.0)
    options = {"n_workers": 1, "threads_per_worker": 1, "processes": False, "protocol": "tcp", "host": "127.0.0.1"}
    short = replace(DENSE, steps=3)
    with LocalCluster(**options) as scheduler:
        port = scheduler.scheduler.port
        jobs = Jobs(store, address=scheduler.scheduler_address)
        assert ended(jobs, jobs.submit(short)).status.state == "finished"
    wait_until(lambda: jobs._client.status == "closed", "the connection is given up")
    with pytest.raises(JobError, match="Start the scheduler"):
        jobs.submit(replace(short, seed=1))
    with LocalCluster(scheduler_port=port, **options):
        assert ended(jobs, jobs.submit(replace(short, seed=1))).status.state == "finished"
        jobs.close()
