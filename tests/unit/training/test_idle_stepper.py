"""A training that takes over what the last one has compiled: it is as if it had made all of it itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ae_core.config.config import Config
from ae_core.datasets.catalogue import dataset_for
from ae_core.datasets.dataset import Dataset
from ae_core.errors import DivergedError
from ae_core.runs.store import RunStore
from ae_core.training import idle_stepper
from ae_core.training.idle_stepper import forget_idle, stepper_for
from ae_core.training.loop import Stepper
from ae_core.training.pattern import pattern_of
from ae_core.training.train import train
from tests.unit.tiny import CONV, DENSE, VARIATIONAL, Watcher, assert_same_bits, assert_same_frames, frames_of

OTHER: dict[str, Any] = {"seed": 5, "classes": (2, 3), "train_size": 300}
"""What differs between two trainings of one pattern, whatever it is."""
EVERYTHING = replace(VARIATIONAL, dropout=0.1, input_noise=0.2, weight_l2=1e-4, code_l1=1e-3)


@pytest.fixture(autouse=True)
def none_idle() -> None:
    forget_idle()


def used(config: Config, data: Dataset) -> Stepper:
    with stepper_for(config, data) as stepper:
        return stepper


@pytest.mark.parametrize(
    "config",
    [
        *(replace(DENSE, optimizer=optimizer) for optimizer in ("sgd", "rmsprop", "nadam")),
        replace(DENSE, schedule="cosine"),
        # In two parts that are not of one size, each with random numbers of its own.
        replace(CONV, dropout=0.2, batch_size=33),
        EVERYTHING,
    ],
    ids=lambda config: f"{config.architecture}-{config.family}-{config.optimizer}-{config.schedule}",
)
def test_the_next_training_has_the_bits_that_it_has_in_a_process_of_its_own(config: Config, tmp_path: Path) -> None:
    more = {"learning_rate": config.learning_rate / 2, "steps": 12} if config.schedule == "constant" else {}
    other = replace(config, **OTHER, **more)
    train(config, store=RunStore(tmp_path / "first"))
    (before,) = idle_stepper._idle
    after = train(other, store=RunStore(tmp_path / "after"))
    assert idle_stepper._idle == [before]
    forget_idle()
    alone = train(other, store=RunStore(tmp_path / "alone"))
    assert_same_bits(after, alone)
    assert_same_frames(frames_of(after), frames_of(alone))
    for kind in ("held-out", "training"):
        for made, expected in zip(after.preview(kind) or (), alone.preview(kind) or (), strict=True):
            assert np.array_equal(made, expected)


def test_a_paused_training_goes_on_with_what_another_has_compiled(tmp_path: Path) -> None:
    store, watcher = RunStore(tmp_path / "runs"), Watcher("pause", 9)
    train(DENSE, store=store, report=watcher.report, should_stop=watcher.should_stop)
    train(replace(DENSE, **OTHER), store=store)
    forget_idle()
    alone = train(DENSE, store=RunStore(tmp_path / "alone"))
    train(replace(DENSE, **OTHER, steps=7), store=store)
    assert_same_bits(train(DENSE, store=store), alone)


@pytest.mark.parametrize(
    "changes",
    [
        {"latent_dim": 5},
        {"batch_size": 16},
        {"dropout": 0.1},
        {"optimizer": "sgd"},
        {"schedule": "cosine"},
        {"loss": "mse"},
        {"precision": "float32"},
        {"input_noise": 0.1},
    ],
    ids=str,
)
def test_what_a_compiled_step_depends_on_makes_another_pattern(changes: dict[str, Any]) -> None:
    config = replace(DENSE, precision="mixed_bfloat16")
    assert pattern_of(replace(config, **changes)) != pattern_of(config)


def test_a_schedule_knows_its_steps_and_its_rate() -> None:
    cosine = replace(DENSE, schedule="cosine")
    for changes in ({"steps": 40}, {"learning_rate": 0.1}):
        assert pattern_of(replace(DENSE, **changes)) == pattern_of(DENSE)
        assert pattern_of(replace(cosine, **changes)) != pattern_of(cosine)


def test_one_is_idle_at_most_and_it_has_no_images(zeros_and_ones: Dataset) -> None:
    used(DENSE, zeros_and_ones)
    second = used(replace(DENSE, latent_dim=5), zeros_and_ones)
    assert idle_stepper._idle == [second]
    assert not hasattr(second, "_given")


def test_two_at_once_never_share_one(zeros_and_ones: Dataset) -> None:
    used(DENSE, zeros_and_ones)
    with stepper_for(DENSE, zeros_and_ones) as one, stepper_for(DENSE, zeros_and_ones) as other:
        assert one is not other
    assert len(idle_stepper._idle) == 1


def test_none_is_kept_of_a_large_network(zeros_and_ones: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle_stepper, "MOST_PARAMS", 1000)
    used(DENSE, zeros_and_ones)
    assert idle_stepper._idle == []


def test_none_is_kept_after_an_error(store: RunStore) -> None:
    broken = replace(
        DENSE, loss="mse", hidden_activation="linear", output_activation="linear", optimizer="sgd", learning_rate=10.0
    )
    train(replace(broken, learning_rate=0.01), store=store)
    assert idle_stepper._idle
    with pytest.raises(DivergedError):
        train(broken, store=store)
    assert idle_stepper._idle == []


def test_images_that_are_given_are_those_that_are_learned(store: RunStore, tmp_path: Path) -> None:
    other = dataset_for(replace(DENSE, classes=(7, 9)))
    train(DENSE, store=store)
    after = train(DENSE, store=RunStore(tmp_path / "after"), data=other)
    forget_idle()
    assert_same_bits(after, train(DENSE, store=RunStore(tmp_path / "alone"), data=other))
