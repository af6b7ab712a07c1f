"""The contest of classifiers on a run: what is asked of it, and how it stands while it is held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from ae_core.contest import CONTESTANTS, WHOLE
from ae_core.errors import BottleneckError
from ae_core.store import Run
from ui.classify_field import Field, Outcomes, choose_field, show_labelled
from ui.classify_standings import show_curve, show_standings
from ui.errors import shown_plainly
from ui.runs import run_choice
from ui.server import jobs
from ui.status import duration

if TYPE_CHECKING:
    from ae_core.contests import ContestName, ContestProgress, Task

POLL_SECONDS = 1.0
GRAPH_SECONDS = 30.0
"""What the neighbours of all codes and the import of the libraries take, once a run."""
SECONDS_A_LABEL = 0.001
"""What logistic regression on pixels takes, the slowest that is no network."""
_PROBLEM = "_contest_problem"


def show_contest(run: Run) -> Field | None:
    """Choices, standings and curve; what the contest is about, or None where there can be none.

    Raises:
        RunNotFoundError, ConfigError, DataError, JobError.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        run_choice(run)
        field = choose_field(run)
    if field is None:
        return None
    show_labelled(field)
    moves = bool(jobs().contests.active(run))
    st.fragment(_panel, run_every=POLL_SECONDS if moves else None)(field, moves)
    return field


def _panel(field: Field, moved: bool) -> None:
    """All that changes while a contest is held."""
    with shown_plainly():
        active = jobs().contests.active(field.run)
        if bool(active) != moved:
            # The page goes on at another pace, and with the answers that have come.
            st.rerun()
        if problem := st.session_state.pop(_PROBLEM, ""):
            st.error(problem)
        outcomes = jobs().contests.outcomes(field.run)
        _buttons(field, outcomes, active)
        for words in jobs().contests.errors(field.run):
            st.error(words)
        for name, task in active.items():
            _progress(name, task)
        if not outcomes and not active:
            st.caption("Nothing is held yet on this run.")
            return
        left, right = st.columns([6, 5], gap="large")
        with left:
            show_standings(field, outcomes, active)
            with st.expander("Who they are"):
                st.markdown("\n".join(f"- **{one.title}.** {one.note}" for one in CONTESTANTS.values()))
        with right:
            show_curve(field, outcomes)


def _buttons(field: Field, outcomes: Outcomes, active: Mapping[ContestName, Task[ContestProgress]]) -> None:
    counts = field.counts
    missing = _missing(outcomes, [field.labels], field.times)
    of_curve = _missing(outcomes, counts, field.times)
    asked = {at for name in active for at in name.rounds}
    with st.container(horizontal=True, vertical_alignment="center", key="contest_buttons"):
        st.button(
            "Start the contest", type="primary", key="start_contest", on_click=_start, args=(field, [field.labels]),
            disabled=asked.issuperset(missing),
        )  # fmt: skip
        st.button(
            "Whole curve", key="start_curve", on_click=_start, args=(field, counts),
            disabled=asked.issuperset(of_curve), help=f"From {counts[0]} to {counts[-1]:,} labels, one after another.",
        )  # fmt: skip
        words = "Held already." if not missing else f"About {duration(_seconds(field, missing))}."
        if of_curve:
            words += f" The whole curve: about {duration(_seconds(field, of_curve))}."
        st.caption(words, width="content")


def _missing(outcomes: Outcomes, counts: Sequence[int], times: int) -> list[tuple[int, int]]:
    """Number of labels and seed of each contest that is not held to its end."""
    wanted = [(count, seed) for seed in range(times) for count in counts]
    return [at for at in wanted if at not in outcomes or len(outcomes[at].outcomes) < len(CONTESTANTS)]


def _seconds(field: Field, rounds: Sequence[tuple[int, int]]) -> float:
    """Estimated; both networks see as many images as an autoencoder of as many steps would."""
    lessons = [replace(field.run.config, steps=WHOLE.steps(count), batch_size=WHOLE.batch) for count, _ in rounds]
    rest = sum(count for count, _ in rounds) * SECONDS_A_LABEL
    return GRAPH_SECONDS + 2 * jobs().estimate(lessons) + rest


def _start(field: Field, counts: Sequence[int]) -> None:
    """A callback."""
    try:
        jobs().contests.request(field.run, counts, seeds=field.times)
    except BottleneckError as error:
        st.session_state[_PROBLEM] = str(error)


def _cancel(name: ContestName) -> None:
    """A callback."""
    try:
        jobs().contests.cancel(name)
    except BottleneckError as error:
        st.session_state[_PROBLEM] = str(error)


def _progress(name: ContestName, task: Task[ContestProgress]) -> None:
    progress = task.progress
    if task.stopping:
        words = "Stopping once the one that learns now is done ..."
    elif progress.phase:
        words = f"{progress.phase[0].upper()}{progress.phase[1:]} ..."
    else:
        again = f", for the {progress.seed + 1}. time of {name.seeds}" if name.seeds > 1 else ""
        so_far = "" if progress.accuracy is None else f": {progress.accuracy:.1%} so far"
        words = f"{progress.labels:,} labels{again}. {CONTESTANTS[progress.contestant].title}{so_far}"
    with st.container(horizontal=True, vertical_alignment="center", key=f"contest_{name}"):
        st.progress(min(1.0, progress.fraction), text=words)
        st.button("Stop", key=f"stop_{name}", on_click=_cancel, args=(name,), disabled=task.stopping)
