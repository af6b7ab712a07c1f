"""The run that a visitor has chosen, and what pages say of runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Literal

import streamlit as st

from ae_core.config.config import Config
from ae_core.config.presets import PRESETS
from ae_core.errors import BottleneckError, DamagedRunError, RunNotFoundError
from ae_core.runs.run import Run
from ui.selection import address
from ui.shell.errors import shown_plainly, unmarked
from ui.shell.server import has_data, store

RUN = "run"
_REMEMBERED = "_remembered_run"
"""Where the session keeps the run that was chosen last, for every page."""
_TITLES = "_run_titles"
"""Where the session keeps what runs were called that it was shown, for when somebody deletes one."""
_ASKED = "_asked_run"
"""Where the session keeps the run that this visitor wanted to be trained last."""
_ARRIVALS = "_arrivals"
"""Where the session keeps of each list of runs the visit in which it was opened last, and the run that it had then."""
FIRST = PRESETS["quick-start"]
"""What a server trains by itself, and what a visitor is shown who did not ask for a run."""


def showable(run: Run) -> bool:
    """Whether there is something to show of `run`: a trained network, and the images that it learned from."""
    return run.usable and has_data(run.config)


def chosen_run() -> Run | None:
    """The run that the address names, else what this visitor has trained or chosen before, on whichever page.

    Else `FIRST`, else the last finished one, else one that was stopped.

    What thirty students try out shall not greet a newcomer. None when there is nothing to show.

    Says so when the address names one that cannot be opened.
    """
    # Also without a message, so that what follows keeps its place when it comes or goes.
    notice = st.container()
    before = newly_trained(RUN) or st.session_state.get(_REMEMBERED)
    # What the visitor left on this page may be older than what they chose on another.
    key = (address.said(RUN) or before) if address.is_spoken() else before
    if key:
        why = why_not_shown(key)
        if not why:
            st.session_state[_REMEMBERED] = key
            return store().open(key)
        notice.warning(f"{why} Showing another one.")
        if key == before:
            # Said once.
            before = st.session_state.pop(_REMEMBERED)
    others = filter(showable, store().runs())
    return min(others, key=lambda run: _strangeness(run, before), default=None)


def expect_run(key: str) -> None:
    """This visitor wants a run to be trained: what they open once there is something to show of it opens with it."""
    st.session_state[_ASKED] = key


def newly_trained(place: str) -> str:
    """The run that this visitor wanted to be trained last, if it can be shown by now and `place` has not had it yet.

    Empty else; and during a visit, in which nothing shall change under one's hands; and where an address says what to
    show.
    """
    arrivals: dict[str, tuple[int, str]] = st.session_state.setdefault(_ARRIVALS, {})
    visit, had = arrivals.get(place, (0, ""))
    if visit == address.visits():
        return ""
    key = "" if address.is_spoken() else st.session_state.get(_ASKED, "")
    new = key if key and key != had and not why_not_shown(key) else ""
    arrivals[place] = address.visits(), new or had
    return new


def why_not_shown(key: str) -> str:
    """A sentence on why the run `key`, which may be any text from an address, cannot be shown; empty when it can."""
    titles: dict[str, str] = st.session_state.setdefault(_TITLES, {})
    try:
        run = store().open(key)
    except RunNotFoundError:
        if key in titles:
            return f"{titles[key]} is no longer here: somebody deleted it."
        return (
            f"The address must name a run of this server. Received: {unmarked(key[:40])}, which none here is called; "
            "perhaps it was deleted, or the address is not whole."
        )
    except BottleneckError as error:
        return str(error).replace(f"Run {key}", titles.get(key, f"Run {key}"), 1)
    titles[key] = unmarked(run.title)
    if showable(run):
        return ""
    why = "learned from images that are no longer here" if run.usable else "is not trained to its end yet"
    return f"{titles[key]} {why}."


def _strangeness(run: Run, before: str | None) -> tuple[bool, ...]:
    """How little one expects to see `run`, least first."""
    return run.key != before, run.key != FIRST.key, run.status.state != "finished"


def run_choice(run: Run, *, width: int | Literal["stretch"] = "stretch") -> None:
    """A list of showable runs, when there is more than one; the choice goes into the address, and is remembered.

    Args:
        width: of the list, in pixels.
    """
    if address.said(RUN) or run.key == st.session_state.get(_REMEMBERED):
        # So that the page can be sent to somebody, also when one came here without an address, or with a wrong one.
        address.settle({RUN: run.key})
    runs = [run for run in store().runs() if showable(run)]
    if len(runs) < 2:
        return
    titles = told_apart(runs)
    labels = {other.key: _label(other, titles[other.key]) for other in runs}
    st.session_state["chosen_run"] = run.key
    st.selectbox(
        "Run",
        list(labels),
        key="chosen_run",
        format_func=lambda key: labels.get(key, key),
        on_change=lambda: choose_run(st.session_state["chosen_run"]),
        width=width,
    )


def choose_run(key: str) -> None:
    """The visitor has chosen this run; a callback."""
    st.session_state[_REMEMBERED] = key
    address.change({RUN: key})


def _label(run: Run, title: str) -> str:
    return title if run.status.state == "finished" else f"{title} ({run.status.state} at step {run.status.step:,})"


def runs_link() -> None:
    """A link to the page of all runs, with how many there are; nothing as long as there are none."""
    rows = store().listed()
    if rows:
        damaged = sum(row.run is None for row in rows)
        words = f"Runs on this server: {len(rows)}" + (f", {damaged} damaged" if damaged else "")
        st.page_link("pages/runs.py", label=words, icon=":material/arrow_forward:")


def told_apart(runs: Iterable[Run]) -> dict[str, str]:
    """Titles by key. One that several runs share is followed by the beginning of the key."""
    titles = {run.key: run.title for run in runs}
    shared = Counter(titles.values())
    return {key: f"{title} ({key[:4]})" if shared[title] > 1 else title for key, title in titles.items()}


@contextmanager
def damage_mendable(key: str, title: str = "") -> Iterator[None]:
    """Show that run `key` is damaged with a button that deletes it, and any other error as `shown_plainly` does.

    Args:
        title: what the message calls the run, where that is known.
    """
    with shown_plainly():
        try:
            yield
        except DamagedRunError as error:
            st.error(str(error).replace(f"Run {key}", unmarked(title), 1) if title else str(error))
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
