"""The Runs page: the table of runs, their names, what can be done with ticked ones, and the board."""

from __future__ import annotations

import base64
import io
import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image

from ae_core.codecs.pca import PcaBasis, baseline_path
from ae_core.config.config import Config
from ae_core.config.presets import CATALOGUE, PRESETS
from ae_core.datasets.catalogue import load_dataset
from ae_core.runs.run import Run, Status
from ae_core.runs.store import RunStore
from ae_core.workers.pca_fits import PcaFit
from tests.app.fake_jobs import FakeJobs
from tests.app.tab import Tab
from tests.app.test_start import two_runs
from tests.small import SMALL, add_digits, copied, like
from ui.runs.scoreboard import board_rows

TITLE = "Dense 16, 4 dimensions, 5 steps, 512 images"


@pytest.fixture
def pca(store: RunStore, basis: PcaBasis) -> PcaBasis:
    """As a worker leaves it for all of MNIST."""
    basis.save(baseline_path(store, Config()))
    return basis


def on_own_images(run: Run, store: RunStore) -> Run:
    """The network of `run` as if it had learned from images of one's own."""
    return like(run, replace(run.config, dataset=add_digits(store)), store)


def table(tab: Tab) -> pd.DataFrame:
    """The list of runs by key."""
    return tab.dataframe[0].value.set_index("Key")


def tick(tab: Tab, *keys: str) -> Tab:
    """Choose rows of the list, which a test cannot do through the table itself."""
    state = max((key for key in tab.session_state if re.fullmatch(r"runs_\d+", key)), key=lambda key: int(key[5:]))
    rows = [list(table(tab).index).index(key) for key in keys]
    tab.session_state[state] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    tab.run()
    return tab


def dots(tab: Tab) -> pd.DataFrame:
    """What the board shows."""
    (chart,) = (one for one in tab.get("vega_lite_chart") if "Latent dimensions" in one.proto.spec)
    return pa.ipc.open_stream(chart.proto.data.data).read_pandas()


def test_a_server_without_runs_says_so_and_points_to_the_train_page(tab: Tab, jobs: FakeJobs) -> None:
    tab.open("runs")
    assert tab.info[0].value == "Nothing is trained on this server yet. Train a network, and it will be listed here."
    assert "Train one" in [link.label for link in tab.page_link]
    assert jobs.trained == []


def test_the_train_page_links_to_the_list_with_how_many_there_are(tab: Tab, store: RunStore, small_run: Run) -> None:
    tab.open("train")
    assert not [link.label for link in tab.page_link if link.label.startswith("Runs on")]
    run = copied(small_run, store)
    store.create(replace(SMALL, steps=99))
    (run.path / "config.json").unlink()
    tab.open("train")
    assert tab.page_link[0].label == "Runs on this server: 2, 1 damaged"


def test_every_run_is_a_row_with_its_figures(tab: Tab, store: RunStore, small_run: Run) -> None:
    run = copied(small_run, store)
    store.create(replace(SMALL, steps=99)).write_status(Status("paused", step=7, steps=99))
    tab.open("runs")
    rows = table(tab)
    assert set(rows.State) == {"paused", "finished"}
    # As much as a phone shows.
    assert list(rows.columns[:2]) == ["Held-out MSE", "Run"]
    row = rows.loc[run.key]
    assert (row["Run"], row["Family"], row["Loss"]) == (TITLE, "Autoencoder", "Binary cross-entropy")
    assert (row["Dimensions"], row["Steps"], row["Held-out MSE"]) == (4, 5, run.status.test_mse)
    assert row["Training"] == run.status.seconds
    assert row["Size"] == pytest.approx(sum(path.stat().st_size for path in run.path.iterdir()) / 1e6)


