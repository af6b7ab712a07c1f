"""Sweeps at the foot of the Runs page: a new one, its curve while it grows, and what can befall its runs."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ae_core.codecs.pca import PcaBasis, baseline_path
from ae_core.config.config import Config
from ae_core.config.presets import PRESETS
from ae_core.datasets.catalogue import dataset_for
from ae_core.errors import StoreError
from ae_core.runs.run import Run, Status
from ae_core.runs.store import RunStore
from ae_core.runs.sweep import Sweep
from ae_core.runs.sweep_store import SweepStore
from ae_core.workers.trainings import Training
from tests.app.fake_jobs import FakeJobs, job, progress_at
from tests.app.tab import Tab
from tests.small import SMALL, copied

DIMS = Sweep.read(SMALL, "latent_dim", ["1", "2", "4"])


@pytest.fixture
def kept(store: RunStore) -> SweepStore:
    """The server's sweeps, with `DIMS` among them, and the PCA of its images."""
    PcaBasis.fit(dataset_for(SMALL).train_pixels).save(baseline_path(store, SMALL))
    sweeps = SweepStore(store.root)
    sweeps.save(DIMS)
    return sweeps


def leave(store: RunStore, config: Config, status: Status) -> Run:
    run = store.create(config)
    run.write_status(status)
    return run


def finish(store: RunStore, *configs: Config) -> None:
    for config in configs:
        done = Status("finished", step=config.steps, steps=config.steps, test_mse=0.1 / config.latent_dim, seconds=2.0)
        leave(store, config, done)


def curve(tab: Tab) -> dict[str, dict[str, float]]:
    """The points of the sweep's chart: error by value, by curve."""
    *_, chart = tab.get("vega_lite_chart")
    rows: pd.DataFrame = pa.ipc.open_stream(chart.proto.data.data).read_pandas()
    return {str(name): dict(zip(part.label, part.mse, strict=True)) for name, part in rows.groupby("series")}


def test_the_legend_grows_with_the_curve(tab: Tab, store: RunStore) -> None:
    sweeps = SweepStore(store.root)
    sweeps.save(DIMS)
    tab.open("runs")
    assert tab.unmarked() == []
    PcaBasis.fit(dataset_for(SMALL).train_pixels).save(baseline_path(store, SMALL))
    leave(store, DIMS.configs[0], Status("stopped", step=3, steps=5, test_mse=0.1))
    tab.open("runs")
    assert (set(curve(tab)), tab.unmarked()) == ({"Not trained to its end", "PCA"}, [])
    finish(store, *DIMS.configs)
    tab.open("runs")
    assert (set(curve(tab)), tab.unmarked()) == ({"Trained", "PCA"}, [])


def states(tab: Tab) -> list[str]:
    return list(tab.dataframe[-1].value.State)


def said(tab: Tab, words: str) -> bool:
    return any(words in text for text in tab.words())


def test_the_first_sweep_is_proposed_with_its_cost(tab: Tab, jobs: FakeJobs) -> None:
    tab.open("runs")
    assert tab.text_input(key="sweep_values_latent_dim").value == "1, 2, 4, 8, 16, 32, 64, 128"
    assert said(tab, "8 trainings. About 8 s.")
    tab.button(key="start_sweep").click().run()
    base = PRESETS["quick-start"]
    assert jobs.trained[-8:] == [replace(base, latent_dim=2**power) for power in range(8)]
    sweep = Sweep.read(base, "latent_dim", [2**power for power in range(8)])
    assert tab.query_params["sweep"] == sweep.key
    assert states(tab) == ["in training, 0%"] * 8


def test_each_training_takes_as_many_steps_as_are_asked_for(tab: Tab, jobs: FakeJobs) -> None:
    tab.open("runs")
    base = PRESETS["quick-start"]
    assert tab.number_input(key=f"sweep_steps_{base.key}").value == base.steps
    tab.text_input(key="sweep_values_latent_dim").set_value("2, 32").run()
    tab.number_input(key=f"sweep_steps_{base.key}").set_value(300).run()
    tab.button(key="start_sweep").click().run()
    assert jobs.trained[-2:] == [replace(base, latent_dim=dims, steps=300) for dims in (2, 32)]
    assert tab.selectbox(key="chosen_sweep").options == ["Quick start, 300 steps: latent dimensions 2, 32"]
    tab.selectbox(key="sweep_field").set_value("steps").run()
    assert tab.number_input(key=f"sweep_steps_{base.key}").disabled
    tab.text_input(key="sweep_values_steps").set_value("10, 20").run()
    tab.button(key="start_sweep").click().run()
    assert tab.selectbox(key="chosen_sweep").options[0] == "Quick start: steps 10, 20"


