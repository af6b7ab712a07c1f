"""The table of all runs: pictures and figures, names to give, runs to delete or to compare."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from ae_core.config.hyperparameters import FIELDS
from ae_core.errors import BottleneckError, DamagedRunError, RunNotFoundError
from ae_core.evaluation.comparison import NONE
from ae_core.runs.run import Run
from ae_core.runs.store import Listed
from ae_core.runs.titles import unnamed_title
from ui.runs.comparison import COMPARED, compare
from ui.selection.run import RUN, delete_run, showable
from ui.shell.errors import unmarked
from ui.shell.frame import mouse_hint
from ui.shell.pictures import data_url
from ui.shell.rename import naming
from ui.shell.server import store
from ui.training.status import state_words

PICTURED = 4
"""Preview digits in a run's small picture."""
ENLARGED = 2
"""So that a browser that draws it larger does not blur it much."""
ROW_HEIGHT = 44
WATCH_SECONDS = 5
"""Between two looks whether somebody has made, named or deleted a run."""
DAMAGED = "damaged"
_TICKED, _TABLES, _PROBLEM = "_ticked_runs", "_run_tables", "_run_list_problem"
COLUMNS = {
    # First, so that a phone shows how good a run is beside what it is called.
    "Held-out MSE": st.column_config.NumberColumn(
        help="Mean squared error per pixel, on all held-out images", format="%.5f", width=100
    ),
    "Run": st.column_config.TextColumn(width=290),
    "Digits": st.column_config.ImageColumn(help="How the run rebuilds the test digits 0 to 3", width=180),
    "Steps": st.column_config.NumberColumn(format="localized"),
    "Training": st.column_config.NumberColumn(help="Time spent in training steps", format="%.1f s"),
    "Size": st.column_config.NumberColumn(help="On the server's disk", format="%.1f MB"),
}


NEWEST = "Last begun first"
ORDERS: dict[str, Callable[[Listed], Any]] = {
    # As they come.
    NEWEST: lambda _: 0,
    "Least error first": lambda row: _figure(row, lambda run: run.status.test_mse),
    "Fewest dimensions first": lambda row: _figure(row, lambda run: run.config.latent_dim),
    "By name": lambda row: (row.run is None, _title(row).casefold()),
}
"""What each order of the table sorts by. Runs without such a figure come last."""


@dataclass(frozen=True)
class _Table:
    """A table as it was sent to the browser, which tells ticks by row number.

    Attributes:
        number: each list of runs is another table, else a tick would pass to whatever run has come to its row.
        runs: the key of each row's run.
        ticked: the rows that were ticked when it was last looked at.
    """

    number: int
    runs: tuple[str, ...] = ()
    ticked: tuple[int, ...] = ()

    @property
    def key(self) -> str:
        return f"runs_{self.number}"


def show_list(rows: Sequence[Listed]) -> None:
    """The runs in `rows` as a table, damaged ones among them, with what can be done with those that are ticked."""
    if problem := st.session_state.pop(_PROBLEM, ""):
        st.error(problem)
    order = st.selectbox("Order", list(ORDERS), key="runs_order", width=240) if len(rows) > 1 else NEWEST
    selected = _table(sorted(rows, key=ORDERS[order]))
    for row in rows:
        if row.run is None:
            st.warning(row.problem)
    if selected:
        _actions(selected)
    else:
        st.caption(
            "Tick runs at the left to compare, name, open or delete them. Press a column's title to sort by it. "
            "What is done here holds for everybody on this server."
        )
        mouse_hint("runs", "By keyboard: the arrow keys go through the table, Shift and Space tick a run.")


def _table(rows: Sequence[Listed]) -> list[Listed]:
    """Show the table; returns what is ticked."""
    keys = tuple(row.key for row in rows)
    former, table = st.session_state.get(_TABLES, (None, _Table(0, keys)))
    kept: list[str] = list(st.session_state.get(_TICKED, ()))
    kept, late = _heard(kept, former) if former else (kept, False)
    kept, _ = _heard(kept, table)
    if late or table.runs != keys:
        # What is ticked in a table at first is heeded once.
        former, table = table, _Table(table.number + 1, keys)
    ticked = [keys.index(key) for key in kept if key in keys]
    chosen = st.dataframe(
        [_row(row) for row in rows],
        key=table.key,
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": ticked, "columns": [], "cells": []}},
        column_config=COLUMNS,
        row_height=ROW_HEIGHT,
        hide_index=True,
        placeholder=NONE,
    )
    if former:
        # A tick may be on its way from the table that the browser still shows. It arrives if that table is known.
        place = st.empty()
        place.dataframe([], key=former.key, on_select="rerun", selection_mode="multi-row")
        place.empty()
    now = tuple(row for row in chosen.selection.rows if row < len(rows))
    st.session_state[_TABLES] = former, _Table(table.number, keys, now)
    st.session_state[_TICKED] = [keys[row] for row in now]
    return [rows[row] for row in now]


