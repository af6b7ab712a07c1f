"""The run that a visitor has chosen, and what pages say of runs."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from ae_core.config import Config
from ae_core.errors import BottleneckError
from ae_core.presets import title_of
from ae_core.store import Run
from ui.server import store

RUN = "run"


def usable_runs() -> list[Run]:
    """Runs with an encoder and a decoder, last changed first. Raises StoreError."""
    return [run for run in store().runs() if run.usable]


def chosen_run() -> Run | None:
    """The run that the address names, else the last one that is usable; None when there is none at all.

    Says so when the address names one that cannot be opened.
    """
    key = st.query_params.get(RUN)
    if key:
        try:
            run = store().open(key)
            if run.usable:
                return run
            st.warning(f"Run {key} is not trained to its end yet. Showing another one.")
        except BottleneckError as error:
            st.warning(f"{error} Showing another one.")
    return next(iter(usable_runs()), None)


def run_choice(run: Run) -> None:
    """A list of usable runs, when there is more than one; the choice goes into the address."""
    runs = usable_runs()
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


def longer(config: Config, more: int) -> Config:
    """The training that goes on for `more` steps where `config` ended.

    With a constant learning rate it is the same path, further on. A cosine schedule has come to rest at zero: a new one
    starts from the weights that the old one reached.
    """
    if config.schedule == "constant":
        return replace(config, steps=config.steps + more)
    return replace(config, steps=more, continues=config.key)
