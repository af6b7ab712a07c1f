"""Maps of runs as jobs, on a real cluster of one worker: made once, watched, cancelled, kept, placed upon, killed."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dask
import numpy as np
import psutil
import pytest

from ae_core.codecs.codec import encode_part, open_codec
from ae_core.config.config import Config
from ae_core.datasets.catalogue import dataset_for, load_dataset
from ae_core.errors import DataError, JobError, RunNotFoundError
from ae_core.jobs.queue import Jobs
from ae_core.latent.kept_map import kept_map
from ae_core.latent.projection import Projection, linear_projection
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from ae_core.workers.channel import carry_out
from ae_core.workers.maps import Map
from ae_core.workers.placements import Placement
from ae_core.workers.trainings import Training
from tests.unit.tiny import DENSE, spare_the_baselines
from tests.unit.waiting import wait_until

FEW = replace(DENSE, dataset="images-0123456789ab", classes=(), train_size=None)
"""120 images of its own to train with, and 600 held out, enough to be watched and to be killed in between."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, dense_run: Run) -> Path:
    """A runs folder for tests to copy: a run with the network of `dense_run`, and its images."""
    root, mnist = tmp_path_factory.mktemp("trained"), load_dataset("mnist").test_pixels
    (root / "datasets").mkdir()
    np.savez(root / "datasets" / f"{FEW.dataset}.npz", x_train=mnist[600:720], x_test=mnist[:600])
    run = RunStore(root).create(FEW)
    for half in ("encoder", "decoder"):
        shutil.copy(dense_run.path / f"{half}.tflite", run.path)
    run.write_status(dense_run.status)
    return root


@pytest.fixture
def store(trained: Path, tmp_path: Path) -> RunStore:
    return copied(trained, tmp_path / "runs")


def copied(trained: Path, root: Path) -> RunStore:
    shutil.copytree(trained, root)
    store = RunStore(root)
    spare_the_baselines(store)
    return store


@pytest.fixture(scope="module")
def shared(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jobs]:
    jobs = Jobs(copied(trained, tmp_path_factory.mktemp("shared") / "runs"))
    yield jobs
    jobs.close()


@pytest.fixture
def run(shared: Jobs) -> Iterator[Run]:
    """A run without maps."""
    run = shared.store.open(FEW.key)
    yield run
    for job in shared.active(Map):
        shared.call_off(job.work)
    wait_until(lambda: not shared.active(Map), "nothing is under way")
    shutil.rmtree(run.path / "maps", ignore_errors=True)


def made(jobs: Jobs, run: Run, method: str, part: str = "test") -> Projection:
    wanted = Map.of(run, method, part)
    jobs.ask(wanted)
    wait_until(lambda: jobs.view(wanted) is None, "the map is made")
    projection = kept_map(run, method, part)
    assert projection, jobs.error(wanted)
    return projection


def tsne(run: Run) -> Map:
    return Map.of(run, "tsne", "test")


def forming(jobs: Jobs, run: Run) -> np.ndarray:
    """Ask for the t-SNE map; its points as soon as there are any."""
    jobs.ask(tsne(run))

    def look():
        job = jobs.view(tsne(run))
        assert job, f"the map has ended: {jobs.error(tsne(run))}"
        return job if job.progress.points is not None else None

    return wait_until(look, "the map forms").progress.points


def kill_worker(jobs: Jobs) -> None:
    (pid,) = jobs._client.run(os.getpid).values()
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not psutil.pid_exists(pid), "the worker is gone")


def test_a_map_is_that_of_the_runs_codes_and_says_of_which_weights(shared, run):
    projection = made(shared, run, "pca")
    codes = open_codec(run).encode(load_dataset(FEW.dataset, folder=run.path.parent / "datasets").test_images)
    assert np.array_equal(projection.points, linear_projection(codes, "pca").points)
    assert 0.5 < projection.trustworthiness <= 1
    assert Projection.load(run.path / "maps" / "pca-test.npz").weights == projection.weights != ""
    assert not projection.points.flags.writeable


