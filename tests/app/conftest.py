"""Pages on a runs folder of their own, with jobs that start no worker."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from functools import cache

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.testing.v1 import app_test, local_script_runner

import ui.shell.server
from ae_core.runs.store import RunStore
from tests.app.fake_jobs import FakeJobs
from tests.app.tab import Tab


@pytest.fixture(scope="session", autouse=True)
def packages_are_read_once() -> Iterator[None]:
    """A server looks once for components among all that is installed; a test's page would do so in each of its runs,
    for half of the time that it takes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(scope="session", autouse=True)
def pages_are_compiled_once() -> Iterator[None]:
    """As by a server; the simulation would do so at each of their runs."""
    known = ScriptCache()
    with pytest.MonkeyPatch.context() as patch:
        for module in (app_test, local_script_runner):
            patch.setattr(module, "ScriptCache", lambda: known)
        yield


@pytest.fixture
def jobs(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeJobs]:
    """The jobs that pages see, on the folder `store`."""
    fake = FakeJobs(store)
    started: Future[FakeJobs] = Future()
    started.set_result(fake)
    monkeypatch.setattr(ui.shell.server, "start_jobs", lambda: started)
    monkeypatch.setenv("AE_RUNS", str(store.root))
    # What an earlier test's folder held is not known here.
    st.cache_resource.clear()
    yield fake
    st.cache_resource.clear()


@pytest.fixture
def tab(jobs: FakeJobs) -> Tab:
    """A visitor's first tab."""
    return Tab()
