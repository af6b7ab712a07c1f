"""A whole training: the same bits however it was interrupted, and something usable whatever happened."""

from __future__ import annotations

import errno
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ae_core.codecs.codec import open_codec
from ae_core.config.config import Config
from ae_core.datasets.dataset import Dataset
from ae_core.datasets.images import as_floats, to_pixels
from ae_core.errors import ConfigError, DamagedRunError, DivergedError, RunNotFoundError, StoreError
from ae_core.runs.history import Batches
from ae_core.runs.lock import BusyError, hold, is_held
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from ae_core.training import checkpoints, idle_stepper
from ae_core.training.checkpoints import load_checkpoint
from ae_core.training.idle_stepper import forget_idle
from ae_core.training.train import against_divergence, train
from tests.unit.choices import choices
from tests.unit.tiny import CONV, DENSE, Watcher, assert_same_bits, assert_same_frames, frames_of

# Everything that could make two trainings differ: noise, dropout, moments, a schedule, penalties.
RICH = replace(
    DENSE, optimizer="sgd", learning_rate=0.2, schedule="cosine", dropout=0.2, input_noise=0.3, weight_l2=1e-4,
    code_l1=1e-3, steps=25,
)  # fmt: skip
DIVERGING = replace(
    DENSE, loss="mse", hidden_activation="linear", output_activation="linear", optimizer="sgd", learning_rate=10.0
)


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Watcher]:
    """`DENSE` trained once more, and what it reported."""
    watcher = Watcher()
    return train(DENSE, store=RunStore(tmp_path_factory.mktemp("twin")), report=watcher.report), watcher


@pytest.fixture(scope="module", params=choices("precision"))
def undisturbed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """`RICH` in either precision, trained at one go, in steps that are taken by the dozen."""
    config = replace(RICH, precision=request.param)
    return train(config, store=RunStore(tmp_path_factory.mktemp("undisturbed")))


@pytest.fixture
def copied(dense_run: Run, store: RunStore) -> Run:
    """The finished run of `DENSE` in a store of its own."""
    return Run(Path(shutil.copytree(dense_run.path, store.root / dense_run.key)), dense_run.config)


def interrupt(config: Config, store: RunStore, request: Any, at: int) -> Run:
    watcher = Watcher(request, at)
    return train(config, store=store, report=watcher.report, should_stop=watcher.should_stop)


def test_the_same_config_gives_the_same_bits(dense_run: Run, twin: tuple[Run, Watcher]) -> None:
    assert_same_bits(dense_run, twin[0])
    assert (dense_run.path / "network.bin").read_bytes() == (twin[0].path / "network.bin").read_bytes()


def test_the_same_convolutions_give_the_same_bits(conv_run: Run, store: RunStore) -> None:
    assert_same_bits(conv_run, train(CONV, store=store))


def test_a_finished_run_says_how_good_it_is(dense_run: Run, zeros_and_ones: Dataset) -> None:
    status, images, codec = dense_run.status, zeros_and_ones.test_images, open_codec(dense_run)
    assert (status.state, status.step, status.steps) == ("finished", DENSE.steps, DENSE.steps)
    assert status.params == 784 * 16 + 16 + 16 * 4 + 4 + 4 * 16 + 16 + 16 * 784 + 784
    assert status.test_mse == pytest.approx(np.mean((codec.decode(codec.encode(images)) - images) ** 2), rel=1e-5)
    assert status.test_loss == pytest.approx(dense_run.history().held_out_loss[-1], rel=0.05)
    assert status.seconds > 0
    errors = dense_run.held_out_errors()
    assert errors is not None
    assert errors == pytest.approx(np.mean((codec.decode(codec.encode(images)) - images) ** 2, axis=(1, 2)), rel=1e-5)


def test_a_finished_run_leaves_its_files_and_nothing_else(dense_run: Run) -> None:
    models = {f"{half}.{kind}" for half in ("encoder", "decoder") for kind in ("keras", "tflite")}
    values = {"config.json", "status.json", "history.json", "frames.npz"}
    values |= {"checkpoint.npz", "preview.npz", "preview_training.npz", "errors.npz"}
    assert {path.name for path in dense_run.path.iterdir()} == models | values | {"network.json", "network.bin"}


def test_the_preview_is_of_the_chosen_classes(dense_run: Run, zeros_and_ones: Dataset) -> None:
    held_out, training = dense_run.preview(), dense_run.preview("training")
    assert held_out is not None
    assert training is not None
    for preview, images in ((held_out, zeros_and_ones.test_pixels), (training, zeros_and_ones.train_pixels)):
        originals = images.reshape(-1, 784)
        assert all((originals == digit.reshape(784)).all(axis=1).any() for digit in preview[0])
        assert preview[1].shape == (16, 28, 28)


