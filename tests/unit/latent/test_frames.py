"""How a latent space formed: which moments are kept, where, and that neither a pause nor a kill shows in them."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ae_core.codecs.codec import open_codec
from ae_core.datasets.dataset import Dataset
from ae_core.errors import DamagedRunError, DivergedError, RunNotFoundError, StoreError
from ae_core.latent.frames import (
    FRAMES,
    Frame,
    Frames,
    compact,
    is_frame_step,
    load_frames,
    next_frame_step,
    save_frames,
)
from ae_core.runs.history import is_history_step
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from ae_core.training import checkpoints
from ae_core.training.checkpoints import adopt_shorter, load_checkpoint
from ae_core.training.train import train
from tests.unit.tiny import CONV, DENSE, assert_same_frames, frames_of
from tests.unit.training.test_checkpoints import trained
from tests.unit.training.test_train import DIVERGING, interrupt


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


@pytest.fixture
def run(store: RunStore) -> Run:
    return store.create(DENSE)


def made(*steps: int, images: int = 5, dims: int = 3) -> Frames:
    """Frames of noise."""
    rng = np.random.default_rng(0)

    def frame(step: int) -> Frame:
        codes = rng.normal(size=(images, dims)).astype(np.float16)
        return Frame(step, 0.5 / (step + 1), 0.1, codes, rng.integers(0, 256, (16, 28, 28), dtype=np.uint8))

    return Frames.of(map(frame, steps), np.arange(images))


def frame_steps(until: int) -> Iterator[int]:
    step = 0
    while step <= until:
        yield step
        step = next_frame_step(step)


def test_frames_are_log_spaced_rows_of_the_history() -> None:
    steps = list(frame_steps(100_000))
    assert steps[:12] == [0, 1, 2, 3, 4, 6, 11, 18, 29, 47, 74, 117]
    assert all(is_history_step(step) for step in steps[1:])
    assert all(1.3 < late / early < 2 for early, late in pairwise(steps[4:]))
    assert (len(list(frame_steps(1000))), len(steps)) == (16, 27)
    assert [step for step in range(200) if is_frame_step(step)] == [step for step in steps if step < 200]


def test_a_run_has_frames_from_its_first_weights_to_its_last(dense_run: Run, zeros_and_ones: Dataset) -> None:
    frames, history = frames_of(dense_run), dense_run.history()
    assert frames.steps.tolist() == [*frame_steps(DENSE.steps), DENSE.steps]
    assert frames.codes.shape == (len(frames.steps), len(frames.indices), DENSE.latent_dim)
    rows = [history.step.index(step) for step in frames.steps[1:]]
    assert frames.held_out_loss[1:].tolist() == [history.held_out_loss[row] for row in rows]
    assert frames.held_out_mse[1:].tolist() == [history.held_out_mse[row] for row in rows]
    codes = open_codec(dense_run).encode(zeros_and_ones.test_images[frames.indices])
    assert frames.codes[-1] == pytest.approx(codes, rel=2e-3, abs=2e-3)
    preview = dense_run.preview()
    assert preview is not None
    assert np.array_equal(frames.reconstructions[-1], preview[1])
    assert not np.array_equal(frames.codes[0], frames.codes[-1])


@pytest.mark.parametrize(("latent_dim", "count"), [(2, 999), (64, 999), (65, 500)])
def test_a_frame_has_about_a_thousand_images_and_fewer_for_wide_codes(
    store: RunStore, zeros_and_ones: Dataset, latent_dim: int, count: int
) -> None:
    run = train(replace(DENSE, latent_dim=latent_dim, steps=1), store=store)
    frames = frames_of(run)
    assert frames.codes.shape == (2, count, latent_dim)
    assert len(set(frames.indices.tolist())) == count
    gaps = np.diff(np.sort(frames.indices))
    assert (np.sort(frames.indices)[[0, -1]] == [0, len(zeros_and_ones.test_pixels) - 1]).all()
    assert gaps.max() - gaps.min() <= 1


@pytest.mark.usefixtures("step_by_step", "saving_often")
def test_frames_later_than_the_checkpoint_of_a_killed_run_are_made_anew(
    dense_run: Run, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    save, saved = checkpoints._save, []

    def full_at_the_ninth(path: Path, **arrays: Any) -> None:
        saved.append(int(arrays["arrays"]["step"]))
        if len(saved) == 9:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        save(path, **arrays)

    monkeypatch.setattr(checkpoints, "_save", full_at_the_ninth)
    with pytest.raises(StoreError):
        train(DENSE, store=store)
    run = store.open(DENSE.key)
    checkpoint = load_checkpoint(run)
    assert checkpoint is not None
    assert checkpoint.snapshot.step < frames_of(run).steps[-1] == saved[-1] == 18
    assert_same_frames(frames_of(train(DENSE, store=store)), frames_of(dense_run))


@pytest.mark.usefixtures("step_by_step")
def test_a_stopped_run_has_a_last_frame_that_going_on_drops(dense_run: Run, store: RunStore) -> None:
    run = interrupt(DENSE, store, "stop", at=22)
    frames = frames_of(run)
    assert frames.steps.tolist() == [*frame_steps(22), 22]
    assert frames.held_out_mse[-1] != frames.held_out_mse[-2]
    assert_same_frames(frames_of(train(DENSE, store=store)), frames_of(dense_run))


def test_a_longer_run_takes_up_the_frames_of_the_shorter_one(dense_run: Run, store: RunStore, tmp_path: Path) -> None:
    longer = replace(DENSE, steps=50)
    shutil.copytree(dense_run.path, store.root / dense_run.key)
    run = train(longer, store=store)
    assert frames_of(run).steps.tolist() == [*frame_steps(50), 50]
    assert_same_frames(frames_of(run), frames_of(train(longer, store=RunStore(tmp_path / "fresh"))))


def test_a_diverged_run_has_the_frames_until_its_last_good_weights(store: RunStore) -> None:
    with pytest.raises(DivergedError):
        train(DIVERGING, store=store)
    run = store.open(DIVERGING.key)
    frames = frames_of(run)
    assert frames.steps[-1] == run.status.step
    assert frames.steps[:-1].tolist() == [step for step in frame_steps(run.status.step) if step < run.status.step]
    assert np.isfinite(frames.codes).all()


def test_a_run_of_a_version_without_frames_goes_on_with_those_to_come(
    dense_run: Run, store: RunStore, step_by_step: None
) -> None:
    run = interrupt(DENSE, store, "pause", at=7)
    (run.path / FRAMES).unlink()
    assert load_frames(run) is None
    frames = frames_of(train(DENSE, store=store))
    assert frames.steps.tolist() == [step for step in frames_of(dense_run).steps if step > 7]


def test_convolutions_have_the_same_frames_each_time(conv_run: Run, store: RunStore) -> None:
    assert_same_frames(frames_of(train(CONV, store=store)), frames_of(conv_run))


def test_frames_come_back_as_they_were_saved(run: Run) -> None:
    frames = made(0, 1, 2)
    save_frames(run, frames)
    assert_same_frames(frames_of(run), frames)
    assert_same_frames(Frames.of(frames_of(run), frames.indices), frames)


def test_a_run_without_frames_has_none(run: Run) -> None:
    assert load_frames(run) is None


@pytest.mark.parametrize("kept", [0, 1, 30, 300, -100, -1])
def test_frames_that_were_cut_short_are_damage(run: Run, kept: int) -> None:
    save_frames(run, made(0, 1))
    path = run.path / FRAMES
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DamagedRunError, match=rf"Run {run.key} is damaged: frames\.npz"):
        load_frames(run)


@pytest.mark.parametrize(
    "changes",
    [
        {"steps": np.array([1, 1])},
        {"steps": np.array([-1, 1])},
        {"steps": np.array([0.0, 1.0])},
        {"codes": np.full((2, 5, 3), np.nan, np.float16)},
        {"codes": np.zeros((2, 5, 3), np.float32)},
        {"codes": np.zeros((2, 4, 3), np.float16)},
        {"codes": np.zeros((2, 5), np.float16)},
        {"codes": np.zeros(0, np.float16)},
        {"codes": np.zeros((2, 5, 0), np.float16)},
        {"held_out_mse": np.array([0.1])},
        {"held_out_mse": np.array([0.1, np.inf])},
        {"reconstructions": np.zeros((2, 16, 784), np.uint8)},
        {"reconstructions": np.zeros((1, 16, 28, 28), np.uint8)},
        {"indices": np.array(["a"] * 5)},
        {"indices": None},
    ],
)
def test_other_frames_are_damage(run: Run, changes: dict[str, Any]) -> None:
    arrays = {name: array for name, array in (vars(made(0, 1)) | changes).items() if array is not None}
    np.savez(run.path / FRAMES, **arrays)
    with pytest.raises(DamagedRunError, match=r"frames\.npz"):
        load_frames(run)


def test_frames_are_not_written_for_a_deleted_run(store: RunStore, run: Run) -> None:
    store.delete(run.key)
    with pytest.raises(RunNotFoundError):
        save_frames(run, made(0))


def test_a_shorter_run_with_damaged_frames_is_passed_over(store: RunStore) -> None:
    damaged = trained(store, replace(DENSE, steps=20), step=20)
    (damaged.path / FRAMES).write_bytes(b"PK\x03\x04 not what it was")
    trained(store, replace(DENSE, steps=10), step=10)
    longer = store.create(replace(DENSE, steps=30))
    adopt_shorter(store, longer)
    checkpoint = load_checkpoint(longer)
    assert checkpoint is not None
    assert checkpoint.snapshot.step == 10


def test_codes_that_half_precision_cannot_hold_stay_finite() -> None:
    codes = compact(np.array([[np.nan, np.inf, -np.inf, 1e9, 0.1]], np.float32))
    assert (codes.dtype, np.isfinite(codes).all()) == (np.float16, True)
    assert codes[0].tolist() == [0, 65504, -65504, 65504, np.float16(0.1)]