def test_the_picture_of_a_run_is_how_it_rebuilds_the_first_test_digits(
    tab: Tab, store: RunStore, small_run: Run
) -> None:
    run = copied(small_run, store)
    other = store.create(replace(SMALL, steps=99))
    tab.open("runs")
    head, _, body = table(tab).loc[run.key, "Digits"].partition(",")
    assert head == "data:image/png;base64"
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(body))))
    preview = run.preview()
    assert preview is not None
    assert np.array_equal(pixels[::2, ::2], np.concatenate(preview[1][:4], axis=1))
    assert pd.isna(table(tab).loc[other.key, "Digits"])


def test_a_run_with_a_damaged_picture_is_listed_without_it(tab: Tab, store: RunStore, small_run: Run) -> None:
    run = copied(small_run, store)
    (run.path / "preview.npz").write_bytes(b"cut off")
    tab.open("runs")
    assert pd.isna(table(tab).loc[run.key, "Digits"])
    assert not tab.error


def test_the_order_of_the_list_stays_while_a_run_trains(tab: Tab, store: RunStore, small_run: Run) -> None:
    run, other = two_runs(store, small_run)
    for key, created in ((run, 1.0), (other, 2.0)):
        key.write_status(replace(key.status, created=created))
    tab.open("runs")
    assert list(table(tab).index) == [other.key, run.key]
    run.write_status(run.fresh().status)
    tab.run()
    assert list(table(tab).index) == [other.key, run.key]


def test_a_damaged_run_says_what_is_wrong_and_can_be_deleted(tab: Tab, store: RunStore, small_run: Run) -> None:
    run = copied(small_run, store)
    (run.path / "config.json").unlink()
    tab.open("runs")
    assert table(tab).loc[run.key, "State"] == "damaged"
    assert tab.warning[0].value.startswith(f"Run {run.key} is damaged: config.json cannot be read.")
    tick(tab, run.key)
    assert "Delete" in tab.labels()
    assert {"Save", "Compare with PCA"}.isdisjoint(tab.labels())
    assert f"Compare takes runs that are trained, on images that are still here. Untick: Run {run.key}." in tab.words()
    tab.button(key="delete_chosen").click().run()
    assert store.listed() == []


def test_a_ticked_run_can_be_looked_into_or_deleted(tab: Tab, store: RunStore, small_run: Run) -> None:
    copied(small_run, store)
    tick(tab.open("runs"), SMALL.key)
    links = {link.label: (link.proto.page, link.proto.query_string) for link in tab.page_link}
    assert links["Look inside"] == ("", f"run={SMALL.key}")
    assert links["Open on Train"] == ("train", f"run={SMALL.key}")
    tab.button(key="delete_chosen").click().run()
    assert store.listed() == []


@pytest.mark.parametrize(
    ("page", "named"),
    [
        ("runs", ["Quick start", "Denoising"]),
        ("latent", ["Two dimensions", "Quick start"]),
        ("classify", ["Variational", "Two dimensions", "Quick start"]),
        (
            "train",
            [
                "The article", "The article, mended", "Linear", "Plain, 20 dimensions", "Variational",
                "Variational, beta 4",
            ],
        ),
    ],
)  # fmt: skip
def test_a_network_that_a_page_names_can_be_trained_from_there(
    tab: Tab, store: RunStore, small_run: Run, page: str, named: list[str]
) -> None:
    run = copied(small_run, store)
    tab.open(page)
    assert [link.label for link in tab.page_link if link.label.startswith("Train ")] == [f"Train {n}" for n in named]
    done = next(PRESETS[name] for name, note in CATALOGUE.items() if note.title == named[0])
    store.create(done).write_status(run.status)
    tab.open(page)
    left = [link.label for link in tab.page_link if link.label.startswith("Train ")]
    assert left == [f"Train {name}" for name in named[1:]]


def test_a_paused_run_can_be_opened_to_go_on_with_it(tab: Tab, store: RunStore) -> None:
    store.create(SMALL).write_status(Status("paused", step=3, steps=5))
    tick(tab.open("runs"), SMALL.key)
    assert [link.label for link in tab.page_link if "run=" in link.proto.query_string] == ["Open on Train"]