def test_what_was_trained_before_is_counted_as_done(tab: Tab, store: RunStore) -> None:
    base = PRESETS["quick-start"]
    finish(store, base, replace(base, latent_dim=2))
    tab.open("runs")
    assert said(tab, "8 trainings, 2 of them trained already. About 6 s.")
    tab.text_input(key="sweep_values_latent_dim").set_value("2, 32").run()
    assert said(tab, "Both are trained already: the curve is there at once.")


def test_a_run_of_this_server_can_be_the_base(tab: Tab, store: RunStore, jobs: FakeJobs) -> None:
    leave(store, SMALL, Status("paused"))
    tab.open("runs")
    tab.selectbox(key="sweep_base").select(SMALL.key).run()
    tab.selectbox(key="sweep_field").select("loss").run()
    assert tab.multiselect[-1].value == ["mse", "bce"]
    tab.button(key="start_sweep").click().run()
    assert jobs.trained[-2:] == [replace(SMALL, loss="mse"), replace(SMALL, loss="bce")]


def test_a_base_that_was_deleted_meanwhile_gives_way_to_another(tab: Tab, store: RunStore) -> None:
    leave(store, SMALL, Status("paused"))
    tab.open("runs")
    tab.selectbox(key="sweep_base").select(SMALL.key).run()
    store.delete(SMALL.key)
    tab.run()
    assert tab.selectbox(key="sweep_base").value == PRESETS["quick-start"].key


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0, 1", "Latent dimensions must be a whole number from 1 to 256. Received: 0. For example: 1, 2, 4, 8."),
        (
            "4, foo, 3.5",
            "Latent dimensions must be a whole number from 1 to 256. Received: foo, 3.5. For example: 1, 2",
        ),
        ("4, 4", "Latent dimensions must have different values in a sweep. Received: 4 twice."),
        ("", "Latent dimensions must have 2 to 8 values in a sweep. Received: none."),
    ],
)
def test_wrong_values_are_told_and_nothing_can_be_started(tab: Tab, text: str, words: str) -> None:
    tab.open("runs")
    tab.text_input(key="sweep_values_latent_dim").set_value(text).run()
    assert said(tab, words)
    assert tab.button(key="start_sweep").disabled


def test_a_field_that_the_new_base_ignores_is_left_for_the_first_one(tab: Tab) -> None:
    tab.open("runs")
    tab.selectbox(key="sweep_field").select("encoder_widths").run()
    tab.selectbox(key="sweep_base").select(PRESETS["convolutional"].key).run()
    assert tab.selectbox(key="sweep_field").value == "latent_dim"


def test_a_sweep_that_cannot_be_started_says_why(tab: Tab, jobs: FakeJobs, store: RunStore) -> None:
    tab.open("runs")
    jobs.refusal = StoreError("Cannot write config.json: the disk is full.")
    tab.button(key="start_sweep").click().run()
    assert said(tab, "the disk is full")
    assert SweepStore(store.root).listed() == []


def test_a_sweep_under_way_shows_its_progress_and_its_points(
    tab: Tab, store: RunStore, jobs: FakeJobs, kept: SweepStore
) -> None:
    one, two, four = DIMS.configs
    finish(store, one)
    jobs.ask(Training(two))
    jobs.ask(Training(four))
    jobs.under_way = {
        Training(two): job(two, progress=progress_at(3, two)),
        Training(four): job(four, "queued", place=1, wait_seconds=7.0),
    }
    tab.open("runs")
    assert said(tab, "1 of 3 trained. In training: latent dimensions 2 (60%). About 8 s left.")
    assert states(tab) == ["trained", "in training, 60%", "waiting"]
    points = curve(tab)
    assert points["Trained"] == {"1": 0.1}
    assert points["Not trained to its end"] == {"2": 0.05}
    assert list(points["PCA"]) == ["1", "2", "4"]
    assert points["PCA"]["1"] > points["PCA"]["4"] > 0