def test_all_images_are_the_held_out_ones_and_then_those_it_was_trained_with(shared, run):
    folder = run.path.parent / "datasets"
    data = dataset_for(run.config, folder=folder)
    codes = encode_part(run, "all", folder=folder)
    assert np.array_equal(codes[:600], encode_part(run, "test", folder=folder))
    assert codes[600:] == pytest.approx(open_codec(run).encode(data.train_images), abs=1e-5)
    assert made(shared, run, "pca", "all").points.shape == (720, 2)


def test_a_tsne_map_is_watched_as_it_forms_and_nothing_is_left_after(shared, run):
    assert forming(shared, run).shape == (600, 2)
    fractions = [0.0]

    def look():
        job = shared.view(tsne(run))
        fractions.append(job.progress.fraction if job else 1.0)
        return job is None

    wait_until(look, "the map is made")
    assert fractions == sorted(fractions)
    assert (kept_map(run, "tsne", "test") is not None, shared.error(tsne(run))) == (True, "")


def test_however_many_ask_there_is_one_job_a_map(shared, run):
    other = Jobs(shared.store, address=shared._cluster.scheduler_address)
    for jobs in (shared, shared, other):
        jobs.ask(tsne(run))
    for jobs in (shared, other):
        assert forming(jobs, run).shape == (600, 2)
    assert [str(key) for key in shared._cluster.scheduler.tasks if "tsne" in str(key)] == [tsne(run).name]
    for jobs in (shared, other):
        made(jobs, run, "tsne")
    other.close()


def test_a_map_that_is_there_is_not_made_again(shared, run):
    projection = made(shared, run, "pca")
    shared.ask(Map.of(run, "pca", "test"))
    assert shared.view(Map.of(run, "pca", "test")) is None
    assert kept_map(run, "pca", "test") is projection


def test_a_cancelled_map_ends_and_can_be_asked_for_again_at_once(shared, run):
    forming(shared, run)
    shared.call_off(tsne(run))
    assert shared.view(tsne(run)).state == "stopping"
    wait_until(lambda: shared.view(tsne(run)) is None, "it has stopped")
    assert (kept_map(run, "tsne", "test"), shared.error(tsne(run))) == (None, "")
    forming(shared, run)
    shared.call_off(tsne(run))
    made(shared, run, "tsne")


def test_a_map_of_earlier_weights_is_absent_and_made_anew(shared, run, conv_run):
    before = made(shared, run, "pca")
    kept = {path: path.read_bytes() for path in run.path.glob("*.tflite")}
    for half in ("encoder", "decoder"):
        shutil.copy(conv_run.path / f"{half}.tflite", run.path)
    assert kept_map(run, "pca", "test") is None
    after = made(shared, run, "pca")
    assert not np.array_equal(after.points, before.points)
    for path, content in kept.items():
        path.write_bytes(content)
    assert kept_map(run, "pca", "test") is None


@pytest.mark.parametrize("asked", ["map", "placement"])
def test_a_worker_that_finds_other_weights_than_it_was_asked_about_leaves_it(shared, run, asked):
    earlier = replace(tsne(run), weights="0123456789ab")
    if asked == "placement":
        made(shared, run, "tsne")
        earlier = replace(Placement.of(run, "tsne", "test", np.zeros((1, FEW.latent_dim))), on=earlier)
    error = shared._client.submit(carry_out, earlier, shared.store.root, pure=False).exception(timeout=60)
    assert isinstance(error, DataError)
    assert "has been trained on meanwhile" in str(error)
    assert (run.path / "maps").exists() == (asked == "placement")


def test_a_damaged_map_is_absent_and_made_anew(shared, run):
    made(shared, run, "pca")
    (run.path / "maps" / "pca-test.npz").write_bytes(b"PK\x03\x04 and no more")
    assert kept_map(run, "pca", "test") is None
    made(shared, run, "pca")


@pytest.mark.parametrize("change", [{"points": np.zeros((599, 2), np.float32)}, {"method": "umap"}])
def test_a_file_that_does_not_fit_the_run_is_absent(shared, run, change):
    projection = made(shared, run, "tsne" if "method" in change else "pca")
    name = "tsne" if "method" in change else "pca"
    replace(projection, **change).save(run.path / "maps" / f"{name}-test.npz")
    assert kept_map(run, name, "test") is None


