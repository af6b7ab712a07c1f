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


def test_a_ticked_run_can_be_looked_into_or_deleted(tab: Tab, store: RunStore, small_run: Run) -> None:
    copied(small_run, store)
    tab.open("train")
    tick(tab, 0)
    (link,) = tab.expander(key="run_list").get("page_link")
    assert link.proto.query_string == f"run={SMALL.key}"
    tab.button(key="delete_chosen").click().run()
    assert store.listed() == []


def test_several_ticked_runs_are_deleted_together(tab: Tab, store: RunStore, small_run: Run) -> None:
    copied(small_run, store)
    kept, *_ = (store.create(replace(SMALL, steps=steps)) for steps in (7, 8))
    tab.open("train")
    keys = list(tab.dataframe[0].value.Key)
    tick(tab, *(row for row, key in enumerate(keys) if key != kept.key))
    tab.button(key="delete_chosen").click().run()
    assert [row.key for row in store.listed()] == [kept.key]


def test_a_tick_does_not_move_to_another_run_when_the_list_changes(tab: Tab, store: RunStore, small_run: Run) -> None:
    copied(small_run, store)
    tab.open("train")
    tick(tab, 0)
    store.create(replace(SMALL, steps=7))
    tab.run()
    assert "Delete" not in tab.labels()


def tick(tab: Tab, *rows: int) -> None:
    """Choose rows of the list, which a test cannot do through the table itself."""
    (key,) = (key for key in tab.session_state if key.startswith("runs"))
    tab.session_state[key] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    tab.run()


def test_deleting_a_damaged_run_that_somebody_else_deleted_is_no_error(
    tab: Tab, store: RunStore, small_run: Run
) -> None:
    run = copied(small_run, store)
    (run.path / "config.json").unlink()
    tab.open("train")
    store.delete(run.key)
    tab.button(key=f"delete_{run.key}").click().run()
    assert not tab.error