def test_a_value_that_gives_way_to_others_keeps_its_point(
    tab: Tab, store: RunStore, jobs: FakeJobs, kept: SweepStore
) -> None:
    one, two, four = DIMS.configs
    finish(store, one, four)
    jobs.ask(Training(two))
    waiting = job(two, "queued", progress=progress_at(3, two), place=2, wait_seconds=30.0)
    jobs.under_way = {Training(two): waiting}
    tab.open("runs")
    assert states(tab) == ["trained", "waiting, 60% done", "trained"]
    assert curve(tab)["Not trained to its end"] == {"2": 0.05}


def test_a_finished_sweep_says_where_the_error_is_least(tab: Tab, store: RunStore, kept: SweepStore) -> None:
    finish(store, *DIMS.configs)
    tab.open("runs", sweep=DIMS.key)
    found = "All 3 are trained. The least error is **0.0250**, with 4 dimensions (PCA with as many dimensions: "
    assert said(tab, found)
    assert curve(tab)["Trained"] == {"1": 0.1, "2": 0.05, "4": 0.025}
    assert "Stop the sweep" not in tab.labels()
    assert "Start the rest" not in tab.labels()
    links = [link.proto.query_string for link in tab.get("page_link") if link.proto.label in ("1", "2", "4")]
    assert links == [f"run={config.key}" for config in DIMS.configs]


def test_pca_is_a_level_line_where_dimensions_stay(tab: Tab, store: RunStore, kept: SweepStore) -> None:
    sweep = Sweep.read(SMALL, "optimizer", ["adam", "sgd"])
    kept.save(sweep)
    finish(store, *sweep.configs)
    tab.open("runs", sweep=sweep.key)
    (level,) = set(curve(tab)["PCA"].values())
    assert curve(tab)["Trained"] == {"Adam": 0.025, "SGD with momentum": 0.025}
    assert level > 0


def layers(tab: Tab) -> list[str]:
    """Which marks the sweep's chart is drawn with."""
    *_, chart = tab.get("vega_lite_chart")
    return [layer["mark"]["type"] for layer in json.loads(chart.proto.spec)["layer"]]


@pytest.mark.parametrize(
    ("field", "values", "marks"),
    [
        ("latent_dim", ["1", "2", "4"], ["line", "point"]),
        ("train_size", ["100", "all"], ["line", "point"]),
        ("weight_l2", ["0", "0.001"], ["line", "point"]),
        ("optimizer", ["adam", "sgd"], ["rule", "point"]),
        ("encoder_widths", ["16", "16-8"], ["rule", "point"]),
        ("seed", ["1", "2"], ["rule", "point"]),
    ],
)
def test_only_values_that_are_more_or_less_of_something_are_joined(
    tab: Tab, kept: SweepStore, field: str, values: list[str], marks: list[str]
) -> None:
    sweep = Sweep.read(SMALL, field, values)
    kept.save(sweep)
    tab.open("runs", sweep=sweep.key)
    assert layers(tab) == marks


def test_each_value_shows_the_same_test_digits_as_it_rebuilds_them(
    tab: Tab, store: RunStore, small_run: Run, kept: SweepStore
) -> None:
    run = copied(small_run, store)
    tab.open("runs", sweep=DIMS.key)
    header, arrays = tab.block(f"sweep_digits_{DIMS.key}")
    assert [strip["name"] for strip in header["strips"]] == ["Original", "1", "2", "4"]
    preview = run.preview()
    assert preview is not None
    originals, rebuilt = preview
    shown = [arrays[str(row)].reshape(-1, 28, 28) for row in range(4)]
    assert np.array_equal(shown[0], originals)
    assert np.array_equal(shown[3], rebuilt)
    error = np.mean(np.square((originals[0].astype(float) - rebuilt[0]) / 255))
    assert header["strips"][3]["captions"][0] == f"{error:.4f}"
    assert header["strips"][0]["captions"][:10] == [str(digit) for digit in range(10)]
    # Those that are not there yet keep their place.
    assert not shown[1].any()
    assert set(header["strips"][1]["captions"]) == {"–"}