def test_the_training_preview_is_what_the_codec_makes_of_training_images(dense_run: Run) -> None:
    preview, codec = dense_run.preview("training"), open_codec(dense_run)
    assert preview is not None
    made = to_pixels(codec.decode(codec.encode(as_floats(preview[0]))))
    assert np.abs(made.astype(int) - preview[1]).max() <= 1


def test_a_training_sees_only_the_chosen_images(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Dataset] = []

    def look(_config: Config, data: Dataset) -> None:
        seen.append(data)
        raise ConfigError("seed", "enough seen")

    forget_idle()
    monkeypatch.setattr(idle_stepper, "Stepper", look)
    with pytest.raises(ConfigError, match="enough seen"):
        train(replace(DENSE, classes=(3, 5), train_size=100), store=store)
    assert len(seen[0].train_pixels) == 100
    assert set(seen[0].train_labels.tolist()) == set(seen[0].test_labels.tolist()) == {3, 5}  # type: ignore[union-attr]


def test_reports_tell_of_every_stage_in_order(twin: tuple[Run, Watcher]) -> None:
    run, watcher = twin
    first, last = watcher.seen[0], watcher.seen[-1]
    assert watcher.steps == sorted(watcher.steps)
    assert (first.step, first.steps, first.seconds_left) == (0, DENSE.steps, None)
    assert (last.step, last.history) == (DENSE.steps, run.history())
    assert last.held_out.mse == run.history().held_out_mse[-1] < first.held_out.mse
    assert first.reconstructions.shape == first.training_reconstructions.shape == (16, 28, 28)
    for of, made in (("held-out", last.reconstructions), ("training", last.training_reconstructions)):
        preview = run.preview(of)
        assert preview is not None
        assert np.array_equal(preview[1], made)


def test_a_finished_run_is_returned_at_once(dense_run: Run, tiny_store: RunStore) -> None:
    watcher, before = Watcher("stop"), dense_run.status
    assert train(DENSE, store=tiny_store, report=watcher.report, should_stop=watcher.should_stop) == dense_run
    assert dense_run.fresh().status == before
    assert watcher.seen == []


@pytest.mark.usefixtures("step_by_step")
def test_a_run_that_was_paused_again_and_again_ends_with_the_same_bits_and_frames(
    undisturbed: Run, store: RunStore
) -> None:
    for step in (0, 1, 7, 23):
        run = interrupt(undisturbed.config, store, "pause", at=step)
        assert (run.status.state, run.status.step, run.usable) == ("paused", step, False)
    run = train(undisturbed.config, store=store)
    assert_same_bits(run, undisturbed)
    assert_same_frames(frames_of(run), frames_of(undisturbed))


@pytest.mark.usefixtures("step_by_step")
def test_a_stopped_run_is_usable_and_can_still_go_on(dense_run: Run, store: RunStore) -> None:
    run = interrupt(DENSE, store, "stop", at=22)
    assert (run.status.state, run.status.step) == ("stopped", 22)
    assert run.status.test_mse is not None
    assert open_codec(run).latent_dim == DENSE.latent_dim
    assert run.history().step[-1] == 18
    assert_same_bits(train(DENSE, store=store), dense_run)


def test_training_longer_goes_on_from_the_shorter_run(copied: Run, store: RunStore, tmp_path: Path) -> None:
    longer, watcher = replace(DENSE, steps=43), Watcher()
    run = train(longer, store=store, report=watcher.report)
    assert watcher.steps[0] == DENSE.steps
    assert_same_bits(run, train(longer, store=RunStore(tmp_path / "fresh")))


def test_a_run_that_continues_another_begins_with_its_weights(copied: Run, store: RunStore) -> None:
    watcher = Watcher("pause")
    child = replace(DENSE, continues=copied.key, schedule="cosine", dropout=0.2)
    run = train(child, store=store, report=watcher.report, should_stop=watcher.should_stop)
    assert watcher.seen[0].held_out.mse == copied.history().held_out_mse[-1]
    assert (run.status.step, run.history().step) == (0, [])


def test_a_run_that_continues_a_missing_one_fails_with_the_field_to_mend(store: RunStore) -> None:
    config = replace(DENSE, continues="0123456789ab")
    with pytest.raises(ConfigError, match="key of a finished run") as caught:
        train(config, store=store)
    run = store.find(config)
    assert run is not None
    assert (run.status.state, run.status.message) == ("failed", str(caught.value))


