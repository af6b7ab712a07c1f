"""Runs as folders: made, found, listed, deleted; and listed as damaged whatever is in them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ae_core.config.config import Config
from ae_core.errors import DamagedRunError, RunNotFoundError, StoreError
from ae_core.runs.history import History
from ae_core.runs.store import USABLE, Run, RunStore, Status

CONFIG = Config(steps=30, latent_dim=4)


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


@pytest.fixture
def run(store: RunStore) -> Run:
    return store.create(CONFIG)


def test_a_new_run_is_queued_under_its_key(store: RunStore, run: Run) -> None:
    assert run.path == store.root / CONFIG.key
    assert (run.status.state, run.status.step, run.status.steps) == ("queued", 0, 30)
    assert run.status.created == run.status.updated > 0


def test_creating_a_run_again_leaves_it_as_it_is(store: RunStore, run: Run) -> None:
    run.write_status(replace(run.status, state="paused", step=7))
    again = store.create(replace(CONFIG, momentum=0.5))
    assert again.path == run.path
    assert (again.status.state, again.status.step) == ("paused", 7)
    assert again.status.created == run.status.created


def test_a_run_is_opened_by_its_key_and_found_by_its_config(store: RunStore, run: Run) -> None:
    assert store.open(run.key).config == CONFIG.canonical
    assert store.find(replace(CONFIG, filters=(3,))) == store.open(run.key)
    assert store.find(replace(CONFIG, steps=31)) is None


@pytest.mark.parametrize("key", ["", "0123456789ab", "../../etc/pw", "..", "0123456789AB", "a" * 100, "x/y"])
def test_a_key_that_is_not_there_is_told_in_plain_words(store: RunStore, run: Run, key: str) -> None:
    for action in (store.open, store.delete):
        with pytest.raises(RunNotFoundError, match=r"one of those that `runs` lists\. Received: ") as caught:
            action(key)
        assert len(str(caught.value)) < 140
    assert run.path.is_dir()


def test_runs_are_listed_last_changed_first(store: RunStore) -> None:
    runs = [store.create(replace(CONFIG, seed=seed)) for seed in range(4)]
    runs[1].write_status(runs[1].status)
    assert [row.key for row in store.listed()] == [runs[index].key for index in (1, 3, 2, 0)]


def test_a_deleted_run_is_gone_with_all_its_files(store: RunStore, run: Run) -> None:
    (run.path / "encoder.tflite").write_bytes(b"x")
    store.delete(run.key)
    assert list(store.root.iterdir()) == []
    with pytest.raises(RunNotFoundError):
        store.open(run.key)


def test_an_empty_or_missing_folder_has_no_runs(store: RunStore) -> None:
    assert store.listed() == []
    store.root.mkdir()
    assert store.runs() == []


def test_foreign_folders_and_files_are_ignored(store: RunStore, run: Run) -> None:
    for name in ("datasets", "pca", ".deleted-123", "0123456789abc", "0123456789AB"):
        (store.root / name).mkdir()
    (store.root / "0123456789ab").write_text("a file with the name of a run")
    (store.root / "ffffffffffff").symlink_to(store.root / "nowhere")
    assert [row.key for row in store.listed()] == [run.key]


def test_the_folder_may_be_named_by_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AE_RUNS", str(tmp_path / "elsewhere"))
    monkeypatch.chdir(tmp_path)
    assert RunStore().root == tmp_path / "elsewhere"
    assert RunStore(tmp_path / "given").root == tmp_path / "given"
    monkeypatch.setenv("AE_RUNS", "")
    assert RunStore().root == tmp_path / "runs"


def test_a_thousand_runs_are_listed_and_each_is_read_once(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [store.create(replace(CONFIG, seed=seed)) for seed in range(1000)]
    reads: list[Path] = []
    read_bytes = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: (reads.append(path), read_bytes(path))[1])
    assert {row.key for row in store.listed()} == {run.key for run in runs}
    assert len(reads) == len(set(reads)) == 2000


def test_a_folder_of_runs_that_is_a_file_is_told_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("not a folder")
    store = RunStore(tmp_path / "runs")
    with pytest.raises(StoreError, match="variable AE_RUNS"):
        store.listed()
    with pytest.raises(StoreError, match="variable AE_RUNS"):
        store.create(CONFIG)


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


def write(name: str, content: str | bytes) -> Callable[[Path], Any]:
    return lambda folder: (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)


def remove(name: str) -> Callable[[Path], Any]:
    return lambda folder: (folder / name).unlink()


def make_folder(name: str) -> Callable[[Path], Any]:
    return lambda folder: ((folder / name).unlink(), (folder / name).mkdir())


DAMAGE: dict[str, Callable[[Path], Any]] = {
    "no files": lambda folder: (shutil.rmtree(folder), folder.mkdir()),
    "no config": remove("config.json"),
    "no status": remove("status.json"),
    "a config that is a folder": make_folder("config.json"),
    "a status that is a folder": make_folder("status.json"),
    "an empty config": write("config.json", ""),
    "half a config": write("config.json", '{"steps": 3'),
    "a config of bytes": write("config.json", b"\xff\xfe\x00"),
    "a config that is a list": write("config.json", "[]"),
    "a config that is null": write("config.json", "null"),
    "an unknown field": write("config.json", '{"stepz": 3}'),
    "a field out of range": write("config.json", '{"steps": -3}'),
    "fields that do not go together": write("config.json", '{"loss": "bce", "output_activation": "relu"}'),
    "a config nested without end": write("config.json", "[" * 200_000),
    "an empty status": write("status.json", ""),
    "half a status": write("status.json", '{"state": "fini'),
    "a status that is a list": write("status.json", '["finished"]'),
    "an unknown state": write("status.json", '{"state": "asleep"}'),
    "a state that is a list": write("status.json", '{"state": ["finished"]}'),
    "a status without a state": write("status.json", '{"step": 3}'),
    "a step that is a word": write("status.json", '{"state": "paused", "step": "three"}'),
    "a step that is null": write("status.json", '{"state": "paused", "step": null}'),
    "a time that is null": write("status.json", '{"state": "paused", "updated": null}'),
    "a time that is not a number": write("status.json", '{"state": "paused", "updated": NaN}'),
    "a message that is a number": write("status.json", '{"state": "failed", "message": 5}'),
    "an error that is true": write("status.json", '{"state": "finished", "test_mse": true}'),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_run_is_listed_with_its_problem_and_can_be_deleted(store: RunStore, run: Run, damage: str) -> None:
    other = store.create(replace(CONFIG, seed=1))
    DAMAGE[damage](run.path)
    listed = {row.key: row for row in store.listed()}
    assert listed[run.key].run is None
    assert re.match(rf"Run {run.key} is damaged: .* Delete the run, then train it again\.", listed[run.key].problem)
    assert [good.key for good in store.runs()] == [other.key]
    with pytest.raises(DamagedRunError):
        store.open(run.key)
    store.delete(run.key)
    assert [row.key for row in store.listed()] == [other.key]


@pytest.mark.parametrize("damage", [name for name in DAMAGE if "config" in name and "folder" not in name])
def test_a_damaged_config_is_written_anew_when_its_run_is_asked_for(store: RunStore, run: Run, damage: str) -> None:
    DAMAGE[damage](run.path)
    store.create(CONFIG)
    assert store.open(run.key).config == CONFIG.canonical


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
