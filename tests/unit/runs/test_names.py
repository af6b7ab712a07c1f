"""What runs are called, and that a name outlives whatever is in its file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ae_core.config.config import Config
from ae_core.config.hyperparameters import FIELDS
from ae_core.config.precision import MIXED, usual_precision
from ae_core.config.presets import PRESETS, title_of
from ae_core.errors import RunNameError, RunNotFoundError
from ae_core.runs.run import Run, Status
from ae_core.runs.store import RunStore
from ae_core.runs.sweep import Sweep
from ae_core.runs.sweep_store import SweepStore
from tests.small import add_digits
from tests.unit.choices import choices

CONFIG = Config(steps=30, latent_dim=4)
SETTINGS = "Quick start, 4 dimensions, 30 steps"


@pytest.fixture
def run(store: RunStore) -> Run:
    return store.create(CONFIG)


def test_a_run_is_called_by_its_settings_until_it_has_a_name(store: RunStore, run: Run) -> None:
    assert (run.name, run.title) == ("", SETTINGS)
    run.rename("  Mine,\tthe \n second ")
    named = store.open(run.key)
    assert (named.name, named.title) == ("Mine, the second",) * 2
    named.rename("   ")
    assert store.open(run.key).title == SETTINGS
    assert not (run.path / "name.txt").exists()


def test_taking_away_a_name_that_is_not_there_is_no_error(run: Run) -> None:
    run.rename("")
    assert run.fresh().title == SETTINGS


@pytest.mark.parametrize("name", ["a", "Ü" * 60, "数字", "<b>*_bold_*</b>", "../.."])
def test_any_text_of_1_to_60_characters_that_can_be_printed_is_a_name(run: Run, name: str) -> None:
    run.rename(name)
    assert run.fresh().title == name


@pytest.mark.parametrize("name", ["a" * 61, "a\u202eb", "a\x00b", "a\x1b[31mb"])
def test_other_texts_are_refused_and_the_name_stays(run: Run, name: str) -> None:
    run.rename("Before")
    with pytest.raises(
        RunNameError, match=r"must be 1 to 60 characters that can be printed. Received: \d+, "
    ) as caught:
        run.rename(name)
    assert len(str(caught.value)) < 150
    assert run.fresh().title == "Before"


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"a" * 61, b"a\nb", b" a ", b"\x00"])
def test_a_file_that_holds_no_name_counts_as_none(store: RunStore, run: Run, content: bytes) -> None:
    (run.path / "name.txt").write_bytes(content)
    assert store.open(run.key).title == SETTINGS


@pytest.mark.parametrize(
    ("preset", "changes", "title"),
    [
        ("quick-start", {"latent_dim": 8}, "Quick start, 8 dimensions"),
        ("quick-start", {"latent_dim": 1}, "Quick start, 1 dimension"),
        ("quick-start", {"train_size": 1000}, "Quick start, 1,000 images"),
        ("quick-start", {"classes": (3, 5, 8)}, "Quick start, classes 3, 5 and 8"),
        ("quick-start", {"train_size": 100, "latent_dim": 4}, "Quick start, 100 images, 4 dimensions"),
        (
            "quick-start",
            {"train_size": 100, "latent_dim": 4, "seed": 7},
            "Quick start, 100 images, 4 dimensions, seed 7",
        ),
        ("quick-start", {"weight_l2": 0.001}, "Quick start, L2 on weights 0.001"),
        ("quick-start", {"momentum": 0.1}, "Quick start"),
        ("variational", {"beta": 4.0}, "Variational, beta 4"),
        ("variational", {"beta": 2.0}, "Variational, beta 2"),
        ("quick-start", {"latent_dim": 4, "steps": 30}, SETTINGS),
        ("variational", {"latent_dim": 2, "steps": 30}, "Variational, 2 dimensions, 30 steps"),
        (
            "quick-start",
            {"train_size": 512, "encoder_widths": (16,), "latent_dim": 4, "steps": 5},
            "Dense 16, 4 dimensions, 5 steps, 512 images",
        ),
        (
            "variational",
            {"classes": (8,), "encoder_widths": (), "latent_dim": 4, "steps": 5, "beta": 2.0},
            "Variational dense, no hidden layers, 4 dimensions, 5 steps, beta 2, class 8",
        ),
    ],
)
def test_a_training_is_called_after_the_nearest_preset_and_what_it_changes_or_after_its_network(
    preset: str, changes: dict[str, Any], title: str
) -> None:
    assert title_of(replace(PRESETS[preset], **changes)) == title


@pytest.mark.parametrize(
    ("preset", "changes", "title"),
    [
        ("article", {}, "The article"),
        ("article", {"output_activation": "tanh"}, "The article, output activation tanh"),
        ("quick-start", {"latent_dim": 8, "steps": 30, "seed": 3}, "Quick start, 8 dimensions, 30 steps, seed 3"),
        ("quick-start", {"latent_dim": 8, "steps": 30, "seed": 3, "dropout": 0.1}, "Dense 512, 8 dimensions, 30 steps"),
    ],
)
@pytest.mark.parametrize("precision", choices("precision"))
def test_an_unusual_precision_is_told_at_the_end_and_changes_nothing_else_of_a_title(
    preset: str, changes: dict[str, Any], title: str, precision: str
) -> None:
    told = "" if precision == usual_precision() else f", precision {FIELDS['precision'].words(precision)}"
    assert title_of(replace(PRESETS[preset], precision=precision, **changes)) == f"{title}{told}"


def test_a_preset_that_has_a_precision_of_its_own_is_called_by_its_title() -> None:
    assert title_of(PRESETS["article-long"]) == "The article, long"
    mixed = replace(PRESETS["article-long"], precision=MIXED)
    assert title_of(mixed) == "The article, long, precision Mixed bfloat16"


def test_a_run_of_a_sweep_is_called_after_its_value_and_what_the_sweep_is_called(store: RunStore, run: Run) -> None:
    sweep, sweeps = Sweep.read(CONFIG, "seed", ["0", "1"]), SweepStore(store.root)
    one, two = map(store.create, sweep.configs)
    assert (one.title, two.title) == (SETTINGS, f"{SETTINGS}, seed 1")
    sweeps.save(sweep)
    assert [made.fresh().title for made in (one, two)] == [f"{SETTINGS}, seed 0", f"{SETTINGS}, seed 1"]
    run.rename("Mine")
    assert [made.fresh().title for made in (one, two)] == ["Mine", "Mine, seed 1"]
    sweeps.rename(sweep.key, " Luck ")
    two.rename("Lucky")
    assert [made.fresh().title for made in (one, two)] == ["Mine", "Lucky"]
    for made in (one, two):
        made.rename("")
    assert [made.fresh().title for made in (one, two)] == ["Luck, seed 0", "Luck, seed 1"]
    sweeps.delete(sweep.key)
    assert one.fresh().title == SETTINGS


def test_a_value_that_the_settings_tell_already_is_not_told_twice(store: RunStore) -> None:
    sweep = Sweep.read(CONFIG, "steps", ["30", "60"])
    SweepStore(store.root).save(sweep)
    titles = [store.create(config).title for config in sweep.configs]
    assert titles == [SETTINGS, "Quick start, 4 dimensions, 60 steps"]


def test_a_preset_keeps_its_title_in_a_sweep(store: RunStore) -> None:
    sweep, sweeps = Sweep.read(Config(), "seed", ["0", "1"]), SweepStore(store.root)
    sweeps.save(sweep)
    sweeps.rename(sweep.key, "Luck")
    assert [store.create(config).title for config in sweep.configs] == ["Quick start", "Luck, seed 1"]


def test_a_deleted_run_cannot_be_named_and_does_not_come_back(store: RunStore, run: Run) -> None:
    store.delete(run.key)
    for name in ("late", ""):
        with pytest.raises(RunNotFoundError, match="it was deleted meanwhile"):
            run.rename(name)
    assert store.listed() == []


def test_a_name_changes_neither_key_nor_status(store: RunStore, run: Run) -> None:
    before = run.status
    run.rename("Mine")
    assert store.open(run.key).status == before
    assert store.create(CONFIG).name == "Mine"


def test_a_run_of_own_images_is_called_by_their_given_title(store: RunStore) -> None:
    own = store.create(replace(CONFIG, dataset=add_digits(store), classes=(3,)))
    assert own.title == "Quick start, class 3, 4 dimensions, 30 steps, A few digits"
    assert store.create(replace(CONFIG, dataset="fashion_mnist")).title == f"{SETTINGS}, Fashion-MNIST"
    assert store.create(replace(Config(), dataset="fashion_mnist")).title == "Quick start, Fashion-MNIST"


def test_a_run_whose_images_are_gone_says_so(store: RunStore) -> None:
    gone = store.create(replace(CONFIG, dataset="images-0123456789ab"))
    assert gone.title == f"{SETTINGS}, images that were removed (89ab)"


def test_the_size_on_disk_counts_all_files_and_none_of_a_deleted_run(store: RunStore, run: Run) -> None:
    run.write_status(Status("paused"))
    (run.path / "maps").mkdir()
    (run.path / "maps" / "tsne-test.npz").write_bytes(bytes(1000))
    files: list[Path] = [path for path in run.path.rglob("*") if path.is_file()]
    assert run.size_on_disk() == sum(len(path.read_bytes()) for path in files) > 1000
    store.delete(run.key)
    assert run.size_on_disk() == 0