def test_the_board_without_pca_has_no_word_for_it(tab: Tab, store: RunStore, small_run: Run, basis: PcaBasis) -> None:
    copied(small_run, store)
    tab.open("runs")
    assert (set(dots(tab).kind), tab.unmarked()) == ({"Autoencoder"}, [])
    basis.save(baseline_path(store, Config()))
    tab.open("runs")
    assert (set(dots(tab).kind), tab.unmarked()) == ({"Autoencoder", "PCA"}, [])


@pytest.mark.parametrize(
    ("order", "steps"),
    [
        ("Last begun first", [5, 6, 7, 8]),
        ("Least error first", [7, 6, 5, 8]),
        ("Fewest dimensions first", [8, 6, 5, 7]),
        ("By name", [8, 6, 5, 7]),
    ],
)
def test_the_table_is_ordered_without_a_mouse_as_well(tab: Tab, store: RunStore, order: str, steps: list[int]) -> None:
    for at, dims, mse in ((5, 8, 0.3), (6, 4, 0.2), (7, 16, 0.1), (8, 2, None)):
        run = store.create(replace(SMALL, steps=at, latent_dim=dims))
        run.write_status(Status("paused" if mse is None else "finished", step=at, test_mse=mse, created=100.0 - at))
    for name, at in (("a", 8), ("B", 6), ("c", 5), ("D", 7)):
        next(run for run in store.runs() if run.config.steps == at).rename(name)
    tab.open("runs")
    tab.selectbox(key="runs_order").set_value(order).run()
    assert tab.dataframe[0].value["Steps"].tolist() == steps


def test_several_ticked_runs_are_deleted_together(tab: Tab, store: RunStore, small_run: Run) -> None:
    run = copied(small_run, store)
    kept, gone = (store.create(replace(SMALL, steps=steps)) for steps in (7, 8))
    tick(tab.open("runs"), run.key, gone.key)
    assert "Delete these 2 runs for everybody on this server? This cannot be undone." in tab.words()
    tab.button(key="delete_chosen").click().run()
    assert [row.key for row in store.listed()] == [kept.key]


def test_ticks_stay_with_their_runs_when_the_list_changes(tab: Tab, store: RunStore, small_run: Run) -> None:
    run = copied(small_run, store)
    tick(tab.open("runs"), run.key)
    newer = store.create(replace(SMALL, steps=7))
    tab.run()
    assert list(table(tab).index) == [newer.key, run.key]
    tab.button(key="delete_chosen").click().run()
    assert [row.key for row in store.listed()] == [newer.key]


def test_a_tick_that_comes_as_the_list_changes_is_not_lost(tab: Tab, store: RunStore, small_run: Run) -> None:
    run, other = two_runs(store, small_run)
    tick(tab.open("runs"), run.key)
    newer = store.create(replace(SMALL, steps=7))
    # The table that the browser shows has no row for the newer one yet.
    tick(tab, run.key, other.key)
    assert newer.key in table(tab).index
    tab.button(key="delete_chosen").click().run()
    assert [row.key for row in store.listed()] == [newer.key]


def test_a_tick_on_its_way_from_a_table_that_was_replaced_is_not_lost(
    tab: Tab, store: RunStore, small_run: Run
) -> None:
    run, _ = two_runs(store, small_run)
    rows = [list(table(tab.open("runs")).index).index(run.key)]
    store.create(replace(SMALL, steps=7))
    tab.run()
    former = min(key for key in tab.session_state if key.startswith("runs_"))
    tab.session_state[former] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    tab.run()
    tab.button(key="delete_chosen").click().run()
    assert run.key not in {row.key for row in store.listed()}
    assert len(store.listed()) == 2


def test_more_ticks_than_can_be_compared_say_how_many_to_untick(tab: Tab, store: RunStore, small_run: Run) -> None:
    run = copied(small_run, store)
    runs = [run, *(like(run, replace(SMALL, seed=seed), store) for seed in range(1, 6))]
    tick(tab.open("runs"), *(run.key for run in runs[:5]))
    assert "Compare takes two to four. Ticked: 5. Untick one." in tab.words()
    tick(tab, *(run.key for run in runs))
    assert "Compare takes two to four. Ticked: 6. Untick 2." in tab.words()
    tick(tab, *(run.key for run in runs[:4]))
    assert "Compare these 4" in tab.labels()


