"""The run that a visitor has chosen, and what pages say of runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import streamlit as st

from ae_core.config import Config
from ae_core.errors import BottleneckError, DamagedRunError, RunNotFoundError
from ae_core.presets import PRESETS, title_of
from ae_core.store import Run
from ui.errors import shown_plainly
from ui.server import has_data, store

RUN = "run"
FIRST = PRESETS["quick-start"]
"""What a server trains by itself, and what a visitor is shown who did not ask for a run."""


def showable(run: Run) -> bool:
    """Whether there is something to show of `run`: a trained network, and the images that it learned from."""
    return run.usable and has_data(run.config)


def chosen_run() -> Run | None:
    """The run that the address names, else `FIRST`, else the last finished one, else one that was stopped.

    What thirty students try out shall not greet a newcomer. None when there is nothing to show.

    Says so when the address names one that cannot be opened.
    """
    key = st.query_params.get(RUN)
    if key:
        try:
            run = store().open(key)
            if showable(run):
                return run
            why = "learned from images that are no longer here" if run.usable else "is not trained to its end yet"
            st.warning(f"Run {key} {why}. Showing another one.")
        except BottleneckError as error:
            st.warning(f"{error} Showing another one.")
    others = filter(showable, store().runs())
    return min(others, key=lambda run: (run.key != FIRST.key, run.status.state != "finished"), default=None)


def run_choice(run: Run) -> None:
    """A list of showable runs, when there is more than one; the choice goes into the address."""
    runs = [run for run in store().runs() if showable(run)]
    if len(runs) < 2:
        return
    titles = {other.key: _label(other) for other in runs}
    st.session_state["chosen_run"] = run.key
    st.selectbox(
        "Run", list(titles), key="chosen_run", format_func=lambda key: titles.get(key, key), on_change=_remember
    )


def _remember() -> None:
    st.query_params[RUN] = st.session_state["chosen_run"]


def _label(run: Run) -> str:
    title = title_of(run.config)
    return title if run.status.state == "finished" else f"{title} ({run.status.state} at step {run.status.step:,})"


def run_list() -> None:
    """All runs of this server in a closed expander, damaged ones among them, to open or to delete."""
    rows = store().listed()
    if not rows:
        return
    damaged = [row for row in rows if row.run is None]
    title = f"Runs on this server: {len(rows)}" + (f", {len(damaged)} damaged" if damaged else "")
    with st.expander(title, key="run_list"):
        for row in damaged:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(row.problem)
                st.button("Delete", key=f"delete_{row.key}", on_click=delete_run, args=(row.key,))
        runs = [row.run for row in rows if row.run]
        # Ticks are kept by row number. In another order they would be at other runs, and Delete would delete those.
        order = hash(tuple(run.key for run in runs))
        chosen = st.dataframe(
            [_row(run) for run in runs],
            key=f"runs_{order}",
            on_select="rerun",
            selection_mode="multi-row",
            hide_index=True,
        )
        _chosen_actions([runs[index] for index in chosen.selection.rows if index < len(runs)])
        st.caption("Tick runs at the left to look inside one or to delete some.")


def _row(run: Run) -> dict[str, object]:
    status = run.status
    return {
        "Run": title_of(run.config),
        "State": status.state,
        "Dimensions": run.config.latent_dim,
        "Steps": status.step,
        "Held-out error": status.test_mse,
        "Seconds": round(status.seconds, 1),
        "Key": run.key,
    }


def _chosen_actions(chosen: list[Run]) -> None:
    if not chosen:
        return
    with st.container(horizontal=True):
        if len(chosen) == 1 and showable(chosen[0]):
            st.page_link("pages/start.py", label="Look inside", query_params={RUN: chosen[0].key})
        count = "this run" if len(chosen) == 1 else f"these {len(chosen)} runs"
        with st.popover(f"Delete {count}"):
            st.markdown(f"Delete {count} for everybody on this server? This cannot be undone.")
            st.button("Delete", type="primary", key="delete_chosen", on_click=_delete_all, args=(chosen,))


def _delete_all(runs: list[Run]) -> None:
    for run in runs:
        delete_run(run.key)


@contextmanager
def damage_mendable(key: str) -> Iterator[None]:
    """Show that run `key` is damaged with a button that deletes it, and any other error as `shown_plainly` does."""
    with shown_plainly():
        try:
            yield
        except DamagedRunError as error:
            st.error(str(error))
            st.button("Delete this run", key=f"delete_damaged_{key}", on_click=delete_run, args=(key,))


def delete_run(key: str) -> None:
    """Delete a run; a callback. One that another visitor deleted meanwhile is gone as wished."""
    with suppress(RunNotFoundError):
        store().delete(key)


def longer(config: Config, more: int) -> Config:
    """The training that goes on for `more` steps where `config` ended.

    With a constant learning rate it is the same path, further on. A cosine schedule has come to rest at zero: a new one
    starts from the weights that the old one reached.
    """
    if config.schedule == "constant":
        return replace(config, steps=config.steps + more)
    return replace(config, steps=more, continues=config.key)
