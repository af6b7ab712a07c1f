"""Sweeps on a page: a new one, those of this server, and the chosen one as a curve that grows while it is trained."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ae_core.config import FIELDS
from ae_core.errors import BottleneckError
from ae_core.presets import title_of
from ae_core.sweeps import KeptSweep, Sweep
from ui.errors import shown_plainly
from ui.runs import RUN, showable
from ui.server import baseline_mse, has_baseline, jobs
from ui.status import duration
from ui.sweep_chart import sweep_chart
from ui.sweep_form import PROBLEM, SWEEP, new_sweep, start, sweeps
from ui.sweep_view import Trial, look_at

POLL_SECONDS, REST_SECONDS = 1.0, 5.0
"""Between two looks at a sweep that is under way, and at one that rests: somebody else may start or delete its runs."""


def show_sweeps() -> None:
    """The section of a page that is about sweeps."""
    st.subheader("Sweep one hyperparameter", anchor=False)
    st.markdown(
        "Train the same network several times, with another value of one hyperparameter each time, and see its effect "
        "as a curve beside PCA. Each value is an ordinary run: what is trained already costs nothing."
    )
    with shown_plainly():
        kept = sweeps().listed()
        # Under another key it is another expander: a closed one, once the sweep that it was opened for is under way.
        key = f"new_sweep_{st.query_params.get(SWEEP, '')}"
        with st.expander("New sweep", expanded=not kept, key=key), shown_plainly():
            new_sweep()
        if problem := st.session_state.pop(PROBLEM, ""):
            st.error(problem)
        chosen = _chosen(kept)
        if chosen is None:
            return
        if chosen.sweep is None:
            st.error(chosen.problem)
            st.button("Delete this sweep", key="delete_damaged_sweep", on_click=_delete, args=(chosen.key,))
            return
        _show(chosen.sweep)


def _chosen(kept: Sequence[KeptSweep]) -> KeptSweep | None:
    """The sweep that the address names, else the last started one; says so when there is no such sweep."""
    by_key = {one.key: one for one in kept}
    named = st.query_params.get(SWEEP)
    if named and named not in by_key:
        st.warning(f"There is no sweep {named[:40]}: it was deleted, or the address is wrong.")
    if not kept:
        return None
    chosen = by_key.get(named or "", kept[0])
    st.session_state["chosen_sweep"] = chosen.key
    titles = {one.key: _title(one) for one in kept}
    st.selectbox(
        "Sweep", list(titles), key="chosen_sweep", format_func=lambda key: titles.get(key, key), on_change=_remember
    )
    return chosen


def _remember() -> None:
    st.query_params[SWEEP] = st.session_state["chosen_sweep"]


def _title(kept: KeptSweep) -> str:
    if kept.sweep is None:
        return f"Sweep {kept.key}, damaged"
    return f"{_name(kept.sweep)} {', '.join(kept.sweep.labels)}, else as: {title_of(kept.sweep.base)}"


def _name(sweep: Sweep) -> str:
    return FIELDS[sweep.field].label


def _show(sweep: Sweep) -> None:
    moves = _moves(sweep, look_at(sweep))
    st.fragment(_panel, run_every=POLL_SECONDS if moves else REST_SECONDS)(sweep, moves)


def _moves(sweep: Sweep, trials: Sequence[Trial]) -> bool:
    """Whether a run is under way, or a PCA that the curve is drawn against."""
    return any(trial.active for trial in trials) or not all(has_baseline(config) for config in sweep.configs)


def _panel(sweep: Sweep, moved: bool) -> None:
    """All of a sweep that changes while it is under way."""
    with shown_plainly():
        trials = look_at(sweep)
        if _moves(sweep, trials) != moved or not sweeps().has(sweep.key) or PROBLEM in st.session_state:
            # The page goes on at another pace, with another sweep, or with a message; only all of it can.
            st.rerun()
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            _buttons(sweep, trials)
            scale = st.segmented_control(
                "Error axis", ["Linear", "Log"], default="Linear", required=True, key="sweep_scale",
                label_visibility="collapsed",
            )  # fmt: skip
        _progress(sweep, trials)
        with st.container(key=f"sweep_{sweep.key}"):
            sweep_chart(key=f"sweep_curve_{sweep.key}", sweep=sweep, trials=trials, logarithmic=scale == "Log")
        _table(sweep, trials)


def _buttons(sweep: Sweep, trials: Sequence[Trial]) -> None:
    with st.container(horizontal=True, width="content", key="sweep_buttons"):
        if any(trial.active for trial in trials):
            idle = not any(trial.can_stop for trial in trials)
            st.button("Stop the sweep", key="stop_sweep", on_click=_stop, args=(sweep,), disabled=idle)
        if rest := [trial for trial in trials if trial.can_start]:
            label = "Start it again" if len(rest) == len(trials) else "Start the rest"
            st.button(label, type="primary", key="resume_sweep", on_click=start, args=(sweep,))
        with st.popover("Delete the sweep"):
            st.markdown("Take this sweep off the list, for everybody on this server? Its runs stay.")
            st.button("Delete", type="primary", key="delete_sweep", on_click=_delete, args=(sweep.key,))


def _stop(sweep: Sweep) -> None:
    """Stop what is in training and keep it; what waits takes no step. A callback."""
    try:
        # The queue first, or its next training would begin when the running one ends.
        for trial in sorted(look_at(sweep), key=lambda trial: trial.begun):
            jobs().request(trial.config.key, "stop" if trial.begun else "pause")
    except BottleneckError as error:
        st.session_state[PROBLEM] = str(error)


def _delete(key: str) -> None:
    try:
        sweeps().delete(key)
        st.query_params.pop(SWEEP, None)
    except BottleneckError as error:
        st.session_state[PROBLEM] = str(error)


def _progress(sweep: Sweep, trials: Sequence[Trial]) -> None:
    done = sum(trial.trained for trial in trials)
    if any(trial.active for trial in trials):
        seconds = max(trial.seconds_left() for trial in trials)
        left = f" About {duration(seconds)} left." if seconds else ""
        now = [f"{trial.label} ({trial.share:.0%})" for trial in trials if trial.begun]
        training = f" In training: {_name(sweep).lower()} {', '.join(now)}." if now else " Waiting for a worker."
        fraction = sum(1.0 if trial.trained else trial.share for trial in trials) / len(trials)
        st.progress(min(1.0, fraction), text=f"{done} of {len(trials)} trained.{training}{left}")
    elif done == len(trials):
        st.success(_finding(trials))
    else:
        st.info(f"{done} of {len(trials)} trained. What is stopped or missing can be started again.")


def _finding(trials: Sequence[Trial]) -> str:
    """What the curve says, in a sentence."""
    best = min(trials, key=lambda trial: trial.mse or 0.0)
    pca = baseline_mse(best.config, best.config.latent_dim)
    against = "" if pca is None else f" (PCA with {best.config.latent_dim} dimensions: {pca:.4f})"
    return f"All {len(trials)} trained. The least error is **{best.mse:.4f}**, at {best.label}{against}."


def _table(sweep: Sweep, trials: Sequence[Trial]) -> None:
    rows = [
        {
            _name(sweep): trial.label,
            "State": trial.words,
            "Held-out MSE": trial.status.test_mse if trial.status else None,
            "Steps": trial.view.step if trial.view else None,
            "Seconds": round(trial.status.seconds, 1) if trial.status else None,
        }
        for trial in trials
    ]
    st.dataframe(
        rows,
        key=f"sweep_table_{sweep.key}",
        hide_index=True,
        column_config={"Held-out MSE": st.column_config.NumberColumn(format="%.5f")},
    )
    for trial in trials:
        if trial.message:
            st.error(f"{_name(sweep)} {trial.label}: {trial.message}")
    if shown := [trial for trial in trials if trial.view and trial.view.run and showable(trial.view.run)]:
        with st.container(horizontal=True, vertical_alignment="center", key="sweep_links"):
            st.markdown("Look inside:", width="content")
            for trial in shown:
                st.page_link(
                    "pages/start.py", label=trial.label, icon=":material/arrow_forward:",
                    query_params={RUN: trial.config.key}, width="content",
                )  # fmt: skip
