"""The table of all runs: pictures and figures, names to give, runs to delete or to compare."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import streamlit as st

from ae_core.config import FIELDS
from ae_core.errors import BottleneckError, DamagedRunError
from ae_core.naming import LONGEST, title_with_data
from ae_core.store import Listed, Run
from ui.compare import COMPARED, compare
from ui.pictures import data_url
from ui.runs import RUN, delete_run, showable
from ui.server import store

PICTURED = 4
"""Preview digits in a run's small picture."""
ENLARGED = 2
"""So that a browser that draws it larger does not blur it much."""
ROW_HEIGHT = 44
WATCH_SECONDS = 5
"""Between two looks whether somebody has made, named or deleted a run."""
DAMAGED = "damaged"
_TICKED, _PROBLEM = "_ticked_runs", "_run_list_problem"
COLUMNS = {
    "Digits": st.column_config.ImageColumn(help="How the run rebuilds the test digits 0 to 3", width=180),
    "Run": st.column_config.TextColumn(width="medium"),
    "Held-out MSE": st.column_config.NumberColumn(
        help="Mean squared error per pixel, on all held-out images", format="%.5f"
    ),
    "Steps": st.column_config.NumberColumn(format="localized"),
    "Training": st.column_config.NumberColumn(help="Time spent in training steps", format="%.1f s"),
    "Size": st.column_config.NumberColumn(help="On the server's disk", format="%.1f MB"),
}


def show_list(rows: Sequence[Listed]) -> None:
    """The runs in `rows` as a table, damaged ones among them, with what can be done with those that are ticked."""
    if problem := st.session_state.pop(_PROBLEM, ""):
        st.error(problem)
    # Ticks are kept by row number, so another list is another table, in which the same runs are ticked again: else
    # Delete would delete others.
    keys = [row.key for row in rows]
    ticked = [keys.index(key) for key in st.session_state.get(_TICKED, ()) if key in keys]
    chosen = st.dataframe(
        [_row(row) for row in rows],
        key=f"runs_{hash(tuple(keys))}",
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": ticked, "columns": [], "cells": []}},
        column_config=COLUMNS,
        row_height=ROW_HEIGHT,
        hide_index=True,
    )
    selected = [rows[index] for index in chosen.selection.rows if index < len(rows)]
    st.session_state[_TICKED] = [row.key for row in selected]
    for row in rows:
        if row.run is None:
            st.warning(row.problem)
    if selected:
        _actions(selected)
    else:
        st.caption(
            "Tick runs at the left to compare, name or delete them. A click on a column's title sorts by it. "
            "What is done here holds for everybody on this server."
        )


def in_order(rows: Iterable[Listed]) -> list[Listed]:
    """The run that was begun last first: an order that stays while runs train. Damaged ones come last."""
    return sorted(rows, key=lambda row: -(row.run.status.created if row.run else 0))


def look_of(rows: Iterable[Listed]) -> set[tuple[str, str, str]]:
    """What of a list must have changed before a page is drawn anew: not how far its trainings are."""
    return {(row.key, row.run.status.state, row.run.title) if row.run else (row.key, DAMAGED, "") for row in rows}


def _row(row: Listed) -> dict[str, object]:
    run = row.run
    if run is None:
        return {"Digits": None, "Run": f"Run {row.key}", "State": DAMAGED, "Key": row.key}
    status, config = run.status, run.config
    return {
        "Digits": _picture(str(run.path), status.updated, run),
        "Run": run.title,
        "State": status.state,
        "Held-out MSE": status.test_mse,
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
    runs = [row.run for row in selected if row.run]
    comparable = [run.key for run in runs if showable(run)]
    with st.container(horizontal=True, vertical_alignment="center"):
        if comparable and len(comparable) == len(selected) <= COMPARED.most:
            what = "Compare with PCA" if len(comparable) == 1 else f"Compare these {len(comparable)}"
            st.button(what, type="primary", key="compare_ticked", on_click=compare, args=(comparable,))
        if len(selected) == len(runs) == 1:
            _naming(runs[0])
            if comparable:
                st.page_link("pages/start.py", label="Look inside", query_params={RUN: runs[0].key})
        count = "this run" if len(selected) == 1 else f"these {len(selected)} runs"
        with st.popover(f"Delete {count}", key="delete_ticked"):
            st.markdown(f"Delete {count} for everybody on this server? This cannot be undone.")
            keys = [row.key for row in selected]
            st.button("Delete", type="primary", key="delete_chosen", on_click=_delete_all, args=(keys,))


def _naming(run: Run) -> None:
    with st.popover("Rename", key="rename_ticked"), st.form("rename", border=False):
        st.text_input(
            "Name",
            run.name,
            key=_name_key(run),
            max_chars=LONGEST,
            placeholder=title_with_data(run.config, store().root / "datasets"),
            help="Up to 60 characters. Without a name, a run is called by its settings.",
        )
        st.form_submit_button("Save", on_click=_rename, args=(run,))


def _name_key(run: Run) -> str:
    return f"name_{run.key}"


def _rename(run: Run) -> None:
    try:
        run.rename(st.session_state[_name_key(run)])
    except BottleneckError as error:
        st.session_state[_PROBLEM] = str(error)


def _delete_all(keys: Sequence[str]) -> None:
    try:
        for key in keys:
            delete_run(key)
    except BottleneckError as error:
        st.session_state[_PROBLEM] = str(error)