def _heard(kept: list[str], table: _Table) -> tuple[list[str], bool]:
    """The ticked runs, `kept` being those of before, once the browser's word on a table is heard; whether it is new."""
    state = st.session_state.get(table.key)
    rows = tuple(state["selection"]["rows"]) if state else table.ticked
    if rows == table.ticked:
        return kept, False
    now = [table.runs[row] for row in rows if row < len(table.runs)]
    return [key for key in kept if key not in table.runs] + now, True


def in_order(rows: Iterable[Listed]) -> list[Listed]:
    """The run that was begun last first: an order that stays while runs train. Damaged ones come last."""
    return sorted(rows, key=lambda row: -(row.run.status.created if row.run else 0))


def look_of(rows: Iterable[Listed]) -> set[tuple[str, str, str]]:
    """What of a list must have changed before a page is drawn anew: not how far its trainings are."""
    return {(row.key, row.run.status.state, row.run.title) if row.run else (row.key, DAMAGED, "") for row in rows}


def _row(row: Listed) -> dict[str, object]:
    run = row.run
    if run is None:
        return {"Held-out MSE": None, "Run": f"Run {row.key}", "Digits": None, "State": DAMAGED, "Key": row.key}
    status, config = run.status, run.config
    return {
        "Held-out MSE": status.test_mse,
        "Run": run.title,
        "Digits": _picture(str(run.path), status.updated, run),
        "State": state_words(status),
        "Dimensions": config.latent_dim,
        "Family": FIELDS["family"].words(config.family),
        "Loss": FIELDS["loss"].words(config.loss),
        "Steps": status.step,
        "Training": status.seconds,
        "Size": run.size_on_disk() / 1e6,
        "Key": run.key,
    }


@st.cache_data(max_entries=500, show_spinner=False)
def _picture(path: str, updated: float, _run: Run) -> str | None:  # noqa: ARG001 a run trained further is another entry
    """Its first preview digits side by side, as a data URL; None when there are none."""
    try:
        preview = _run.preview()
    except DamagedRunError:
        # Whoever opens the run hears of it; the list goes on.
        return None
    if preview is None:
        return None
    digits = preview[1][:PICTURED]
    return data_url(np.concatenate(digits, axis=1), ENLARGED)


def _actions(selected: Sequence[Listed]) -> None:
    """What can be done with the ticked runs."""
    with st.container(horizontal=True, vertical_alignment="center"):
        _comparing(selected)
        if len(selected) == 1 and (run := selected[0].run):
            naming(run.key, run.name, usual=unnamed_title(run.config, store().root), rename=_renaming(run))
            if showable(run):
                st.page_link("pages/start.py", label="Look inside", query_params={RUN: run.key})
            st.page_link("pages/train.py", label="Open on Train", query_params={RUN: run.key})
        count = "this run" if len(selected) == 1 else f"these {len(selected)} runs"
        with st.popover(f"Delete {count}", key="delete_ticked"):
            which = f"**{unmarked(_title(selected[0]))}**" if len(selected) == 1 else count
            st.markdown(f"Delete {which} for everybody on this server? This cannot be undone.")
            keys = [row.key for row in selected]
            st.button("Delete", type="primary", key="delete_chosen", on_click=_delete_all, args=(keys,))


def _comparing(selected: Sequence[Listed]) -> None:
    """The button that compares the ticked runs, or why they cannot be compared."""
    comparable = [row.run.key for row in selected if row.run and showable(row.run)]
    if (more := len(selected) - COMPARED.most) > 0:
        untick = "one" if more == 1 else str(more)
        st.markdown(f"Compare takes two to {COMPARED.words}. Ticked: {len(selected)}. Untick {untick}.")
    elif len(comparable) < len(selected):
        rest = ", ".join(unmarked(_title(row)) for row in selected if row.key not in comparable)
        st.markdown(f"Compare takes runs that are trained, on images that are still here. Untick: {rest}.")
    else:
        what = "Compare with PCA" if len(comparable) == 1 else f"Compare these {len(comparable)}"
        st.button(what, type="primary", key="compare_ticked", on_click=compare, args=(comparable,))


def _figure(row: Listed, figure_of: Callable[[Run], float | None]) -> float:
    figure = figure_of(row.run) if row.run else None
    return math.inf if figure is None else figure


def _title(row: Listed) -> str:
    return row.run.title if row.run else f"Run {row.key}"


def _renaming(run: Run) -> Callable[[str], None]:
    def rename(text: str) -> None:
        try:
            run.rename(text)
        except RunNotFoundError:
            # By what it was called: keys mean nothing to a visitor.
            st.session_state[_PROBLEM] = f"“{unmarked(run.title)}” cannot be named: it was deleted meanwhile."

    return rename


def _delete_all(keys: Sequence[str]) -> None:
    try:
        for key in keys:
            delete_run(key)
    except BottleneckError as error:
        st.session_state[_PROBLEM] = str(error)
