"""Sweeps: which values make one, what it means, and how it is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ae_core.config.config import Config
from ae_core.config.hyperparameters import FIELDS
from ae_core.config.presets import PRESETS
from ae_core.errors import BottleneckError, ConfigError, RunNameError
from ae_core.runs.store import RunStore
from ae_core.runs.sweep import NOT_SWEPT, Sweep, fields_for, split_values, suggested, swept_fields
from ae_core.runs.sweep_store import SweepError, SweepStore

BASE = Config()
SWEEP = Sweep.read(BASE, "latent_dim", ["1", "2", "4"])


@pytest.fixture
def kept(store: RunStore) -> SweepStore:
    return SweepStore(store.root)


def test_each_value_is_the_base_with_that_value_alone_changed() -> None:
    assert list(SWEEP.configs) == [replace(BASE, latent_dim=dim) for dim in (1, 2, 4)]


@pytest.mark.parametrize(
    ("field", "text", "values", "labels"),
    [
        ("latent_dim", "32 4, 8", (4, 8, 32), ["4", "8", "32"]),
        ("train_size", "all, 20000, 100", (100, 20_000, None), ["100", "20,000", "all"]),
        ("learning_rate", "1e-3;0.0001", (0.0001, 0.001), ["0.0001", "0.001"]),
        ("hidden_activation", "gelu, relu", ("relu", "gelu"), ["ReLU", "GELU"]),
        ("encoder_widths", "512-256, none", ((512, 256), ()), ["512-256", "none"]),
        ("seed", "1,0", (0, 1), ["0", "1"]),
    ],
)
def test_values_are_read_as_everywhere_else_and_put_in_order(
    field: str, text: str, values: tuple[Any, ...], labels: list[str]
) -> None:
    sweep = Sweep.read(BASE, field, split_values(text))
    assert (sweep.values, sweep.labels) == (values, labels)
    assert Sweep.read(BASE, field, sweep.texts) == sweep


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("latent_dim", "0, 1", "latent_dim must be a whole number from 1 to 256. Received: 0."),
        ("learning_rate", "fast, 1", "from 1e-07 to 10. Received: fast. For example: 0.0001, 0.0003, 0.001, 0.003."),
        ("loss", "mse, foo", "loss must be one of mse, bce. Received: foo."),
        ("learning_rate", "0.001, 1e-3", "learning_rate must have different values in a sweep. Received: 0.001 twice."),
        ("latent_dim", "", "latent_dim must have 2 to 8 values in a sweep. Received: none."),
        ("latent_dim", "1", "latent_dim must have 2 to 8 values in a sweep. Received: 1."),
        ("latent_dim", "1 2 3 4 5 6 7 8 9", "latent_dim must have 2 to 8 values in a sweep. Received: 9."),
        ("filters", "16, 32", "filters must make a difference. Received: 16 and 32, which train the same network"),
        ("decoder_widths", "mirrored, 512", "Received: mirrored and 512, which train the same network"),
        ("output_activation", "relu, sigmoid", "output_activation must be sigmoid when loss is bce"),
        ("dataset", "mnist, fashion", "A sweep's field must be one of train_size, "),
        ("stepz", "1, 2", "Received: stepz."),
    ],
)
def test_values_that_make_no_sweep_are_refused_in_plain_words(field: str, text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Sweep.read(BASE, field, split_values(text))
    assert words in str(caught.value)
    assert caught.value.field == field


def test_a_value_that_another_setting_forbids_is_named() -> None:
    with pytest.raises(ConfigError, match="loss cannot be bce here: output_activation must be sigmoid"):
        Sweep.read(PRESETS["article"], "loss", ["mse", "bce"])


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("train_size", "100, 70000", "train_size must be at most 60000"),
        ("encoder_widths", "64, 2048-2048-2048-2048-2048-2048", "A network must have at most 20,000,000 parameters."),
        ("decoder_widths", "64, 2048-2048-2048-2048-2048-2048", "decoder_widths cannot be 2048-2048-"),
    ],
)
def test_what_cannot_be_trained_is_told_before_anything_is(tmp_path: Path, field: str, text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Sweep.read(BASE, field, split_values(text)).check(tmp_path)


def test_sweeps_that_mean_the_same_runs_have_one_key() -> None:
    other = Sweep.read(replace(BASE, latent_dim=7, momentum=0.1), "latent_dim", [4, 2, 1])
    assert other.key == SWEEP.key
    assert Sweep.read(BASE, "latent_dim", [1, 2]).key != SWEEP.key
    assert Sweep.read(replace(BASE, seed=1), "latent_dim", [1, 2, 4]).key != SWEEP.key


@pytest.mark.parametrize("preset", PRESETS)
def test_the_suggestions_for_every_field_that_matters_are_a_sweep(preset: str, tmp_path: Path) -> None:
    base = PRESETS[preset]
    fields = fields_for(base)
    assert {"latent_dim", "learning_rate", "optimizer", "seed"} <= set(fields)
    for field in fields:
        Sweep.read(base, field, suggested(base, field)).check(tmp_path)


def test_fields_that_the_base_ignores_are_not_offered() -> None:
    dense, conv = fields_for(BASE), fields_for(PRESETS["convolutional"])
    assert ("filters" in dense, "filters" in conv) == (False, True)
    assert ("encoder_widths" in dense, "encoder_widths" in conv) == (True, False)
    assert "momentum" in fields_for(replace(BASE, optimizer="sgd"))
    assert set(swept_fields()) == set(FIELDS) - NOT_SWEPT


def test_a_kept_sweep_is_read_back_as_it_was(kept: SweepStore) -> None:
    kept.save(SWEEP)
    (one,) = kept.listed()
    assert (one.key, one.sweep, one.problem) == (SWEEP.key, SWEEP, "")
    assert kept.open(SWEEP.key) == one


def test_a_sweep_keeps_its_name_when_it_is_started_again(kept: SweepStore) -> None:
    kept.save(SWEEP)
    kept.rename(SWEEP.key, "  How\twide ")
    kept.save(SWEEP)
    assert kept.open(SWEEP.key).name == "How wide"
    kept.rename(SWEEP.key, "")
    assert kept.open(SWEEP.key).name == ""


def test_a_text_that_is_no_name_is_refused_and_one_in_the_file_counts_as_none(kept: SweepStore) -> None:
    kept.save(SWEEP)
    kept.rename(SWEEP.key, "Before")
    with pytest.raises(RunNameError, match="A sweep's name must be 1 to 60 characters that can be printed"):
        kept.rename(SWEEP.key, "a" * 61)
    assert kept.open(SWEEP.key).name == "Before"
    path = kept.folder / f"{SWEEP.key}.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"Before"', "7"), encoding="utf-8")
    assert (kept.open(SWEEP.key).name, kept.open(SWEEP.key).sweep) == ("", SWEEP)


def test_a_sweep_that_is_gone_or_damaged_cannot_be_named(kept: SweepStore) -> None:
    with pytest.raises(SweepError, match="it was deleted meanwhile"):
        kept.rename(SWEEP.key, "Late")
    kept.save(SWEEP)
    (kept.folder / f"{SWEEP.key}.json").write_text("{", encoding="utf-8")
    with pytest.raises(SweepError, match="is damaged"):
        kept.rename(SWEEP.key, "Late")


def test_sweeps_are_listed_last_started_first(kept: SweepStore) -> None:
    other = Sweep.read(BASE, "seed", [1, 2])
    for sweep in (SWEEP, other, SWEEP):
        kept.save(sweep)
    assert [one.sweep for one in kept.listed()] == [SWEEP, other]


def test_an_empty_folder_has_no_sweeps_and_they_are_no_runs(kept: SweepStore, store: RunStore) -> None:
    assert kept.listed() == []
    kept.save(SWEEP)
    assert store.listed() == []


def test_a_deleted_sweep_is_gone_and_its_runs_stay(kept: SweepStore, store: RunStore) -> None:
    run = store.create(SWEEP.configs[0])
    kept.save(SWEEP)
    kept.delete(SWEEP.key)
    kept.delete(SWEEP.key)
    assert (kept.listed(), kept.has(SWEEP.key), [one.key for one in store.runs()]) == ([], False, [run.key])
    with pytest.raises(SweepError, match="There is no sweep"):
        kept.open(SWEEP.key)


@pytest.mark.parametrize(
    "content", ["", "[]", '{"base": {}}', '{"base": {"stepz": 1}, "field": "seed", "values": ["1", "2"], "created": 0}']
)
def test_a_damaged_sweep_is_listed_with_what_to_do(kept: SweepStore, content: str) -> None:
    kept.save(SWEEP)
    (kept.folder / f"{SWEEP.key}.json").write_text(content, encoding="utf-8")
    (one,) = kept.listed()
    assert one.sweep is None
    assert one.problem == f"Sweep {SWEEP.key} is damaged: {SWEEP.key}.json cannot be read. Delete it; its runs stay."


@pytest.mark.parametrize("key", ["", "../status", "0123456789AB", "x" * 500])
def test_what_is_no_key_reaches_no_file(kept: SweepStore, key: str) -> None:
    for reach in (kept.open, kept.delete, kept.has):
        with pytest.raises(BottleneckError, match="A sweep's key must be twelve"):
            reach(key)
