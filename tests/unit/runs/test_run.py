"""A run as a folder: its status, its history, its previews, its errors; and damage in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ae_core.config.config import Config
from ae_core.errors import DamagedRunError, RunNotFoundError
from ae_core.runs.history import History
from ae_core.runs.run import USABLE, Run, Status
from ae_core.runs.store import RunStore

CONFIG = Config(steps=30, latent_dim=4)


@pytest.fixture
def run(store: RunStore) -> Run:
    return store.create(CONFIG)


@pytest.mark.parametrize("state", ["queued", "training", "paused", "failed", *USABLE])
def test_a_run_is_usable_once_it_has_a_codec(run: Run, state: Any) -> None:
    run.write_status(Status(state))
    assert run.fresh().usable == (state in USABLE)


def test_a_status_comes_back_as_it_was_written(run: Run) -> None:
    status = Status("failed", 7, 30, 1.5, 99.5, 1234, 0.01, 0.1, "why", created=5.0, neg_elbo=101.5)
    run.write_status(status)
    assert replace(run.fresh().status, updated=0.0) == status


def test_a_status_of_a_newer_version_can_be_read(run: Run) -> None:
    (run.path / "status.json").write_text(json.dumps({"state": "paused", "step": 3, "mood": "good"}))
    assert run.fresh().status == Status("paused", step=3)


def test_history_and_preview_come_back_as_they_were_written(run: Run) -> None:
    digits = np.arange(16 * 784).reshape(16, 28, 28).astype(np.uint8)
    history = History([1, 2], [0.5, 0.4], [0.3, 0.2], [0.6, 0.5], [0.4, 0.3], [7.0, 8.0], [9.0, 10.0])
    assert (run.history(), run.preview()) == (History(), None)
    run.write_history(history)
    run.write_preview(digits, digits[::-1])
    assert run.history() == history
    preview = run.preview()
    assert preview is not None
    assert np.array_equal(preview, [digits, digits[::-1]])


def test_the_previews_of_held_out_and_of_training_images_are_kept_apart(run: Run) -> None:
    dark, light = np.zeros((16, 28, 28), np.uint8), np.full((16, 28, 28), 255, np.uint8)
    run.write_preview(dark, dark)
    assert run.preview("training") is None
    run.write_preview(light, light, "training")
    held_out, training = run.preview(), run.preview("training")
    assert held_out is not None
    assert training is not None
    assert (held_out[1].max(), training[1].min()) == (0, 255)


@pytest.mark.parametrize(
    "write",
    [
        lambda run: run.write_status(Status("paused")),
        lambda run: run.write_history(History()),
        lambda run: run.write_preview(np.zeros((1, 28, 28), np.uint8), np.zeros((1, 28, 28), np.uint8)),
    ],
)
def test_writing_to_a_deleted_run_does_not_bring_half_of_it_back(
    store: RunStore, run: Run, write: Callable[[Run], None]
) -> None:
    store.delete(run.key)
    with pytest.raises(RunNotFoundError, match="deleted meanwhile"):
        write(run)
    assert list(store.root.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"x" * 50, b"[]", b"{}", b'{"step": 5}'])
def test_a_damaged_history_is_told_with_its_name(run: Run, content: bytes) -> None:
    (run.path / "history.json").write_bytes(content)
    with pytest.raises(DamagedRunError, match=rf"Run {run.key} is damaged: history\.json"):
        run.history()


@pytest.mark.parametrize("kept", [0, 1, 30, 200, -30, -1])
def test_a_preview_that_was_cut_short_is_told_with_its_name(run: Run, kept: int) -> None:
    run.write_preview(np.zeros((16, 28, 28), np.uint8), np.zeros((16, 28, 28), np.uint8))
    path = run.path / "preview.npz"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DamagedRunError, match=r"preview\.npz"):
        run.preview()
    path.rename(run.path / "preview_training.npz")
    with pytest.raises(DamagedRunError, match=r"preview_training\.npz"):
        run.preview("training")


def test_a_preview_of_another_shape_is_damage(run: Run) -> None:
    np.savez(run.path / "preview.npz", originals=np.zeros((16, 784)), reconstructions=np.zeros((16, 784)))
    with pytest.raises(DamagedRunError, match=r"preview\.npz"):
        run.preview()


def test_a_run_without_a_codec_has_no_held_out_errors(run: Run) -> None:
    assert run.held_out_errors() is None


def test_held_out_errors_are_kept_with_the_run(run: Run) -> None:
    run.write_held_out_errors(np.array([0.25, 0.5], np.float64))
    errors = run.held_out_errors()
    assert errors is not None
    assert (errors.dtype, errors.tolist()) == (np.float32, [0.25, 0.5])


@pytest.mark.parametrize(
    "arrays",
    [
        {},
        {"errors": np.zeros(0, np.float32)},
        {"errors": np.zeros((2, 2), np.float32)},
        {"errors": np.array([np.nan], np.float32)},
        {"errors": np.array(["0.1"])},
    ],
    ids=["missing", "none", "square", "NaN", "text"],
)
def test_other_held_out_errors_are_damage(run: Run, arrays: dict[str, np.ndarray]) -> None:
    np.savez(run.path / "errors.npz", **arrays)  # type: ignore[arg-type]
    with pytest.raises(DamagedRunError, match=r"errors\.npz"):
        run.held_out_errors()
