"""Who a visitor is: somebody new without a cookie, the same as before with one, and never what a cookie makes up."""

from __future__ import annotations

import json
from typing import Any

import pytest
import streamlit as st

from ae_core.runs.store import RunStore
from ae_core.workers.trainings import Training
from tests.app.fake_jobs import FakeJobs
from tests.app.tab import Tab
from tests.small import SMALL
from ui.shell.visitor import COOKIE

KEPT = "0123456789abcdef" * 2


@pytest.fixture
def cookies(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the browser sends."""
    sent: dict[str, str] = {}
    monkeypatch.setattr(type(st.context), "cookies", property(lambda _: sent))
    return sent


def told(tab: Tab) -> dict[str, Any]:
    """What the browser is to keep."""
    (component,) = (one for one in tab.get("bidi_component") if one.key == "identity")
    return dict(json.loads(component.proto.json))


def test_each_browser_that_says_nothing_is_somebody_else(tab: Tab, cookies: dict[str, str]) -> None:
    first = told(tab.open("train"))
    assert told(tab.open("runs")) == first
    assert told(Tab().open("train")) != first


def test_a_browser_that_comes_back_is_who_it_was(tab: Tab, jobs: FakeJobs, cookies: dict[str, str]) -> None:
    cookies[COOKIE] = KEPT
    tab.open("train", **SMALL.to_text())
    assert told(tab) == {"cookie": COOKIE, "visitor": KEPT}
    tab.button(key="train").click().run()
    assert jobs.under_way[Training(SMALL)].owners == {KEPT}


@pytest.mark.parametrize("said", ["", "ada", KEPT + "0", KEPT.upper(), "../" * 10 + "ab", "<script>"])
def test_what_a_cookie_makes_up_is_nobody(tab: Tab, store: RunStore, cookies: dict[str, str], said: str) -> None:
    cookies[COOKIE] = said
    assert told(tab.open("train"))["visitor"] != said
