"""Pages that Streamlit runs by themselves start over inside the app."""

from __future__ import annotations

import pytest
import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from ui.shell.frame import app_runs, inside_app


class StartsOverError(Exception):
    pass


@pytest.fixture(autouse=True)
def rerun(monkeypatch: pytest.MonkeyPatch) -> None:
    def start_over() -> None:
        raise StartsOverError

    monkeypatch.setattr(st, "rerun", start_over)


# The second visit of two at once finds the folder of pages given up already, by the first.
@pytest.mark.parametrize("before", [True, False], ids=["first visit", "second visit at once"])
def test_a_page_alone_starts_over_inside_the_app(monkeypatch: pytest.MonkeyPatch, before: bool) -> None:
    monkeypatch.setattr(PagesManager, "uses_pages_directory", before)
    with pytest.raises(StartsOverError):
        inside_app()
    assert PagesManager.uses_pages_directory is False


def test_a_page_inside_the_app_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PagesManager, "uses_pages_directory", False)
    with app_runs():
        inside_app()
    with pytest.raises(StartsOverError):
        inside_app()
