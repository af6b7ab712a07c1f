"""Sweeps on a page: a new one, those of this server, and the chosen one as a curve that grows while it is trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from ae_core.config.hyperparameters import FIELDS
from ae_core.config.presets import setting_words
from ae_core.errors import BottleneckError
from ae_core.evaluation.comparison import NONE
from ae_core.runs.sweep import Sweep
from ae_core.runs.sweep_store import KeptSweep
from ae_core.runs.titles import sweep_title
from ae_core.workers.trainings import Training
from ui.components.arrival.arrival import lead_to
from ui.selection import address
from ui.selection.run import RUN, showable
from ui.shell.errors import shown_plainly, unmarked
from ui.shell.fragment import fragment, rerun_page
from ui.shell.rename import naming
from ui.shell.server import baseline_mse, has_baseline, jobs, store
from ui.shell.session import settle_control
from ui.sweeps.chart import sweep_chart
from ui.sweeps.digits import show_digits
from ui.sweeps.form import PROBLEM, STARTED, SWEEP, UNKNOWN, all_of, new_sweep, start, sweeps
from ui.sweeps.state import Trial, look_at
from ui.training.status import duration

POLL_SECONDS, REST_SECONDS = 1.0, 5.0
"""Between two looks at a sweep that is under way, and at one that rests: somebody else may start or delete its runs."""
PLACE = "sweeps"
_SEEN = "_sweep_seen"
"""Where the session keeps which sweep the visitor was taken to, or has chosen."""


def show_sweeps() -> None:
    """The section of a page that is about sweeps."""
    with st.container(key=PLACE):
        st.subheader("Sweep one hyperparameter", anchor=False)
    st.markdown(
        "Train the same network several times, with another value of one hyperparameter each time, and see its effect "
        "on the error, beside PCA, and on the digits. Each value is an ordinary run: what is trained already costs "
        "nothing."
    )
    with shown_plainly():
        kept = sweeps().listed()
        _new(first=not kept)
        if problem := st.session_state.pop(PROBLEM, ""):
            st.error(problem)
        chosen = _chosen(kept)
        if chosen is None:
            return
        if chosen.sweep is None:
            st.error(chosen.problem)
            st.button("Delete this sweep", key="delete_damaged_sweep", on_click=_delete, args=(chosen.key,))
            return
        _show(chosen)


def _new(*, first: bool) -> None:
    """The form in a list that opens, open at first where there is no sweep yet."""
    # Under another key it is another list: a closed one, once the sweep that it was opened for is under way. Nothing
    # else may close it, not even somebody else's first sweep.
    key = f"new_sweep_{st.session_state.get(STARTED, 0)}"
    expanded = st.session_state.setdefault(f"_{key}_open", first)
    with st.expander("New sweep", expanded=expanded, key=key), shown_plainly():
        new_sweep()


def _chosen(kept: Sequence[KeptSweep]) -> KeptSweep | None:
    """The sweep that the address names, else the last started one; says so when there is no such sweep."""
    by_key = {one.key: one for one in kept}
    named = address.said(SWEEP) or ""
    if named and named not in by_key:
        # The address is put right, and the message stays until the visitor does something about it.
        address.settle({SWEEP: None})
        st.session_state[UNKNOWN] = named[:40]
    if unknown := st.session_state.get(UNKNOWN):
        instead = "This is the one that was started last; choose another, or start one." if kept else "Start one."
        st.warning(
            f"The address must name a sweep of this server. Received: {unmarked(unknown)}, which none here is called; "
            f"perhaps it was deleted, or the address is not whole. {instead}"
        )
    if not kept:
        return None
    chosen = by_key.get(named, kept[0])
    if chosen.key == named != st.session_state.get(_SEEN):
        # Came by a link, or has just started it: it stands far down, and the button that was pressed is gone.
        lead_to(PLACE)
    st.session_state[_SEEN] = chosen.key
    titles = {one.key: sweep_title(one, store().root) for one in kept}
    settle_control("chosen_sweep", chosen.key, [titles[chosen.key]])
    st.selectbox(
        "Sweep", list(titles), key="chosen_sweep", format_func=lambda key: titles.get(key, key), on_change=_remember
    )
    return chosen


def _remember() -> None:
    st.session_state[_SEEN] = st.session_state["chosen_sweep"]
    address.change({SWEEP: st.session_state["chosen_sweep"]})
    st.session_state.pop(UNKNOWN, None)


def _name(sweep: Sweep) -> str:
    return FIELDS[sweep.field].label


def _show(kept: KeptSweep) -> None:
    sweep = kept.sweep
    assert sweep
    moves = _moves(sweep, look_at(sweep))
    fragment(_panel, run_every=POLL_SECONDS if moves else REST_SECONDS)(sweep, moves)
    with st.container(horizontal=True):
        usual = sweep_title(replace(kept, name=""), store().root)
        naming(sweep.key, kept.name, usual=usual, rename=partial(sweeps().rename, sweep.key))
        with st.popover("Delete the sweep"):
            st.markdown("Take this sweep off the list, for everybody on this server? Its runs stay.")
            st.button("Delete", type="primary", key="delete_sweep", on_click=_delete, args=(sweep.key,))


def _moves(sweep: Sweep, trials: Sequence[Trial]) -> bool:
    """Whether a run is under way, or a PCA that the curve is drawn against."""
    return any(trial.active for trial in trials) or not all(has_baseline(config) for config in sweep.configs)


def _panel(sweep: Sweep, moved: bool) -> None:
    """All of a sweep that changes while it is under way."""
    with shown_plainly():
        trials = look_at(sweep)
        if _moves(sweep, trials) != moved or not sweeps().has(sweep.key) or PROBLEM in st.session_state:
            # The page goes on at another pace, with another sweep, or with a message; only all of it can.
            rerun_page()
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            _buttons(sweep, trials)
            scale = st.segmented_control(
                "Error axis", ["Linear", "Log"], default="Linear", required=True, key="sweep_scale",
                label_visibility="collapsed",
            )  # fmt: skip
        _progress(sweep, trials)
        with st.container(key=f"sweep_{sweep.key}"):
            sweep_chart(key=f"sweep_curve_{sweep.key}", sweep=sweep, trials=trials, logarithmic=scale == "Log")
        show_digits(sweep, trials)
        _table(sweep, trials)


def _buttons(sweep: Sweep, trials: Sequence[Trial]) -> None:
    with st.container(horizontal=True, width="content", key="sweep_buttons"):
        if any(trial.active for trial in trials):
            idle = not any(trial.can_stop for trial in trials)
            st.button("Stop the sweep", key="stop_sweep", on_click=_stop, args=(sweep,), disabled=idle)
        if rest := [trial for trial in trials if trial.can_start]:
            label = "Start it again" if len(rest) == len(trials) else "Start the rest"
            st.button(label, type="primary", key="resume_sweep", on_click=start, args=(sweep,))


def _stop(sweep: Sweep) -> None:
    """Stop what is in training and keep it; what waits takes no step. A callback."""
    try:
        # The queue first, or its next training would begin when the running one ends.
        for trial in sorted(look_at(sweep), key=lambda trial: trial.taken_up):
            jobs().call_off(Training(trial.config), "stop" if trial.taken_up else "pause")
    except BottleneckError as error:
        st.session_state[PROBLEM] = str(error)


def _delete(key: str) -> None:
    try:
        sweeps().delete(key)
        address.settle({SWEEP: None})
        st.session_state.pop(UNKNOWN, None)
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
        st.success(_finding(sweep, trials))
    else:
        st.info(f"{done} of {len(trials)} trained. What is stopped or missing can be started again.")


def _finding(sweep: Sweep, trials: Sequence[Trial]) -> str:
    """What the curve says, in a sentence."""
    best = min(trials, key=lambda trial: trial.mse or 0.0)
    pca = baseline_mse(best.config, best.config.latent_dim)
    against = "" if pca is None else f" (PCA with as many dimensions: {pca:.4f})"
    where = setting_words(best.config, sweep.field)
    return f"{all_of(len(trials))} are trained. The least error is **{best.mse:.4f}**, with {where}{against}."


def _table(sweep: Sweep, trials: Sequence[Trial]) -> None:
    rows = [
        {
            _name(sweep): trial.label,
            "State": trial.words,
            "Held-out MSE": trial.status.test_mse if trial.status else None,
            "Steps": trial.view.step if trial.view and trial.view.run else None,
            "Seconds": round(trial.status.seconds, 1) if trial.status else None,
        }
        for trial in trials
    ]
    st.dataframe(
        rows,
        key=f"sweep_table_{sweep.key}",
        hide_index=True,
        placeholder=NONE,
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
