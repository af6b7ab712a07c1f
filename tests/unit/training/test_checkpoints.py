"""What a training goes on from: saved, damaged, adopted from a shorter run, continued from another."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ae_core.config.config import Config
from ae_core.errors import ConfigError, DamagedRunError, RunNotFoundError, StoreError
from ae_core.runs.history import Batches, History
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from ae_core.training.checkpoints import (
    Checkpoint,
    Snapshot,
    adopt_shorter,
    load_checkpoint,
    parent_weights,
    save_checkpoint,
)
from tests.unit.tiny import DENSE

BATCHES = Batches([0.25, 0.125], [0.5, 0.75], [7.0, 6.0])


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path)


def checkpoint(step: int) -> Checkpoint:
    values = [np.full((2, 3), step, np.float32), np.array([1, 2], np.int64), np.float32(step)]
    return Checkpoint(Snapshot(step, [np.asarray(value) for value in values]), 1.5, BATCHES)


def trained(store: RunStore, config: Config, *, step: int, state: Any = "finished") -> Run:
    """A run as if it had been trained until `step`."""
    run = store.create(config)
    run.write_history(History([step], [0.1], [0.2], [0.3], [0.4], [0.5], [0.6]))
    save_checkpoint(run, checkpoint(step))
    run.write_status(replace(run.status, state=state, step=step))
    return run.fresh()


def step_of(run: Run) -> int | None:
    found = load_checkpoint(run)
    return found.snapshot.step if found else None


def test_a_checkpoint_comes_back_bit_for_bit(store: RunStore) -> None:
    run, expected = trained(store, DENSE, step=7), checkpoint(7)
    found = load_checkpoint(run)
    assert found is not None
    assert (found.snapshot.step, found.seconds) == (7, 1.5)
    assert found.batches == expected.batches
    for value, original in zip(found.snapshot.values, expected.snapshot.values, strict=True):
        assert value.dtype == original.dtype
        assert np.array_equal(value, original)


def test_a_checkpoint_of_a_version_without_kl_terms_has_zeros_for_them(store: RunStore) -> None:
    run = trained(store, DENSE, step=7)
    arrays = dict(np.load(run.path / "checkpoint.npz"))
    del arrays["kls"]
    np.savez(run.path / "checkpoint.npz", **arrays)
    found = load_checkpoint(run)
    assert found is not None
    assert found.batches == replace(BATCHES, kl=[0.0, 0.0])


def test_variables_come_back_in_their_order_however_many_there_are(store: RunStore) -> None:
    run = store.create(DENSE)
    save_checkpoint(run, Checkpoint(Snapshot(1, [np.array(index) for index in range(1200)])))
    found = load_checkpoint(run)
    assert found is not None
    assert [int(value) for value in found.snapshot.values] == list(range(1200))


def test_a_run_without_a_checkpoint_has_none(store: RunStore) -> None:
    assert load_checkpoint(store.create(DENSE)) is None


@pytest.mark.parametrize("kept", [0, 1, 30, 300, -100, -1])
def test_a_checkpoint_that_was_cut_short_is_damage(store: RunStore, kept: int) -> None:
    run = trained(store, DENSE, step=7)
    path = run.path / "checkpoint.npz"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DamagedRunError, match=rf"Run {run.key} is damaged: checkpoint\.npz"):
        load_checkpoint(run)


def test_whichever_byte_is_damaged_no_other_error_comes_of_it(store: RunStore) -> None:
    run = trained(store, DENSE, step=7)
    path = run.path / "checkpoint.npz"
    content = path.read_bytes()
    for position in range(0, len(content), 5):
        path.write_bytes(content[:position] + bytes([content[position] ^ 0xA5]) + content[position + 1 :])
        try:
            load_checkpoint(run)
        except DamagedRunError:
            continue


def test_a_full_disk_leaves_the_checkpoint_that_was_there(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    run = trained(store, DENSE, step=7)

    def full(path: Path, **_: object) -> None:
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(StoreError, match=r"Cannot write checkpoint\.npz .* Free some space"):
        save_checkpoint(run, checkpoint(8))
    assert step_of(run) == 7
    assert not [path for path in run.path.iterdir() if path.name.startswith(".")]


def test_a_checkpoint_is_not_written_for_a_deleted_run(store: RunStore) -> None:
    run = trained(store, DENSE, step=7)
    store.delete(run.key)
    with pytest.raises(RunNotFoundError):
        save_checkpoint(run, checkpoint(8))
    assert list(store.root.iterdir()) == []


def test_a_longer_run_adopts_the_longest_of_the_shorter_ones(store: RunStore) -> None:
    for steps in (10, 20, 15):
        trained(store, replace(DENSE, steps=steps), step=steps)
    longer = store.create(replace(DENSE, steps=30))
    adopt_shorter(store, longer)
    assert step_of(longer) == 20
    assert longer.history().step == [20]


def test_a_run_that_was_stopped_early_counts_by_its_steps(store: RunStore) -> None:
    trained(store, replace(DENSE, steps=25), step=3, state="stopped")
    trained(store, replace(DENSE, steps=10), step=10)
    longer = store.create(replace(DENSE, steps=30))
    adopt_shorter(store, longer)
    assert step_of(longer) == 10


@pytest.mark.parametrize(
    "changes",
    [{"seed": 1}, {"steps": 40}, {"learning_rate": 0.01}, {"train_size": 255}, {"schedule": "cosine"}],
)
def test_nothing_is_adopted_from_a_run_that_is_not_the_beginning_of_it(store: RunStore, changes: Any) -> None:
    trained(store, replace(DENSE, **({"steps": 10} | changes)), step=10)
    longer = store.create(replace(DENSE, steps=31))
    adopt_shorter(store, longer)
    assert step_of(longer) is None


def test_with_a_cosine_schedule_nothing_is_adopted(store: RunStore) -> None:
    trained(store, replace(DENSE, steps=10, schedule="cosine"), step=10)
    longer = store.create(replace(DENSE, steps=30, schedule="cosine"))
    adopt_shorter(store, longer)
    assert step_of(longer) is None


def test_a_run_keeps_a_checkpoint_of_its_own(store: RunStore) -> None:
    trained(store, replace(DENSE, steps=10), step=10)
    longer = trained(store, replace(DENSE, steps=30), step=4, state="paused")
    adopt_shorter(store, longer)
    assert step_of(longer) == 4


@pytest.mark.parametrize("name", ["checkpoint.npz", "history.json"])
def test_a_damaged_shorter_run_is_passed_over(store: RunStore, name: str) -> None:
    damaged = trained(store, replace(DENSE, steps=20), step=20)
    (damaged.path / name).write_bytes(b"PK\x03\x04 not what it was")
    trained(store, replace(DENSE, steps=10), step=10)
    longer = store.create(replace(DENSE, steps=30))
    adopt_shorter(store, longer)
    assert step_of(longer) == 10


def test_a_run_continues_from_the_last_snapshot_of_its_parent(store: RunStore) -> None:
    parent = trained(store, DENSE, step=31)
    found = parent_weights(store, replace(DENSE, continues=parent.key, learning_rate=0.01, dropout=0.5))
    assert found is not None
    assert found.step == 31


def test_a_run_that_continues_none_has_no_parent(store: RunStore) -> None:
    assert parent_weights(store, DENSE) is None


@pytest.mark.parametrize("state", ["queued", "training", "paused", "stopped", "diverged", "failed"])
def test_a_run_cannot_continue_one_that_may_still_change(store: RunStore, state: str) -> None:
    parent = trained(store, DENSE, step=7, state=state)
    with pytest.raises(ConfigError, match="must be the key of a finished run") as caught:
        parent_weights(store, replace(DENSE, continues=parent.key))
    assert caught.value.field == "continues"


def test_a_run_cannot_continue_one_that_is_not_here(store: RunStore) -> None:
    with pytest.raises(ConfigError, match=r"Received: 0123456789ab\. Train that run first") as caught:
        parent_weights(store, replace(DENSE, continues="0123456789ab"))
    assert caught.value.field == "continues"


@pytest.mark.parametrize(
    ("changes", "named"),
    [({"latent_dim": 5}, "latent_dim"), ({"encoder_widths": (7, 8)}, "encoder_widths"), ({"architecture": "conv"}, "")],
)
def test_a_run_cannot_continue_another_network(store: RunStore, changes: Any, named: str) -> None:
    parent = trained(store, DENSE, step=31)
    with pytest.raises(ConfigError, match=rf"differs in .*{named}") as caught:
        parent_weights(store, replace(DENSE, continues=parent.key, **changes))
    assert caught.value.field == "continues"
