"""What pages keep of networks: little, however many visitors look at however many of them."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from ae_core.codecs.codec import LiteRtCodec, open_codec
from ae_core.errors import RunNotFoundError
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from tests.app.fake_jobs import FakeJobs
from tests.small import copied, twin
from ui.components.network_carrier.network_carrier import Cargo
from ui.selection.open_codecs import open_run
from ui.shell.server import OPEN_CODECS

DIGITS = np.random.default_rng(0).random((3, 28, 28), np.float32)


@pytest.fixture
def runs(jobs: FakeJobs, store: RunStore, small_run: Run) -> list[Run]:
    """One more than are kept open at once."""
    made = [copied(small_run, store)]
    while len(made) <= OPEN_CODECS:
        made.append(twin(made[-1], store))
    return made


def alive(kind: type) -> int:
    gc.collect()
    return sum(type(one) is kind for one in gc.get_objects())


def test_of_many_networks_that_are_shown_few_are_in_memory_and_each_can_be_used(runs: list[Run]) -> None:
    before = {kind: alive(kind) for kind in (LiteRtCodec, Cargo)}
    opened = [open_run(run) for run in runs]
    assert {kind: alive(kind) - before[kind] for kind in before} == {LiteRtCodec: OPEN_CODECS, Cargo: OPEN_CODECS}
    for run, one in zip(runs, opened, strict=True):
        assert np.array_equal(one.codec.encode(DIGITS), open_codec(run).encode(DIGITS))
        assert one.cargo.model == one.model == one.shown.model
        assert one.latent_dim == one.codec.latent_dim == run.config.latent_dim


def test_opened_again_is_the_same_for_all_visitors(runs: list[Run]) -> None:
    assert open_run(runs[0]) is open_run(runs[0].fresh())


def test_a_run_that_is_gone_when_its_network_is_needed_again_is_told_of(runs: list[Run], store: RunStore) -> None:
    opened = [open_run(run) for run in runs]
    store.delete(runs[0].key)
    for needed in ("codec", "cargo"):
        with pytest.raises(RunNotFoundError, match=runs[0].key):
            getattr(opened[0], needed)


def test_a_run_that_was_trained_on_meanwhile_is_not_taken_for_what_it_was(runs: list[Run]) -> None:
    opened = [open_run(run) for run in runs]
    runs[0].write_status(runs[0].status)
    for needed in ("codec", "cargo"):
        with pytest.raises(RunNotFoundError, match="was trained on meanwhile"):
            getattr(opened[0], needed)
