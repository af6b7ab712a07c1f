"""Trainings as jobs, on a real cluster of one worker: shared, queued, paused, gone on with, failed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from distributed import Worker

from ae_core.codecs.codec import open_codec
from ae_core.codecs.pca import PcaBasis, baseline_path
from ae_core.config.config import Config
from ae_core.errors import ConfigError, JobError
from ae_core.jobs import cluster, turns
from ae_core.jobs.books import Job
from ae_core.jobs.queue import Jobs
from ae_core.runs.lock import hold
from ae_core.runs.run import Run, Status
from ae_core.runs.store import RunStore
from ae_core.runs.sweep import Sweep
from ae_core.runs.sweep_store import SweepStore
from ae_core.workers.trainings import Training
from tests.small import trained
from tests.unit.tiny import DENSE, assert_same_bits, spare_the_baselines
from tests.unit.waiting import wait_until

# Long enough to be looked at; every test that starts one also ends it.
LONG = replace(DENSE, steps=200_000)
SHORT = replace(DENSE, steps=3)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> RunStore:
    store = RunStore(tmp_path_factory.mktemp("runs"))
    spare_the_baselines(store)
    return store


@pytest.fixture(scope="module")
def jobs(store: RunStore) -> Iterator[Jobs]:
    jobs = Jobs(store)
    jobs.wait_until_warm(timeout=120)
    yield jobs
    jobs.close()


@pytest.fixture(autouse=True)
def nothing_left_running(jobs: Jobs) -> Iterator[None]:
    yield
    for job in jobs.active(Training):
        jobs.call_off(job.work, "pause")
    wait_until(lambda: not jobs.active(Training), "all jobs have ended")


def ask(jobs: Jobs, config: Config, *, owner: str = "") -> Training:
    """Ask for the training of `config`."""
    training = Training(config)
    jobs.ask(training, owner=owner)
    return training


def finished(jobs: Jobs, training: Training) -> Run:
    wait_until(lambda: jobs.view(training) is None, f"{training.noun} has ended")
    return jobs.store.open(training.key)


def in_training(jobs: Jobs, training: Training, *, after: int = 0) -> Job[Training]:
    """The job as soon as it has got beyond the step `after`."""

    def look() -> Job[Training] | None:
        job = jobs.view(training)
        assert job, f"{training.noun} has ended: {jobs.error(training)}"
        return job if job.progress and job.progress.step > after else None

    return wait_until(look, f"{training.noun} is under way")


def test_a_worker_trains_the_same_bits_as_this_process(jobs: Jobs, dense_run: Run) -> None:
    training = ask(jobs, DENSE)
    run = finished(jobs, training)
    assert run.status.state == "finished"
    assert_same_bits(run, dense_run)
    assert jobs.error(training) == ""


def test_an_idle_worker_is_left_alone(jobs: Jobs) -> None:
    def often(dask_worker: Worker) -> list[str]:
        callbacks = dask_worker.periodic_callbacks
        return [name for name, callback in callbacks.items() if callback.callback_time < 500]

    (looks,) = jobs._client.run(often).values()
    assert looks == []


def test_two_who_ask_for_the_same_training_share_it(jobs: Jobs) -> None:
    config = replace(LONG, seed=1)
    asked = {ask(jobs, config, owner="ada"), ask(jobs, replace(config, momentum=0.1), owner="bob")}
    assert asked == {Training(config)}
    assert [job.owners for job in jobs.active(Training)] == [frozenset({"ada", "bob"})]


def test_progress_arrives_while_it_trains_and_nothing_is_left_after(jobs: Jobs) -> None:
    training = ask(jobs, replace(LONG, seed=2))
    first = in_training(jobs, training)
    later = in_training(jobs, training, after=first.progress.step if first.progress else 0)
    assert (later.state, later.place, later.wait_seconds) == ("working", 0, 0)
    assert later.progress is not None
    assert later.progress.history.step[:3] == [1, 2, 3]
    assert later.progress.reconstructions.shape == later.progress.training_reconstructions.shape == (16, 28, 28)
    jobs.call_off(training, "stop")
    run = finished(jobs, training)
    assert (run.status.state, open_codec(run).latent_dim) == ("stopped", LONG.latent_dim)
    assert jobs.active(Training) == []


def test_stopping_wins_over_pausing(jobs: Jobs) -> None:
    training = ask(jobs, replace(LONG, seed=4))
    jobs.call_off(training, "pause")
    jobs.call_off(training, "stop")
    assert jobs.active(Training)[0].state == "stopping"
    assert finished(jobs, training).status.state == "stopped"


def test_all_are_looked_inside_soon_and_a_short_one_ends_before_the_long_ones_that_came_first(jobs: Jobs) -> None:
    long = [ask(jobs, replace(LONG, seed=seed), owner=f"student {seed}") for seed in (6, 7)]
    in_training(jobs, long[0])
    heavy, short = ask(jobs, Config(steps=10_000, seed=5), owner="ada"), ask(jobs, SHORT, owner="bob")
    assert finished(jobs, short).status.state == "finished"
    for training in (*long, heavy):
        in_training(jobs, training)
    views = jobs.active(Training)
    assert [job.work for job in views] == [*long, heavy]
    assert sorted(job.place for job in views) == [0, 1, 2]
    assert sorted(job.state for job in views if job.place) == ["queued"] * 2
    waits = {job.place: job.wait_seconds for job in views}
    assert 0 == waits[0] < waits[1] < waits[2]


def test_trainings_that_gave_way_to_each_other_end_with_the_bits_of_an_undisturbed_one(
    jobs: Jobs, store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "WORTH_SECONDS", 0.0)
    monkeypatch.setattr(turns, "TURN_SECONDS", 0.0)
    jobs_of_two = [ask(jobs, replace(DENSE, steps=8000, seed=seed), owner=str(seed)) for seed in (15, 16)]
    states = set()

    def ended() -> bool:
        states.update((job.work, job.state) for job in jobs.active(Training) if job.progress and job.progress.step)
        return not jobs.active(Training)

    wait_until(ended, "both have ended")
    assert (jobs_of_two[0], "queued") in states
    for training in jobs_of_two:
        run = store.open(training.key)
        assert (run.status.state, run.status.step) == ("finished", 8000)
        assert_same_bits(run, trained(RunStore(tmp_path), **training.config.to_text()))


def test_a_queued_training_that_is_paused_takes_no_step_and_no_worker(jobs: Jobs) -> None:
    heavy = replace(LONG, steps=3, encoder_widths=(2000,))
    running, queued = ask(jobs, heavy), ask(jobs, replace(LONG, seed=9))
    jobs.call_off(queued, "pause")
    assert jobs.view(queued) is None
    assert jobs.view(running)
    status = jobs.store.open(queued.key).status
    assert (status.state, status.step) == ("paused", 0)


@pytest.mark.parametrize("again", [False, True], ids=["deleted", "and asked for again"])
def test_what_is_deleted_while_it_waits_is_not_trained(jobs: Jobs, store: RunStore, again: bool) -> None:
    running = ask(jobs, replace(LONG, seed=70), owner="ada")
    in_training(jobs, running)
    waiting = ask(jobs, replace(SHORT, seed=71 + again), owner="ada")
    store.delete(waiting.key)
    if again:
        jobs.ask(waiting, owner="bob")
    jobs.call_off(running, "pause")
    wait_until(lambda: not jobs.active(Training), "all have ended")
    found = store.find(waiting.config)
    assert found.status.state == "finished" if again and found else found is None


def test_what_was_deleted_while_it_waits_can_be_paused_and_is_gone(jobs: Jobs, store: RunStore) -> None:
    running, waiting = (ask(jobs, replace(LONG, seed=seed), owner="ada") for seed in (73, 74))
    store.delete(waiting.key)
    jobs.call_off(waiting, "pause")
    assert jobs.view(waiting) is None
    assert jobs.view(running)
    assert store.find(waiting.config) is None


def test_one_that_gave_way_is_paused_where_it_was(jobs: Jobs) -> None:
    first = ask(jobs, replace(LONG, seed=17), owner="ada")
    in_training(jobs, first)
    second = ask(jobs, replace(LONG, seed=18), owner="bob")
    job = wait_until(lambda: (job := jobs.view(first)) and job.state == "queued" and job, "it gives way")
    in_training(jobs, second)
    jobs.call_off(first, "pause")
    status = finished(jobs, first).status
    assert (status.state, status.step) == ("paused", job.progress.step if job.progress else None)
    assert jobs.view(second)


def test_a_paused_training_goes_on_where_it_was(jobs: Jobs) -> None:
    config = replace(LONG, seed=10)
    training = ask(jobs, config)
    in_training(jobs, training, after=20)
    jobs.call_off(training, "pause")
    paused = finished(jobs, training).status
    assert (paused.state, paused.step > 20) == ("paused", True)
    ask(jobs, config)
    job = wait_until(lambda: (job := jobs.view(training)) and job.progress and job, "the first report")
    assert job.progress.step >= paused.step


def test_asking_for_a_training_while_it_pauses_makes_it_go_on(jobs: Jobs) -> None:
    config = replace(LONG, seed=11)
    training = ask(jobs, config, owner="ada")
    step = in_training(jobs, training, after=20).progress.step  # type: ignore[union-attr]
    jobs.call_off(training, "pause")
    ask(jobs, config, owner="bob")
    wait_until(lambda: jobs.view(training).state == "working", "it trains again")  # type: ignore[union-attr]
    assert in_training(jobs, training, after=step).owners == {"ada", "bob"}


def test_a_pause_asked_for_last_is_the_one_that_counts(jobs: Jobs) -> None:
    config = replace(LONG, seed=12)
    training = ask(jobs, config)
    in_training(jobs, training)
    jobs.call_off(training, "pause")
    ask(jobs, config)
    jobs.call_off(training, "pause")
    assert finished(jobs, training).status.state == "paused"


def test_many_who_look_while_others_ask_never_hang(jobs: Jobs) -> None:
    training, done = ask(jobs, replace(LONG, seed=13)), threading.Event()

    def look() -> None:
        while not done.is_set():
            jobs.active(Training)
            jobs.view(training)
            time.sleep(0.001)

    lookers = [threading.Thread(target=look) for _ in range(4)]
    for looker in lookers:
        looker.start()
    in_training(jobs, training, after=100)
    other = ask(jobs, replace(SHORT, seed=14))
    jobs.call_off(training, "pause")
    states = [finished(jobs, one).status.state for one in (training, other)]
    done.set()
    for looker in lookers:
        looker.join()
    assert states == ["paused", "finished"]


def test_a_finished_run_is_not_trained_again(jobs: Jobs, store: RunStore) -> None:
    before = finished(jobs, ask(jobs, DENSE)).status
    training = ask(jobs, DENSE)
    assert jobs.view(training) is None
    assert store.open(training.key).status == before


def test_a_config_that_does_not_fit_the_data_is_refused_at_once(jobs: Jobs, store: RunStore) -> None:
    config = replace(DENSE, train_size=1_000_000)
    with pytest.raises(ConfigError) as caught:
        ask(jobs, config)
    assert caught.value.field == "train_size"
    assert store.find(config) is None


def test_an_error_on_a_worker_is_told_in_its_own_words_until_the_next_try(jobs: Jobs) -> None:
    config = replace(SHORT, continues="0123456789ab")
    training = ask(jobs, config)
    run = finished(jobs, training)
    message = jobs.error(training)
    assert message.startswith("continues must be the key of a finished run on this server. Received: 0123456789ab.")
    assert (run.status.state, run.status.message) == ("failed", message)
    ask(jobs, config)
    assert jobs.error(training) == ""
    finished(jobs, training)
    assert jobs.error(training) == message


def test_a_run_that_another_process_trains_is_only_watched(jobs: Jobs, store: RunStore) -> None:
    config = replace(SHORT, seed=22)
    with hold(store.create(config).path):
        training = ask(jobs, config)
        assert jobs.view(training) is None
        assert store.open(training.key).status.state == "queued"
    store.delete(training.key)


def test_what_was_interrupted_is_taken_up_again_in_its_order(jobs: Jobs, store: RunStore) -> None:
    def left(seed: int, status: Status) -> Training:
        training = Training(replace(SHORT, seed=seed))
        store.create(training.config).write_status(status)
        return training

    early, late = left(30, Status("training", step=2, created=2.0)), left(31, Status("queued", created=3.0))
    left(32, Status("paused", created=1.0)), left(33, Status("failed", created=1.0))
    elsewhere = left(34, Status("training", created=1.0))
    with hold(store.root / elsewhere.key):
        assert set(jobs.resume_interrupted()) == {early, late}
        assert [job.work for job in jobs.active(Training)] == [early, late]
        assert jobs.resume_interrupted() == []
    assert {finished(jobs, one).status.state for one in (early, late)} == {"finished"}
    store.delete(elsewhere.key)


def test_a_run_of_an_older_version_is_not_taken_up(jobs: Jobs, store: RunStore) -> None:
    run = store.create(replace(SHORT, seed=35))
    run.path.rename(store.root / "0123456789ab")
    assert jobs.resume_interrupted() == []
    store.delete("0123456789ab")


def test_every_value_of_a_sweep_is_a_job_and_one_that_was_trained_costs_nothing(jobs: Jobs, store: RunStore) -> None:
    sweep = Sweep.read(replace(SHORT, seed=36), "latent_dim", ["1", "2"])
    finished(jobs, ask(jobs, sweep.configs[0]))
    running = ask(jobs, replace(LONG, seed=37))
    in_training(jobs, running)
    asked = [ask(jobs, config) for config in sweep.configs]
    assert [job.work for job in jobs.active(Training)] == [running, asked[1]]
    jobs.call_off(running, "pause")
    assert [finished(jobs, one).status.state for one in asked] == ["finished"] * 2
    assert [store.open(one.key).config.latent_dim for one in asked] == [1, 2]


def test_a_sweep_goes_on_after_its_app_was_killed(jobs: Jobs, store: RunStore) -> None:
    sweep = Sweep.read(replace(SHORT, seed=38), "learning_rate", ["0.001", "0.01"])
    SweepStore(store.root).save(sweep)
    # As the process leaves them that ends while the first is in training.
    for created, config in enumerate(sweep.configs, start=1):
        store.create(config).write_status(Status("training" if created == 1 else "queued", created=float(created)))
    (kept,) = SweepStore(store.root).listed()
    assert kept.sweep is not None
    jobs.resume_interrupted()
    assert [job.work.config for job in jobs.active(Training)] == list(kept.sweep.configs)
    assert {finished(jobs, Training(config)).status.state for config in kept.sweep.configs} == {"finished"}


def test_the_estimate_grows_with_the_work_that_is_left(jobs: Jobs) -> None:
    one, long = Training(Config(steps=10_000)), Training(Config(steps=100_000))
    assert jobs.estimate([]) == 0
    assert jobs.estimate([one, one]) == pytest.approx(2 * jobs.estimate([one]))
    assert jobs.estimate([long]) > 5 * jobs.estimate([one])


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "127.0.0.1:1", "somewhere", "tcp://x:y", "ftp://127.0.0.1:1"])
def test_a_scheduler_that_is_not_there_is_told_in_plain_words(
    store: RunStore, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", address)
    with pytest.raises(JobError, match=f"Received: {address}. Start the scheduler, or unset the variable"):
        Jobs(store)


def test_the_pca_of_the_same_images_is_fitted_beside_a_training(jobs: Jobs, store: RunStore) -> None:
    config = replace(LONG, seed=50, train_size=100)
    training = ask(jobs, config)
    path = wait_until(lambda: (path := baseline_path(store, config)).exists() and path, "the PCA is fitted")
    assert PcaBasis.load(path).components.any(axis=1).sum() == 99
    assert jobs.view(training) is not None


def test_requests_and_looks_at_unknown_runs_are_harmless(jobs: Jobs) -> None:
    unknown = Training(replace(SHORT, seed=60))
    jobs.call_off(unknown, "pause")
    assert jobs.view(unknown) is None
    assert jobs.error(unknown) == ""
