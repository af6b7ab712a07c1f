"""The list of runs under the Train page."""

from __future__ import annotations

from dataclasses import replace

from ae_core.store import Run, RunStore, Status
from tests.app.tab import Tab
from tests.small import SMALL, copied


def test_without_runs_there_is_no_list(tab: Tab) -> None:
    tab.open("train")
    assert [expander.label for expander in tab.expander if expander.label.startswith("Runs")] == []


def test_every_run_is_a_row_with_its_figures(tab: Tab, store: RunStore, small_run: Run) -> None:
    run = copied(small_run, store)
    store.create(replace(SMALL, steps=99)).write_status(Status("paused", step=7, steps=99))
    tab.open("train")
    assert tab.expander(key="run_list").label == "Runs on this server: 2"
    rows = tab.dataframe[0].value.set_index("Key")
    assert set(rows.State) == {"paused", "finished"}
    assert rows.loc[run.key, "Held-out error"] == run.status.test_mse
    assert rows.loc[run.key, "Run"] == "Dense 16, 4 dimensions, 5 steps"


def test_a_damaged_run_says_what_is_wrong_and_can_be_deleted(tab: Tab, store: RunStore, small_run: Run) -> None:
    run = copied(small_run, store)
    (run.path / "config.json").unlink()
    tab.open("train")
    assert tab.expander(key="run_list").label == "Runs on this server: 1, 1 damaged"
    assert f"Run {run.key} is damaged: config.json cannot be read." in tab.expander(key="run_list").markdown[0].value
    tab.button(key=f"delete_{run.key}").click().run()
    assert store.listed() == []


def test_deleting_a_damaged_run_that_somebody_else_deleted_is_no_error(
    tab: Tab, store: RunStore, small_run: Run
) -> None:
    run = copied(small_run, store)
    (run.path / "config.json").unlink()
    tab.open("train")
    store.delete(run.key)
    tab.button(key=f"delete_{run.key}").click().run()
    assert not tab.error
