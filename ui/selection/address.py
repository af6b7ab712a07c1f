"""What is chosen on a page, in its address: to be sent to somebody, to outlast a reload, to be undone by Back.

The address wins whenever it comes from outside: with a visit, a link, Back or Forward. It says everything then: what it
does not name stands as usual. Only one that says nothing at all, as after a press on a page's name at the top, brings
the page back as it was left.

What a visitor changes goes into the address as a new entry of the browser's history, so that Back undoes it
(`change`). What a page settles by itself takes the place of the present entry (`settle`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode
from uuid import uuid4

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ui.shell.errors import unmarked
from ui.shell.session import settle_control

T = TypeVar("T")
Values = dict[str, list[str]]
"""By name; of those that stand in an address several times, and of no page of ours, each."""

_HERE = "_address"
MOST_LETTERS = 40
"""Of a wrong value that a message repeats."""


@dataclass
class _Address:
    """The address of the page that the visitor is on.

    Attributes:
        values: what it says by now.
        spoken: whether somebody's address said it when it came; else it is what the visitor left here.
        visits: how often an address has come from outside in this session.
        heard: the names that have been asked for since.
        problems: what is wrong with it, by name, until the visitor changes something.
        known: what the browser has by now.
        mark: of the last thing that the browser was told.
        left: what was said on the pages that were left.
    """

    page: str
    values: Values
    spoken: bool
    visits: int = 1
    heard: set[str] = field(default_factory=set)
    problems: dict[str, str] = field(default_factory=dict)
    known: str = ""
    mark: str = ""
    left: dict[str, Values] = field(default_factory=dict)


@dataclass(frozen=True)
class Parameter(Generic[T]):
    """A choice that the address keeps.

    Attributes:
        name: in the address, and what messages call it.
        key: where the session keeps the choice: that of its widget, if it has one.
        usual: what is chosen where the address does not name it.
        read: the choice that a text stands for; raises ValueError for none.
        text: the opposite.
        expected: what it takes, in words that finish the sentence "<name> must be ...".
    """

    name: str
    key: str
    usual: T
    read: Callable[[str], T]
    text: Callable[[T], str]
    expected: str

    @classmethod
    def one_of(cls, name: str, key: str, choices: Mapping[str, T], *, usual: T) -> Parameter[T]:
        """One of `choices`, each under its text."""
        texts = {choice: text for text, choice in choices.items()}

        def read(text: str) -> T:
            if text not in choices:
                raise ValueError(text)
            return choices[text]

        return cls(name, key, usual, read, lambda choice: texts.get(choice, ""), f"one of {', '.join(choices)}")

    @classmethod
    def whole(cls, name: str, key: str, low: int, high: int, *, usual: int) -> Parameter[int]:
        """A whole number from `low` to `high`."""

        def read(text: str) -> int:
            if not low <= int(text) <= high:
                raise ValueError(text)
            return int(text)

        return Parameter(name, key, usual, read, str, f"a whole number from {low:,} to {high:,}")

    @classmethod
    def number(cls, name: str, key: str, low: float, high: float, *, usual: float) -> Parameter[float]:
        """A number from `low` to `high`."""

        def read(text: str) -> float:
            # Written so that NaN, which compares as false, is refused.
            if not low <= float(text) <= high:
                raise ValueError(text)
            return float(text)

        return Parameter(name, key, usual, read, "{:g}".format, f"a number from {low:g} to {high:g}")

    def settle(self, notice: DeltaGenerator | None = None) -> T:
        """Settle the choice in the session before its widget is drawn; says in `notice` what is wrong with the address.

        It is what the address says, if that is news, else what it was.
        """
        here = _here()
        # Streamlit forgets each widget that was not drawn lately.
        if is_news(self.name) or self.key not in st.session_state:
            settle_control(self.key, self._asked())
        elif not self._takes(st.session_state[self.key]):
            settle_control(self.key, self.usual)
        settle({self.name: self.chosen_text()})
        if problem := here.problems.get(self.name):
            (notice or st).warning(problem)
        chosen: T = st.session_state[self.key]
        return chosen

    def change(self) -> None:
        """The visitor has made another choice, which is in the session; a callback."""
        change({self.name: self.chosen_text()})

    def chosen_text(self) -> str | None:
        """What the address says of the choice in the session; None for what is usual."""
        chosen: T = st.session_state[self.key]
        return None if chosen == self.usual else self.text(chosen)

    def _asked(self) -> T:
        """What the address says; else, and where that cannot be, what is usual."""
        text, here = said(self.name), _here()
        if text is None:
            return self.usual
        try:
            return self.read(text)
        except ValueError:
            if here.spoken:
                shown = self.text(self.usual)
                here.problems[self.name] = (
                    f"{self.name} must be {self.expected}. Received: {unmarked(text[:MOST_LETTERS])}."
                    + (f" Showing {shown}." if shown else "")
                )
            return self.usual

    def _takes(self, chosen: T) -> bool:
        try:
            return self.read(self.text(chosen)) == chosen
        except ValueError:
            return False


def change_together(*parameters: Parameter[Any]) -> None:
    """The visitor has changed several at once: one entry of the history; a callback."""
    change({one.name: one.chosen_text() for one in parameters})


def begin(page: str) -> None:
    """Look at the address, at the beginning of each whole run.

    Args:
        page: which page it is of.
    """
    here: _Address | None = st.session_state.get(_HERE)
    moved = here is None or here.page != page
    if here and not moved and not _went_through_history():
        return
    told = {name: st.query_params.get_all(name) for name in st.query_params}
    left = {**here.left, here.page: here.values} if here else {}
    spoken = bool(told) or not moved or _went_through_history()
    st.session_state[_HERE] = _Address(
        page,
        told if spoken else dict(left.get(page, {})),
        spoken,
        visits=here.visits + 1 if here else 1,
        known=urlencode(told, doseq=True),
        left=left,
    )


def finish() -> None:
    """Have the browser say what the page has settled, at the end of each whole run."""
    # Workers import app.py as well, and have no server that would take a component.
    from ui.components.address.address import replace_address

    here = _here()
    query = urlencode(here.values, doseq=True)
    if query != here.known:
        here.known, here.mark = query, uuid4().hex
    replace_address(mark=here.mark, query=here.known)


def said(name: str) -> str | None:
    """What the address says of `name` by now; None for nothing."""
    values = _here().values.get(name)
    return values[-1] if values else None


def names() -> list[str]:
    """All that the address names."""
    return list(_here().values)


def is_news(name: str) -> bool:
    """Whether what the address says of `name`, or that it says nothing, came from outside and was not asked for since.

    So it is once after a visit, a link, Back or Forward.
    """
    here = _here()
    news = name not in here.heard
    here.heard.add(name)
    return news


def is_spoken() -> bool:
    """Whether what is news was said by an address. Else it is what this visitor left on the page."""
    return _here().spoken


def visits() -> int:
    """How often an address has come from outside in this session: another number each time that it may bring news."""
    return _here().visits


def settle(values: Mapping[str, str | None]) -> None:
    """Have the address say these, which the page has settled by itself; None for nothing."""
    here = _here()
    for name, text in values.items():
        if text is None:
            here.values.pop(name, None)
        elif text != said(name):
            here.values[name] = [text]


def change(values: Mapping[str, str | None]) -> None:
    """Have the address say these, which the visitor has changed, so that Back undoes it; None for nothing."""
    here = _here()
    here.problems.clear()
    settle(values)
    query = urlencode(here.values, doseq=True)
    if query != here.known:
        # What the browser has not put there yet is no news any more.
        here.known, here.mark = query, uuid4().hex
        st.query_params.from_dict(here.values)


def _went_through_history() -> bool:
    """Whether Back or Forward has begun this run."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def _here() -> _Address:
    here: _Address = st.session_state.setdefault(_HERE, _Address("", {}, spoken=False))
    return here