def test_a_run_with_a_damaged_preview_leaves_its_row_black(
    tab: Tab, store: RunStore, small_run: Run, kept: SweepStore
) -> None:
    (copied(small_run, store).path / "preview.npz").write_bytes(b"cut off")
    tab.open("runs", sweep=DIMS.key)
    _, arrays = tab.block(f"sweep_digits_{DIMS.key}")
    assert not arrays["3"].any()


def test_stopping_keeps_what_is_in_training_and_lets_the_rest_take_no_step(
    tab: Tab, store: RunStore, jobs: FakeJobs, kept: SweepStore
) -> None:
    one, two, four = DIMS.configs
    for config in (one, two, four):
        jobs.ask(Training(config))
    jobs.under_way = {Training(one): job(one), Training(two): job(two, "queued"), Training(four): job(four, "queued")}
    tab.open("runs")
    tab.button(key="stop_sweep").click().run()
    assert jobs.called == [(Training(two), "pause"), (Training(four), "pause"), (Training(one), "stop")]


def test_what_gives_way_to_others_is_stopped_with_what_it_has_learned(
    tab: Tab, store: RunStore, jobs: FakeJobs, kept: SweepStore
) -> None:
    one, two, four = DIMS.configs
    for config in DIMS.configs:
        jobs.ask(Training(config))
    gave_way = job(two, "queued", progress=progress_at(3, two), place=1)
    jobs.under_way = {Training(one): job(one), Training(two): gave_way, Training(four): job(four, "queued")}
    tab.open("runs")
    tab.button(key="stop_sweep").click().run()
    assert jobs.called == [(Training(four), "pause"), (Training(one), "stop"), (Training(two), "stop")]


def test_runs_that_were_stopped_or_deleted_can_be_started_again(
    tab: Tab, store: RunStore, jobs: FakeJobs, kept: SweepStore
) -> None:
    one, two, _ = DIMS.configs
    finish(store, one)
    leave(store, two, Status("stopped", step=2, steps=5, test_mse=0.07))
    tab.open("runs")
    assert states(tab) == ["trained", "stopped early", "deleted"]
    assert curve(tab)["Not trained to its end"] == {"2": 0.07}
    assert said(tab, "1 of 3 trained. What is stopped or missing can be started again.")
    tab.button(key="resume_sweep").click().run()
    assert {config.key for config in jobs.trained} >= {config.key for config in DIMS.configs[1:]}


def test_a_run_that_failed_says_why_and_the_others_go_on(
    tab: Tab, store: RunStore, jobs: FakeJobs, kept: SweepStore
) -> None:
    one, two, four = DIMS.configs
    leave(store, one, Status("diverged", step=2, steps=5, test_mse=0.3, message="The loss became infinite."))
    leave(store, two, Status("failed", step=1, steps=5))
    jobs.failures[Training(two)] = "The workers were lost."
    jobs.ask(Training(four))
    jobs.under_way[Training(four)] = job(four, progress=progress_at(4, four))
    tab.open("runs")
    assert states(tab) == ["diverged", "failed", "in training, 80%"]
    assert said(tab, "Latent dimensions 1: The loss became infinite.")
    assert said(tab, "Latent dimensions 2: The workers were lost.")


def test_a_damaged_run_is_named_and_the_rest_is_shown(
    tab: Tab, store: RunStore, small_run: Run, kept: SweepStore
) -> None:
    run = copied(small_run, store)
    (run.path / "config.json").write_text("{", encoding="utf-8")
    tab.open("runs")
    assert states(tab) == ["deleted", "deleted", "damaged"]
    assert said(tab, f"Latent dimensions 4: Run {run.key} is damaged: config.json cannot be read.")


def test_a_deleted_sweep_leaves_its_runs(tab: Tab, store: RunStore, kept: SweepStore) -> None:
    finish(store, *DIMS.configs)
    tab.open("runs", sweep=DIMS.key)
    tab.button(key="delete_sweep").click().run()
    assert kept.listed() == []
    assert len(store.runs()) == 3
    assert "sweep" not in tab.query_params


def test_of_several_sweeps_the_address_names_one(tab: Tab, kept: SweepStore) -> None:
    seeds = Sweep.read(SMALL, "seed", ["1", "2"])
    kept.save(seeds)
    tab.open("runs", sweep=DIMS.key)
    assert tab.selectbox(key="chosen_sweep").value == DIMS.key
    assert len(states(tab)) == 3
    tab.selectbox(key="chosen_sweep").select_index(0).run()
    assert len(states(tab)) == 2
    assert tab.query_params["sweep"] == seeds.key


