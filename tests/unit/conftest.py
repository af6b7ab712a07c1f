"""Trainings that several tests look at, done once."""

from __future__ import annotations

import pytest

from ae_core.datasets.catalogue import dataset_for
from ae_core.datasets.dataset import Dataset
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from tests.unit.tiny import CONV, DENSE, VARIATIONAL


@pytest.fixture(scope="session")
def zeros_and_ones() -> Dataset:
    """The images that the tiny configs learn from."""
    return dataset_for(DENSE)


@pytest.fixture(scope="session")
def tiny_store(tmp_path_factory: pytest.TempPathFactory) -> RunStore:
    """Where the runs that are trained once are; tests only read them."""
    return RunStore(tmp_path_factory.mktemp("tiny-runs"))


@pytest.fixture(scope="session")
def dense_run(tiny_store: RunStore) -> Run:
    """A finished run of the config `tiny.DENSE`."""
    from ae_core.training.train import train

    return train(DENSE, store=tiny_store)


@pytest.fixture(scope="session")
def conv_run(tiny_store: RunStore) -> Run:
    """A finished run of the config `tiny.CONV`."""
    from ae_core.training.train import train

    return train(CONV, store=tiny_store)


@pytest.fixture(scope="session")
def variational_run(tiny_store: RunStore) -> Run:
    """A finished run of the config `tiny.VARIATIONAL`."""
    from ae_core.training.train import train

    return train(VARIATIONAL, store=tiny_store)


@pytest.fixture
def step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """A training looks up, reports and may be interrupted after every single step."""
    from ae_core.training import train as training

    monkeypatch.setattr(training, "REPORT_SECONDS", 0.0)


@pytest.fixture
def saving_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A training saves a checkpoint at every row of its history."""
    from ae_core.training import train as training

    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(training, "CHECKPOINT_SHARE", 1e9)
