"""What tests of more than one kind share."""

from __future__ import annotations

from pathlib import Path

import pytest

from ae_core.runs.store import Run, RunStore
from tests.small import FEW, SMALL, add_digits, trained


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run of `SMALL`, for tests to read or to copy."""
    return trained(RunStore(tmp_path_factory.mktemp("small-runs")), **SMALL.to_text())


@pytest.fixture(scope="session")
def digit_runs(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Run]:
    """Two finished runs that have learned a few digits, by their number of dimensions, 2 and 32; to read or to copy."""
    store = RunStore(tmp_path_factory.mktemp("digit-runs"))
    dataset = add_digits(store)
    return {dim: trained(store, **FEW, dataset=dataset, latent_dim=str(dim)) for dim in (2, 32)}


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    """An empty folder of runs."""
    return RunStore(tmp_path / "runs")