def test_an_address_of_no_sweep_is_said_until_the_visitor_chooses_one(tab: Tab, kept: SweepStore) -> None:
    seeds = Sweep.read(SMALL, "seed", ["1", "2"])
    kept.save(seeds)
    words = "The address must name a sweep of this server. Received: ../../etc, which none here is called;"
    tab.open("runs", sweep="../../etc")
    assert said(tab, words)
    assert len(states(tab)) == 2
    tab.run()
    assert said(tab, words)
    tab.selectbox(key="chosen_sweep").select_index(1).run()
    assert not said(tab, words)
    assert len(states(tab)) == 3
    assert tab.query_params == {"sweep": DIMS.key}


def test_an_address_of_no_sweep_is_said_where_there_is_none(tab: Tab) -> None:
    tab.open("runs", sweep="nonsense")
    assert said(
        tab, "Received: nonsense, which none here is called; perhaps it was deleted, or the address is not whole."
    )
    tab.button(key="start_sweep").click().run()
    assert not said(tab, "nonsense")


def test_the_address_keeps_a_sweep_beside_what_is_compared(
    tab: Tab, store: RunStore, small_run: Run, kept: SweepStore
) -> None:
    kept.save(Sweep.read(SMALL, "seed", ["1", "2"]))
    run = copied(small_run, store)
    tab.open("runs", sweep=DIMS.key)
    assert tab.query_params == {"sweep": DIMS.key, "compare": f"{run.key},pca-4"}
    tab.run()
    assert tab.selectbox(key="chosen_sweep").value == DIMS.key


def test_each_run_of_a_sweep_is_called_by_its_value(tab: Tab, store: RunStore, kept: SweepStore) -> None:
    sweep = Sweep.read(SMALL, "learning_rate", ["0.01", "0.1"])
    finish(store, *sweep.configs)
    kept.save(sweep)
    tab.open("runs", sweep=sweep.key)
    title = "Dense 16, 4 dimensions, 5 steps, 512 images"
    assert set(tab.dataframe[0].value["Run"]) == {f"{title}, learning rate 0.01", f"{title}, learning rate 0.1"}
    assert f"{title}, learning rate 0.1" in tab.selectbox(key="sweep_base").options
    tab.text_input(key=f"name_{sweep.key}").set_value("How fast")
    tab.button(key=f"save_{sweep.key}").click().run()
    assert "How fast: learning rate 0.01, 0.1" in tab.selectbox(key="chosen_sweep").options
    assert set(tab.dataframe[0].value["Run"]) == {"How fast, learning rate 0.01", "How fast, learning rate 0.1"}
    assert store.open(sweep.configs[0].key).title == "How fast, learning rate 0.01"


def test_a_sweep_is_called_after_the_run_that_it_varies(tab: Tab, store: RunStore, kept: SweepStore) -> None:
    finish(store, *DIMS.configs)
    store.open(SMALL.key).rename("My net")
    tab.open("runs")
    assert tab.selectbox(key="chosen_sweep").options == ["My net: latent dimensions 1, 2, 4"]
    assert set(tab.dataframe[0].value["Run"]) == {
        "My net",
        "My net, 1 dimension",
        "My net, 2 dimensions",
    }


def test_a_stopped_sweep_says_what_is_not_begun_and_shows_a_dash_where_there_is_nothing(
    tab: Tab, store: RunStore, kept: SweepStore
) -> None:
    one, two, _ = DIMS.configs
    finish(store, one)
    leave(store, two, Status("paused", steps=5))
    tab.open("runs")
    assert states(tab) == ["trained", "not begun", "deleted"]
    assert tab.dataframe[-1].proto.placeholder == "–"
    assert pd.isna(tab.dataframe[-1].value.Steps[2])


def test_a_damaged_sweep_can_be_deleted(tab: Tab, kept: SweepStore) -> None:
    (kept.folder / f"{DIMS.key}.json").write_text("{", encoding="utf-8")
    tab.open("runs")
    assert said(tab, f"Sweep {DIMS.key} is damaged")
    tab.button(key="delete_damaged_sweep").click().run()
    assert kept.listed() == []
