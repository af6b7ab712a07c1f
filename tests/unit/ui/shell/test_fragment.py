from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from ui.shell import fragment as module
from ui.shell.fragment import fragment, rerun_page

KNOWN = frozenset({"of a large message"})


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Of a run whose tab has a large message; fragments are run at once."""
    context = SimpleNamespace(cached_message_hashes=KNOWN)
    monkeypatch.setattr(module, "get_script_run_ctx", lambda: context)
    monkeypatch.setattr(st, "fragment", lambda function, **_: function)
    return context


def test_within_a_fragment_no_message_is_known_to_the_tab(context: SimpleNamespace) -> None:
    seen: list[Any] = []
    fragment(lambda word: seen.append((word, context.cached_message_hashes)))("shown")
    assert seen == [("shown", frozenset())]
    assert context.cached_message_hashes == KNOWN


def test_a_page_that_is_run_anew_from_within_one_is_not_sent_whole(
    context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(st, "rerun", lambda: seen.append(context.cached_message_hashes))
    fragment(rerun_page)()
    assert seen == [KNOWN]
    assert context.cached_message_hashes == KNOWN


def test_after_one_that_ends_early_they_are_known_again(context: SimpleNamespace) -> None:
    def ends() -> None:
        raise ValueError("early")

    with pytest.raises(ValueError, match="early"):
        fragment(ends)()
    assert context.cached_message_hashes == KNOWN


def test_a_fragment_is_that_of_its_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        st, "fragment", lambda function, run_every: (function.__module__, function.__qualname__, run_every)
    )
    assert fragment(test_a_fragment_is_that_of_its_function, run_every=2.0) == (
        __name__,
        "test_a_fragment_is_that_of_its_function",
        2.0,
    )
