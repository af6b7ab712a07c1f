"""Runs as folders: made, found, listed, deleted; and listed as damaged whatever is in them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ae_core.config.config import Config
from ae_core.errors import DamagedRunError, RunNotFoundError, StoreError
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore

CONFIG = Config(steps=30, latent_dim=4)


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
