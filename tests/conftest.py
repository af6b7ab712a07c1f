"""What tests of more than one kind share."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ae_core.codecs.pca import PcaBasis
from ae_core.datasets.catalogue import load_dataset
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from bootstrap import take_lock
from tests.small import FEW, SMALL, add_digits, all_trained, trained

# Two processes of tests share the machine; what two workers do is tested where it is said.
os.environ.setdefault("AE_WORKERS", "1")


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[RunStore], None]) -> RunStore:
    """A folder of runs that the first process which asks fills, and all that run tests beside it read."""
    base = factory.getbasetemp()
    # Each process of pytest-xdist has a folder of its own in that of the whole run.
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    store = RunStore(folder / "runs")
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("a") as lock:
        while not take_lock(lock):
            time.sleep(0.05)
        if not (folder / "made").exists():
            make(store)
            (folder / "made").touch()
    return store


@pytest.fixture(scope="session", autouse=True)
def imported_is_no_garbage() -> None:
    """Streamlit looks for garbage after each run of a page and Keras for each LiteRT file, among all that any test has
    imported: up to a second each time, where the whole suite is collected."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run of `SMALL`, for tests to read or to copy."""
    return once(tmp_path_factory, "small-runs", lambda store: trained(store, **SMALL.to_text())).open(SMALL.key)


@pytest.fixture(scope="session")
def digit_runs(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Run]:
    """Two finished runs that have learned a few digits, by their number of dimensions, 2 and 32; to read or to copy."""

    def make(store: RunStore) -> None:
        dataset = add_digits(store)
        all_trained(store, *({**FEW, "dataset": dataset, "latent_dim": dim} for dim in ("2", "32")))

    store = once(tmp_path_factory, "digit-runs", make)
    return {run.config.latent_dim: run for run in store.runs()}


@pytest.fixture(scope="session")
def basis() -> PcaBasis:
    """PCA of a few digits."""
    return PcaBasis.fit(load_dataset("mnist").train_pixels[:512])


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    """An empty folder of runs."""
    return RunStore(tmp_path / "runs")