def test_a_run_that_was_stopped_before_its_first_step_is_not_begun(tab: Tab, store: RunStore, small_run: Run) -> None:
    copied(small_run, store)
    waiting = store.create(replace(SMALL, steps=99))
    waiting.write_status(Status("paused", steps=99))
    tab.open("runs")
    assert table(tab).loc[waiting.key, "State"] == "not begun"
    assert tab.dataframe[0].proto.placeholder == "–"
    tab.open("train", **waiting.config.to_text())
    assert "Not begun: it was stopped while it waited. 99 steps are to do." in tab.words()


def test_deleting_a_run_that_somebody_else_deleted_is_no_error(tab: Tab, store: RunStore, small_run: Run) -> None:
    run, other = two_runs(store, small_run)
    tick(tab.open("runs"), run.key)
    store.delete(run.key)
    tab.button(key="delete_chosen").click().run()
    assert not tab.error
    assert list(table(tab).index) == [other.key]


def rename(tab: Tab, run: Run, name: str) -> Tab:
    tab.text_input(key=f"name_{run.key}").set_value(name)
    tab.button(key=f"save_{run.key}").click().run()
    return tab


def test_a_name_stands_wherever_the_run_is_shown_until_it_is_taken_away(
    tab: Tab, store: RunStore, small_run: Run
) -> None:
    run, other = two_runs(store, small_run)
    rename(tick(tab.open("runs"), run.key), run, "  My *first*   one ")
    assert table(tab).loc[run.key, "Run"] == "My *first* one"
    assert "My *first* one" in tab.multiselect(key="compare_choice").options
    tab.open("start", run=run.key)
    assert any(words.startswith(r"Now showing: My \*first\* one.") for words in tab.words())
    assert "My *first* one" in tab.selectbox(key="chosen_run").options
    tab.open("draw", codecs=run.key)
    assert "My *first* one" in tab.multiselect[0].options
    rename(tick(tab.open("runs"), run.key), run, " ")
    assert table(tab).loc[run.key, "Run"] == TITLE
    assert table(tab).loc[other.key, "Run"] == "Dense 16, 4 dimensions, 6 steps, 512 images"


def test_a_text_that_is_no_name_is_refused_in_plain_words(tab: Tab, store: RunStore, small_run: Run) -> None:
    run = copied(small_run, store)
    rename(tick(tab.open("runs"), run.key), run, "a\u202eb")
    assert tab.error[0].value.startswith("A run's name must be 1 to 60 characters that can be printed. Received: 3, ")
    assert table(tab).loc[run.key, "Run"] == TITLE


def test_a_name_that_is_too_long_is_refused_whole_and_can_be_shortened(
    tab: Tab, store: RunStore, small_run: Run
) -> None:
    run = copied(small_run, store)
    rename(tick(tab.open("runs"), run.key), run, "a" * 120)
    assert tab.error[0].value.startswith("A run's name must be 1 to 60 characters that can be printed. Received: 120, ")
    assert tab.text_input(key=f"name_{run.key}").value == "a" * 120
    rename(tab, run, "a" * 60)
    assert not tab.error
    assert run.fresh().name == "a" * 60


def test_naming_a_run_that_somebody_deleted_says_so_and_the_page_goes_on(
    tab: Tab, store: RunStore, small_run: Run
) -> None:
    run, other = two_runs(store, small_run)
    tick(tab.open("runs"), run.key)
    store.delete(run.key)
    rename(tab, run, "too late")
    assert tab.error[0].value == f"“{TITLE}” cannot be named: it was deleted meanwhile."
    assert list(table(tab).index) == [other.key]


def test_runs_of_the_same_title_are_told_apart_by_their_keys(tab: Tab, store: RunStore, small_run: Run) -> None:
    run, other = two_runs(store, small_run)
    run.rename("The same")
    other.rename("The same")
    tab.open("runs")
    assert {f"The same ({one.key[:4]})" for one in (run, other)} < set(tab.multiselect(key="compare_choice").options)


