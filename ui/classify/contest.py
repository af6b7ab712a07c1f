"""The contest of classifiers on a run: what is asked of it, and how it stands while it is held."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from ae_core.classification.contest import CONTESTANTS, WHOLE
from ae_core.classification.kept_contests import kept_contests
from ae_core.config.precision import FLOAT32
from ae_core.errors import BottleneckError
from ae_core.runs.run import Run
from ae_core.workers.contests import ContestProgress, Contests
from ae_core.workers.trainings import Training
from ui.classify.setup import Field, Outcomes, choose_field, percent, show_labelled
from ui.classify.standings import show_curve, show_standings
from ui.selection.run import choose_run
from ui.shell.errors import shown_plainly, unmarked
from ui.shell.fragment import fragment, rerun_page
from ui.shell.server import jobs, store
from ui.shell.visitor import visitor
from ui.training.status import duration

if TYPE_CHECKING:
    from ae_core.jobs.books import Job

POLL_SECONDS = 1.0
GRAPHS_SECONDS = 50.0
"""What the neighbours of all codes, those of PCA's and the import of the libraries take, once a run."""
SECONDS_EACH = 1.0
"""What each contestant takes however few labels there are."""
SECONDS_A_LABEL = 0.001
"""What logistic regression on pixels takes, the slowest that is no network."""
_MINE = "_contests_started"
"""Where the session keeps which contests this visitor started."""
_PROBLEM = "_contest_problem"

Active = Sequence["Job[Contests]"]


def show_contest(run: Run) -> Field | None:
    """Choices, standings and curve; what the contest is about, or None where there can be none.

    Raises:
        RunNotFoundError, ConfigError, DataError, JobError.
    """
    field = choose_field(run)
    if field is None:
        return None
    show_labelled(field)
    moves = bool(jobs().active(Contests))
    fragment(_panel, run_every=POLL_SECONDS if moves else None)(field, moves)
    return field


def _panel(field: Field, moved: bool) -> None:
    """All that changes while a contest is held."""
    with shown_plainly():
        everywhere = jobs().active(Contests)
        if bool(everywhere) != moved:
            # The page goes on at another pace, and with the answers that have come.
            rerun_page()
        active = [job for job in everywhere if job.work.key == field.run.key]
        outcomes = kept_contests(field.run)
        # What is below keeps its place when some of this comes or goes.
        with st.container():
            if problem := st.session_state.pop(_PROBLEM, ""):
                st.error(problem)
            _buttons(field, outcomes, active)
            errors = jobs().errors(Contests)
            for words in dict.fromkeys(errors[work] for work in errors if work.key == field.run.key):
                st.error(words)
            for job in active:
                _progress(job)
            _others(field, everywhere)
        if not outcomes and not active:
            st.caption(f"Nothing is held yet on this run. The {len(CONTESTANTS)} contestants:")
            _contestants()
            return
        left, right = st.columns([6, 5], gap="large")
        with left:
            show_standings(field, outcomes, active)
        with right:
            show_curve(field, outcomes)
        with st.expander("Who they are"):
            _contestants()


def _contestants() -> None:
    with_encoder, without = (
        "\n".join(f"- **{one.title}.** {one.note}" for one in CONTESTANTS.values() if one.encoder == encoder)
        for encoder in (True, False)
    )
    left, right = st.columns(2, gap="large")
    left.markdown(f"On the trained encoder:\n{with_encoder}")
    right.markdown(f"Without it:\n{without}")


def _others(field: Field, everywhere: Active) -> None:
    """Contests on other runs, for which one on this run would wait."""
    for key in dict.fromkeys(job.work.key for job in everywhere if job.work.key != field.run.key):
        with suppress(BottleneckError):
            title = unmarked(store().open(key).title)
            with st.container(horizontal=True, vertical_alignment="center"):
                st.caption(f"A contest on {title} is under way; another one waits for it.", width="content")
                # No link: on the page that one is on already, Streamlit would leave the address as it is.
                st.button("See it", key=f"see_{key}", icon=":material/arrow_forward:", on_click=choose_run, args=(key,))


