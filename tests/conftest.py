"""What tests of more than one kind share."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ae_core.store import Run, RunStore
from tests.small import SMALL

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run of `SMALL`, for tests to read or to copy.

    Trained by the command line, in a process of its own: TensorFlow has no place in the process that shows pages.
    """
    store = RunStore(tmp_path_factory.mktemp("small-runs"))
    settings = [part for name, text in SMALL.to_text().items() for part in ("--set", f"{name}={text}")]
    subprocess.run(
        [sys.executable, "-m", "ae_core", "train", "--json", *settings],
        cwd=ROOT,
        env={**os.environ, "AE_RUNS": str(store.root)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return store.open(SMALL.key)


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    """An empty folder of runs."""
    return RunStore(tmp_path / "runs")
