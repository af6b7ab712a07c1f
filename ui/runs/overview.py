"""The page of all runs: their table, the board, a comparison; drawn anew when the list of runs has changed."""

from __future__ import annotations

import streamlit as st

from ui.runs.comparison import show_comparison
from ui.runs.scoreboard import show_scoreboard
from ui.runs.table import WATCH_SECONDS, in_order, look_of, show_list
from ui.selection.run import showable
from ui.shell.errors import shown_plainly
from ui.shell.fragment import fragment, rerun_page
from ui.shell.server import store


def show_runs() -> None:
    """All that was trained, or where to begin."""
    rows = in_order(store().listed())
    fragment(_watch, run_every=WATCH_SECONDS)(look_of(rows))
    if not rows:
        # Other pages begin the first training by themselves. Here it would come back when somebody deletes it.
        st.info("Nothing is trained on this server yet. Train a network, and it will be listed here.")
        st.page_link("pages/train.py", label="Train one", icon=":material/arrow_forward:")
        return
    runs = [row.run for row in rows if row.run]
    # In containers, so that a comparison keeps its place whatever the list above says.
    with st.container(key="run_list"):
        show_list(rows)
    with st.container():
        show_scoreboard(runs)
    if any(map(showable, runs)):
        show_comparison()


def _watch(shown: object) -> None:
    with shown_plainly():
        if look_of(store().listed()) != shown:
            rerun_page()