def test_a_diverging_run_keeps_its_last_good_weights_and_says_what_to_change(store: RunStore) -> None:
    with pytest.raises(DivergedError, match=r"Lower the learning rate \(now 10; try 1\)") as caught:
        train(DIVERGING, store=store)
    run = store.open(DIVERGING.key)
    assert (run.status.state, run.status.message) == ("diverged", str(caught.value))
    assert run.usable
    codes = open_codec(run).encode(np.ones((2, 28, 28), np.float32))
    assert np.isfinite(codes).all()
    assert np.isfinite([run.history().loss, run.history().held_out_mse]).all()
    assert f"step {run.status.step} were kept" in run.status.message


@pytest.mark.parametrize(
    ("optimizer", "advised"), [("sgd", True), ("rmsprop", True), ("adam", False), ("nadam", False)]
)
def test_adam_is_not_advised_where_it_diverged(optimizer: str, advised: bool) -> None:
    words = against_divergence(replace(DENSE, optimizer=optimizer, learning_rate=0.5))
    assert words.startswith("Lower the learning rate (now 0.5; try 0.05)")
    assert ("Adam" in words) == advised


@pytest.mark.usefixtures("step_by_step")
def test_weights_that_are_broken_are_not_kept_by_an_interruption(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Breaking(idle_stepper.Stepper):
        def advance(self, count: int) -> Batches:
            losses = super().advance(count)
            if self.step == 22:
                self.trained_network.trainable_variables[0].assign(np.full((784, 16), np.nan))
            return losses

    forget_idle()
    monkeypatch.setattr(idle_stepper, "Stepper", Breaking)
    with pytest.raises(DivergedError, match="The weights of step 18 were kept"):
        interrupt(DENSE, store, "stop", at=22)
    assert np.isfinite(open_codec(store.open(DENSE.key)).encode(np.ones((2, 28, 28), np.float32))).all()


@pytest.mark.usefixtures("step_by_step", "saving_often")
def test_a_full_disk_costs_no_more_than_the_steps_since_the_last_checkpoint(
    dense_run: Run, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    save, saved = checkpoints._save, []

    def full_at_the_third(path: Path, **arrays: Any) -> None:
        saved.append(int(arrays["arrays"]["step"]))
        if len(saved) == 3:
            path.write_bytes(b"half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        save(path, **arrays)

    monkeypatch.setattr(checkpoints, "_save", full_at_the_third)
    with pytest.raises(StoreError, match="Free some space"):
        train(DENSE, store=store)
    run = store.open(DENSE.key)
    checkpoint = load_checkpoint(run)
    assert checkpoint is not None
    assert (checkpoint.snapshot.step, run.status.state) == (saved[1], "failed")
    assert "Free some space" in run.status.message
    assert_same_bits(train(DENSE, store=store), dense_run)


@pytest.mark.usefixtures("step_by_step", "saving_often")
def test_a_training_whose_run_is_deleted_ends_and_leaves_nothing(store: RunStore) -> None:
    watcher = Watcher()

    def delete_at_the_third_step() -> None:
        if watcher.steps[-1] == 3 and store.find(DENSE):
            store.delete(DENSE.key)

    with pytest.raises(RunNotFoundError, match="deleted meanwhile"):
        train(DENSE, store=store, report=watcher.report, should_stop=delete_at_the_third_step)
    assert [path for path in store.root.iterdir() if path.is_dir()] == []


@pytest.mark.parametrize("damage", ["bytes", "shapes", "number"])
def test_a_checkpoint_that_does_not_fit_is_damage(store: RunStore, copied: Run, damage: str) -> None:
    copied.write_status(replace(copied.status, state="paused"))
    path = copied.path / "checkpoint.npz"
    arrays = dict(np.load(path))
    if damage == "bytes":
        path.write_bytes(b"PK\x03\x04")
    elif damage == "shapes":
        np.savez(path, **(arrays | {"variable_0000": np.zeros((3, 3), np.float32)}))
    else:
        np.savez(path, **{name: array for name, array in arrays.items() if name != "variable_0003"})
    with pytest.raises(DamagedRunError, match=r"checkpoint\.npz"):
        train(DENSE, store=store)
    assert "Delete the run" in copied.fresh().status.message


def test_a_run_that_another_process_trains_is_left_alone(store: RunStore) -> None:
    run = store.create(DENSE)
    with hold(run.path), pytest.raises(BusyError):
        train(DENSE, store=store)
    assert run.fresh().status.state == "queued"


def test_an_error_of_whoever_looks_on_leaves_the_run_free_to_go_on(store: RunStore) -> None:
    def fail(_progress: Any) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        train(DENSE, store=store, report=fail)
    run = store.open(DENSE.key)
    assert run.status.state == "training"
    assert not is_held(run.path)