def test_a_map_need_not_wait_for_the_end_of_a_training(shared, run):
    training = Training(replace(FEW, steps=200_000))
    shared.ask(training)
    wait_until(lambda: (job := shared.view(training)) and job.progress, "it is in training")
    made(shared, run, "pca")
    assert shared.view(training) is not None
    shared.call_off(training, "pause")
    wait_until(lambda: shared.view(training) is None, "it is paused")


def test_a_code_is_placed_on_a_map_of_neighbours_by_a_worker_near_its_own_point(shared, run):
    projection = made(shared, run, "tsne")
    codes = encode_part(run, "test", folder=run.path.parent / "datasets")[:20]
    placement = Placement.of(run, "tsne", "test", codes)
    assert shared.answer(placement) is None
    wait_until(lambda: shared.view(placement) is None, "it is placed")
    places = shared.answer(placement)
    distances = np.linalg.norm(places - projection.points[:20], axis=1)
    assert np.median(distances) < 0.1 * projection.points.std()


def test_on_a_map_that_was_made_again_a_code_has_another_place(shared, run):
    projection = made(shared, run, "tsne")
    codes = encode_part(run, "test", folder=run.path.parent / "datasets")[:1]

    def place():
        wait_until(lambda: shared.answer(Placement.of(run, "tsne", "test", codes)) is not None, "it is placed")
        return shared.answer(Placement.of(run, "tsne", "test", codes))

    before = place()
    replace(projection, points=projection.points + 1000).save(run.path / "maps" / "tsne-test.npz")
    assert np.abs(place() - before).min() > 500


def test_a_placement_without_a_map_fails_in_plain_words_and_can_be_asked_for_again(shared, run):
    placement = Placement.of(run, "tsne", "test", np.zeros((1, FEW.latent_dim)))
    assert shared.answer(placement) is None
    wait_until(lambda: shared.view(placement) is None, "it has failed")
    with pytest.raises(JobError, match=r"tsne-test\.npz cannot be read"):
        shared.answer(placement)
    assert shared.answer(placement) is None
    wait_until(lambda: shared.view(placement) is None, "it has failed again")


def test_codes_that_do_not_fit_the_run_are_refused(shared, run):
    for wrong in (np.zeros((1, FEW.latent_dim + 1)), np.full((1, FEW.latent_dim), np.nan)):
        with pytest.raises(DataError, match="Codes must"):
            Placement.of(run, "tsne", "test", wrong)


def test_what_goes_wrong_on_a_worker_is_told_in_its_own_words_until_the_next_try(shared, run):
    (run.path / "status.json").rename(run.path / "away.json")
    wanted = Map.of(run, "pca", "test")
    shared.ask(wanted)
    message = wait_until(lambda: shared.error(wanted), "it has failed")
    assert message == f"Run {run.key} is damaged: status.json cannot be read. Delete the run, then train it again."
    (run.path / "away.json").rename(run.path / "status.json")
    made(shared, run, "pca")
    assert shared.error(wanted) == ""


def test_a_run_without_an_encoder_has_no_maps(shared):
    run = shared.store.create(Config(steps=5))
    for look in (kept_map, Map.of):
        with pytest.raises(RunNotFoundError, match=f"Train run {run.key} first"):
            look(run, "pca", "test")
    shared.store.delete(run.key)


def test_a_killed_worker_is_replaced_and_the_map_is_made(store):
    jobs = Jobs(store)
    run = store.open(FEW.key)
    forming(jobs, run)
    kill_worker(jobs)
    assert kept_map(run, "tsne", "test") is None
    made(jobs, run, "tsne")
    jobs.close()


def test_a_map_that_kills_its_workers_is_given_up_with_a_reason(store):
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
        jobs = Jobs(store)
    run = store.open(FEW.key)
    forming(jobs, run)
    kill_worker(jobs)
    message = wait_until(lambda: jobs.error(tsne(run)), "it is given up")
    assert message.startswith(f"The worker died several times while it made the map of run {run.key}")
    assert jobs.view(tsne(run)) is None
    jobs.close()
