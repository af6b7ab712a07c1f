"""While workers are starting: a short wait is silent, a long one is told, and a start that failed is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Timer
from typing import Any

import pytest
import streamlit as st

import ui.shell.server
from ae_core.errors import JobError
from ui.shell.server import STARTING, jobs

WORKERS = object()


class Start:
    """In place of `start_jobs`."""

    def __init__(self) -> None:
        self.future: Future[Any] = Future()
        self.forgotten = False

    def __call__(self) -> Future[Any]:
        return self.future

    def clear(self) -> None:
        self.forgotten = True


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Start:
    start = Start()
    monkeypatch.setattr(ui.shell.server, "start_jobs", start)
    return start


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is said of the wait."""
    words: list[str] = []

    @contextmanager
    def spinner(text: str, **_: bool) -> Iterator[None]:
        words.append(text)
        yield

    monkeypatch.setattr(st, "spinner", spinner)
    return words


def test_a_short_wait_is_silent(start: Start, told: list[str]) -> None:
    Timer(0.1, start.future.set_result, [WORKERS]).start()
    assert jobs() is WORKERS
    assert told == []


def test_a_long_wait_is_told(start: Start, told: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ui.shell.server, "SILENT_SECONDS", 0.05)
    Timer(0.5, start.future.set_result, [WORKERS]).start()
    assert jobs() is WORKERS
    assert told == [STARTING]


def test_the_next_visit_waits_anew_for_workers_that_did_not_come(start: Start, told: list[str]) -> None:
    start.future.set_exception(JobError("They did not come."))
    with pytest.raises(JobError, match="They did not come"):
        jobs()
    assert start.forgotten
    assert told == []
