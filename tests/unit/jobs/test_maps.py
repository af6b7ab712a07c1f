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

from ae_core.codecs.codec import encode_part, open_codec, weights_of
from ae_core.config.config import Config
from ae_core.datasets.dataset import dataset_for, load_dataset
from ae_core.errors import DataError, RunNotFoundError
from ae_core.jobs.maps import Maps
from ae_core.jobs.queue import Jobs
from ae_core.latent.projection import Projection, linear_projection
from ae_core.runs.store import Run, RunStore
from ae_core.workers.maps import MapName, make_map, place_codes
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


@pytest.fixture(scope="module", autouse=True)
def cold_workers() -> Iterator[None]:
    """Maps do without TensorFlow, which workers would import as they start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ae_core.jobs.queue.warm_up", os.getpid)
        yield


@pytest.fixture(scope="module")
def shared(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jobs]:
    jobs = Jobs(copied(trained, tmp_path_factory.mktemp("shared") / "runs"))
    yield jobs
    jobs.close()


@pytest.fixture
def maps(shared: Jobs) -> Maps:
    return shared.maps


@pytest.fixture
def run(shared: Jobs) -> Iterator[Run]:
    """A run without maps."""
    run = shared.store.open(FEW.key)
    yield run
    for method in ("pca", "tsne"):
        shared.maps.cancel(run, method, "test")
        wait_until(lambda method=method: shared.maps.view(run, method, "test") is None, "nothing is under way")
    shutil.rmtree(run.path / "maps", ignore_errors=True)


def made(maps: Maps, run: Run, method: str, part: str = "test") -> Projection:
    maps.request(run, method, part)
    wait_until(lambda: maps.view(run, method, part) is None, "the map is made")
    projection = maps.ready(run, method, part)
    assert projection, maps.error(run, method, part)
    return projection


def name_of(run: Run) -> MapName:
    return MapName(run.key, weights_of(run), "tsne", "test")


def forming(maps: Maps, run: Run) -> np.ndarray:
    """Ask for the t-SNE map; its points as soon as there are any."""
    maps.request(run, "tsne", "test")

    def look():
        job = maps.view(run, "tsne", "test")
        assert job, f"the map has ended: {maps.error(run, 'tsne', 'test')}"
        return job if job.points is not None else None

    return wait_until(look, "the map forms").points


def kill_worker(jobs: Jobs) -> None:
    (pid,) = jobs._client.run(os.getpid).values()
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not psutil.pid_exists(pid), "the worker is gone")


def test_a_map_is_that_of_the_runs_codes_and_says_of_which_weights(maps, run):
    projection = made(maps, run, "pca")
    codes = open_codec(run).encode(load_dataset(FEW.dataset, folder=run.path.parent / "datasets").test_images)
    assert np.array_equal(projection.points, linear_projection(codes, "pca").points)
    assert 0.5 < projection.trustworthiness <= 1
    assert Projection.load(run.path / "maps" / "pca-test.npz").weights == projection.weights != ""
    assert not projection.points.flags.writeable


def test_all_images_are_the_held_out_ones_and_then_those_it_was_trained_with(maps, run):
    folder = run.path.parent / "datasets"
    data = dataset_for(run.config, folder=folder)
    codes = encode_part(run, "all", folder=folder)
    assert np.array_equal(codes[:600], encode_part(run, "test", folder=folder))
    assert codes[600:] == pytest.approx(open_codec(run).encode(data.train_images), abs=1e-5)
    assert made(maps, run, "pca", "all").points.shape == (720, 2)


def test_a_tsne_map_is_watched_as_it_forms_and_nothing_is_left_after(maps, run):
    assert forming(maps, run).shape == (600, 2)
    fractions = [0.0]

    def look():
        job = maps.view(run, "tsne", "test")
        fractions.append(job.fraction if job else 1.0)
        return job is None

    wait_until(look, "the map is made")
    assert fractions == sorted(fractions)
    assert (maps.ready(run, "tsne", "test") is not None, maps.error(run, "tsne", "test")) == (True, "")


def test_however_many_ask_there_is_one_job_a_map(shared, run):
    other = Jobs(shared.store, address=shared._cluster.scheduler_address)
    for jobs in (shared, shared, other):
        jobs.maps.request(run, "tsne", "test")
    for jobs in (shared, other):
        assert forming(jobs.maps, run).shape == (600, 2)
    assert [str(key) for key in shared._cluster.scheduler.tasks if "tsne" in str(key)] == [str(name_of(run))]
    for jobs in (shared, other):
        made(jobs.maps, run, "tsne")
    other.close()


def test_a_map_that_is_there_is_not_made_again(maps, run):
    projection = made(maps, run, "pca")
    maps.request(run, "pca", "test")
    assert maps.view(run, "pca", "test") is None
    assert maps.ready(run, "pca", "test") is projection


def test_a_cancelled_map_ends_and_can_be_asked_for_again_at_once(maps, run):
    forming(maps, run)
    maps.cancel(run, "tsne", "test")
    assert maps.view(run, "tsne", "test").stopping
    wait_until(lambda: maps.view(run, "tsne", "test") is None, "it has stopped")
    assert (maps.ready(run, "tsne", "test"), maps.error(run, "tsne", "test")) == (None, "")
    forming(maps, run)
    maps.cancel(run, "tsne", "test")
    made(maps, run, "tsne")


def test_a_map_of_earlier_weights_is_absent_and_made_anew(maps, run, conv_run):
    before = made(maps, run, "pca")
    kept = {path: path.read_bytes() for path in run.path.glob("*.tflite")}
    for half in ("encoder", "decoder"):
        shutil.copy(conv_run.path / f"{half}.tflite", run.path)
    assert maps.ready(run, "pca", "test") is None
    after = made(maps, run, "pca")
    assert not np.array_equal(after.points, before.points)
    for path, content in kept.items():
        path.write_bytes(content)
    assert maps.ready(run, "pca", "test") is None


@pytest.mark.parametrize("task", [make_map, place_codes])
def test_a_worker_that_finds_other_weights_than_it_was_asked_about_leaves_it(shared, run, task):
    earlier = replace(name_of(run), weights="0123456789ab")
    codes = [np.zeros((1, FEW.latent_dim), np.float32)] if task is place_codes else []
    error = shared._client.submit(task, earlier, shared.store.root, *codes).exception(timeout=60)
    assert isinstance(error, DataError)
    assert "has been trained on meanwhile" in str(error)
    assert not (run.path / "maps").exists()


def test_a_damaged_map_is_absent_and_made_anew(maps, run):
    made(maps, run, "pca")
    (run.path / "maps" / "pca-test.npz").write_bytes(b"PK\x03\x04 and no more")
    assert maps.ready(run, "pca", "test") is None
    made(maps, run, "pca")


@pytest.mark.parametrize("change", [{"points": np.zeros((599, 2), np.float32)}, {"method": "umap"}])
def test_a_file_that_does_not_fit_the_run_is_absent(maps, run, change):
    projection = made(maps, run, "tsne" if "method" in change else "pca")
    name = "tsne" if "method" in change else "pca"
    replace(projection, **change).save(run.path / "maps" / f"{name}-test.npz")
    assert maps.ready(run, name, "test") is None


def test_a_map_need_not_wait_for_the_end_of_a_training(shared, run):
    key = shared.submit(replace(FEW, steps=200_000))
    wait_until(lambda: (job := shared.view(key)) and job.progress, "it is in training")
    made(shared.maps, run, "pca")
    assert shared.view(key) is not None
    shared.request(key, "pause")
    wait_until(lambda: shared.view(key) is None, "it is paused")


def test_a_code_is_placed_on_a_linear_map_at_once(maps, run):
    code = np.ones((1, FEW.latent_dim))
    assert maps.place(run, "pca", "test", code) is None
    projection = made(maps, run, "pca")
    assert np.array_equal(maps.place(run, "pca", "test", code), projection.of_codes(code))


def test_a_code_is_placed_on_a_map_of_neighbours_by_a_worker_near_its_own_point(maps, run):
    projection = made(maps, run, "tsne")
    codes = encode_part(run, "test", folder=run.path.parent / "datasets")[:20]
    assert maps.place(run, "tsne", "test", codes) is None
    wait_until(lambda: maps.place(run, "tsne", "test", codes) is not None, "it is placed")
    places = maps.place(run, "tsne", "test", codes)
    distances = np.linalg.norm(places - projection.points[:20], axis=1)
    assert np.median(distances) < 0.1 * projection.points.std()


def test_on_a_map_that_was_made_again_a_code_has_another_place(maps, run):
    projection = made(maps, run, "tsne")
    path = run.path / "maps" / "tsne-test.npz"
    codes = encode_part(run, "test", folder=run.path.parent / "datasets")[:1]
    wait_until(lambda: maps.place(run, "tsne", "test", codes) is not None, "it is placed")
    before = maps.place(run, "tsne", "test", codes)
    replace(projection, points=projection.points + 1000).save(path)
    wait_until(lambda: maps.place(run, "tsne", "test", codes) is not None, "it is placed again")
    assert np.abs(maps.place(run, "tsne", "test", codes) - before).min() > 500


def test_codes_that_do_not_fit_the_run_are_refused(maps, run):
    made(maps, run, "pca")
    for wrong in (np.zeros((1, FEW.latent_dim + 1)), np.full((1, FEW.latent_dim), np.nan)):
        with pytest.raises(DataError, match="Codes must"):
            maps.place(run, "pca", "test", wrong)


def test_what_goes_wrong_on_a_worker_is_told_in_its_own_words_until_the_next_try(maps, run):
    (run.path / "status.json").rename(run.path / "away.json")
    maps.request(run, "pca", "test")
    message = wait_until(lambda: maps.error(run, "pca", "test"), "it has failed")
    assert message == f"Run {run.key} is damaged: status.json cannot be read. Delete the run, then train it again."
    (run.path / "away.json").rename(run.path / "status.json")
    made(maps, run, "pca")
    assert maps.error(run, "pca", "test") == ""


def test_a_run_without_an_encoder_has_no_maps(maps, shared):
    run = shared.store.create(Config(steps=5))
    for look in (maps.ready, maps.request, maps.view, maps.error, maps.cancel):
        with pytest.raises(RunNotFoundError, match=f"Train run {run.key} first"):
            look(run, "pca", "test")
    shared.store.delete(run.key)


def test_a_killed_worker_is_replaced_and_the_map_is_made(store):
    jobs = Jobs(store)
    run = store.open(FEW.key)
    forming(jobs.maps, run)
    kill_worker(jobs)
    assert jobs.maps.ready(run, "tsne", "test") is None
    made(jobs.maps, run, "tsne")
    jobs.close()


def test_a_map_that_kills_its_workers_is_given_up_with_a_reason(store):
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
        jobs = Jobs(store)
    run = store.open(FEW.key)
    forming(jobs.maps, run)
    kill_worker(jobs)
    message = wait_until(lambda: jobs.maps.error(run, "tsne", "test"), "it is given up")
    assert message.startswith(f"The worker died several times while it made the map of run {run.key}")
    assert jobs.maps.view(run, "tsne", "test") is None
    jobs.close()