def test_a_run_of_own_images_is_called_by_their_title(tab: Tab, store: RunStore, small_run: Run) -> None:
    run = on_own_images(small_run, store)
    tab.open("runs")
    assert table(tab).loc[run.key, "Run"] == f"{TITLE}, A few digits"


def test_the_board_has_a_dot_for_each_measured_run_and_the_curve_of_pca(
    tab: Tab, store: RunStore, small_run: Run, pca: PcaBasis
) -> None:
    run, other = two_runs(store, small_run)
    store.create(replace(SMALL, steps=99))
    tab.open("runs")
    rows = dots(tab)
    shown = rows[rows.kind == "Autoencoder"]
    assert set(shown.name) == {run.title, other.title}
    assert list(shown.error) == [run.status.test_mse, other.status.test_mse]
    line = rows[rows.kind == "PCA"]
    assert list(line.dimensions) == list(range(1, 257))
    assert np.allclose(line.error, pca.held_out_mse(load_dataset("mnist").test_pixels)[1:])


def test_while_pca_is_fitted_the_board_shows_the_runs_alone(
    tab: Tab, jobs: FakeJobs, store: RunStore, small_run: Run
) -> None:
    copied(small_run, store)
    tab.open("runs")
    assert set(dots(tab).kind) == {"Autoencoder"}
    assert PcaFit(Config()) in jobs.asked
    assert "One dot a run, further down is better. PCA is being fitted." in tab.words()


def test_the_board_takes_in_a_run_that_is_finished_meanwhile(tab: Tab, store: RunStore, small_run: Run) -> None:
    run = copied(small_run, store)
    waiting = store.create(replace(SMALL, latent_dim=9))
    tab.open("runs")
    assert len(dots(tab)) == 1
    waiting.write_status(replace(run.status, created=waiting.status.created))
    tab.run()
    assert sorted(dots(tab).dimensions) == [4, 9]


def test_the_board_shows_runs_of_the_same_images_and_asks_which(tab: Tab, store: RunStore, small_run: Run) -> None:
    run, own = copied(small_run, store), on_own_images(small_run, store)
    threes = store.create(replace(SMALL, classes=(3, 8)))
    for one, created in ((run, 3.0), (own, 2.0), (threes, 1.0)):
        one.write_status(replace(run.status if one is threes else one.status, created=created))
    tab.open("runs")
    choice = tab.selectbox(key="board_images")
    assert choice.options == ["MNIST", "A few digits", "MNIST, 3, 8"]
    assert list(dots(tab).name) == [run.title]
    choice.set_value(Config(dataset=own.config.dataset).key).run()
    assert list(dots(tab).name) == [own.title]


def test_a_family_is_known_by_its_colour_and_its_shape(tab: Tab, store: RunStore, small_run: Run) -> None:
    run = copied(small_run, store)
    variational = store.create(replace(SMALL, family="variational"))
    variational.write_status(run.status)
    tab.open("runs")
    assert set(dots(tab).kind) == {"Autoencoder", "Variational autoencoder"}
    (chart,) = (one for one in tab.get("vega_lite_chart") if "Latent dimensions" in one.proto.spec)
    specification = json.loads(chart.proto.spec)
    # A phone has no room for three names in a row.
    assert specification["encoding"]["color"]["legend"]["columns"] == 2
    colours = specification["encoding"]["color"]["scale"]
    shapes = specification["layer"][1]["encoding"]["shape"]["scale"]
    assert colours["domain"] == shapes["domain"] == ["Autoencoder", "Variational autoencoder", "PCA"]
    assert len(set(colours["range"])) == len(set(shapes["range"])) == 3
    assert tab.unmarked() == []


def test_an_error_of_nothing_has_no_place_on_a_logarithmic_axis(small_run: Run) -> None:
    rows = board_rows([small_run], [0.5, 0.25, 0.0])
    assert list(rows.error) == [small_run.status.test_mse, 0.25]