def _buttons(field: Field, outcomes: Outcomes, active: Active) -> None:
    counts = field.counts
    missing = _missing(outcomes, [field.labels], field.times)
    of_curve = _missing(outcomes, counts, field.times)
    asked = {at for job in active for at in job.work.rounds}
    begun = any(labels == field.labels for labels, _ in outcomes)
    with st.container(horizontal=True, vertical_alignment="center", key="contest_buttons"):
        st.button(
            "Go on" if begun and missing else "Start the contest", type="primary", key="start_contest",
            on_click=_start, args=(field, [field.labels]), disabled=asked.issuperset(missing),
        )  # fmt: skip
        st.button(
            "Whole curve", key="start_curve", on_click=_start, args=(field, counts),
            disabled=asked.issuperset(of_curve), help=f"From {counts[0]} to {counts[-1]:,} labels, one after another.",
        )  # fmt: skip
        words = "Held already." if not missing else f"About {duration(_seconds(field, outcomes, missing))}."
        if of_curve:
            words += f" The whole curve: about {duration(_seconds(field, outcomes, of_curve))}."
        st.caption(words, width="content")


def _missing(outcomes: Outcomes, counts: Sequence[int], times: int) -> list[tuple[int, int]]:
    """Number of labels and seed of each contest that is not held to its end."""
    wanted = [(count, seed) for seed in range(times) for count in counts]
    return [at for at in wanted if at not in outcomes or len(outcomes[at].outcomes) < len(CONTESTANTS)]


def _seconds(field: Field, outcomes: Outcomes, rounds: Sequence[tuple[int, int]]) -> float:
    """Estimated, for the contestants that have not learned yet.

    A network sees as many images as an autoencoder of as many steps would.
    """
    seconds, courses = 0.0, []
    for at in rounds:
        left = set(CONTESTANTS) - set(outcomes[at].outcomes if at in outcomes else ())
        course = replace(field.run.config, steps=WHOLE.steps(at[0]), batch_size=WHOLE.batch, precision=FLOAT32)
        courses += [course] * len(left & {"fine-tuned", "from-scratch"})
        seconds += SECONDS_EACH * len(left) + SECONDS_A_LABEL * at[0] * ("logistic-pixels" in left)
    # What several contests share is made for the first of them.
    return seconds + jobs().estimate(map(Training, courses)) + (0.0 if outcomes else GRAPHS_SECONDS)


def _start(field: Field, counts: Sequence[int]) -> None:
    """A callback."""
    try:
        contests = Contests.of(field.run, counts, seeds=field.times)
        jobs().ask(contests, owner=visitor())
        st.session_state.setdefault(_MINE, set()).add(contests)
    except BottleneckError as error:
        st.session_state[_PROBLEM] = str(error)


def _cancel(contests: Contests) -> None:
    """A callback."""
    try:
        jobs().call_off(contests)
    except BottleneckError as error:
        st.session_state[_PROBLEM] = str(error)


def _progress(job: Job[Contests]) -> None:
    contests, stopping = job.work, job.state == "stopping"
    with st.container(horizontal=True, vertical_alignment="center", key=f"contest_{contests.name}"):
        st.progress(min(1.0, job.progress.fraction if job.progress else 0.0), text=_words(job))
        key = f"stop_{contests.name}"
        if contests in st.session_state.get(_MINE, ()):
            st.button("Stop", key=key, on_click=_cancel, args=(contests,), disabled=stopping)
            return
        with st.popover("Stop", key=f"ask_{contests.name}", disabled=stopping):
            st.markdown("Somebody else started this. Stop it for everybody? What is learned by now is kept.")
            st.button("Stop it", type="primary", key=key, on_click=_cancel, args=(contests,))


def _words(job: Job[Contests]) -> str:
    contests, progress = job.work, job.progress or ContestProgress()
    if job.state == "stopping":
        return "Stopping as soon as the one that learns now can be left ..."
    if progress.phase:
        return f"{progress.phase[0].upper()}{progress.phase[1:]} ..."
    set_of = f", set {progress.seed + 1} of {contests.seeds}" if contests.seeds > 1 else ""
    so_far = "" if progress.accuracy is None else f": {percent(progress.accuracy)} of some test images so far"
    return f"{progress.labels:,} labels{set_of}. {CONTESTANTS[progress.contestant].title}{so_far}"
