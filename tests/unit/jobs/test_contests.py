"""Contests as jobs, on a real cluster of one worker: held once, watched, called off, gone on with, refused."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from ae_core.classification.contest import CONTESTANTS, Contest, Outcome, contest_file, save_contest
from ae_core.classification.heads import load_head
from ae_core.classification.teaching import Bench, run_contest
from ae_core.codecs.codec import weights_of
from ae_core.codecs.pca import basis_of
from ae_core.config.config import Config
from ae_core.errors import DataError, RunNotFoundError
from ae_core.jobs.contests import Contests
from ae_core.jobs.queue import Jobs
from ae_core.runs.store import Run, RunStore
from ae_core.workers.contests import QUICK_FIRST, ContestName, ContestProgress, make_contests
from tests.small import copied
from tests.unit.tiny import spare_the_baselines
from tests.unit.waiting import wait_until


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory, digit_runs: dict[int, Run]) -> Iterator[Jobs]:
    store = RunStore(tmp_path_factory.mktemp("contests") / "runs")
    run = copied(digit_runs[32], store)
    spare_the_baselines(store)
    basis_of(run.config, store)
    jobs = Jobs(store)
    yield jobs
    jobs.close()


@pytest.fixture
def contests(jobs: Jobs) -> Contests:
    return jobs.contests


@pytest.fixture
def run(jobs: Jobs, digit_runs: dict[int, Run]) -> Run:
    return jobs.store.open(digit_runs[32].key)


def until_over(contests: Contests) -> None:
    wait_until(lambda: not contests.active(), "the contests are over")


def test_contests_are_watched_and_end_as_the_command_line_ends_them(contests: Contests, run: Run) -> None:
    contests.request(run, [20, 40], seeds=1)
    contests.request(run, [20, 40], seeds=1)
    ((name, _),) = contests.active().items()
    assert name.rounds == [(20, 0), (40, 0)]
    seen: list[ContestProgress] = []

    def look() -> bool:
        task = contests.active().get(name)
        if task:
            seen.append(task.progress)
        return task is None

    wait_until(look, "the contests are over")
    assert contests.errors(run) == []
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert {progress.labels for progress in seen} >= {20, 40}
    assert any(progress.accuracy for progress in seen)
    outcomes = contests.outcomes(run)
    assert list(outcomes) == [(20, 0), (40, 0)]
    assert all(set(contest.outcomes) == set(CONTESTANTS) for contest in outcomes.values())
    head = load_head(run)
    assert head is not None
    assert head.labels == 40

    # What was held is not held again, whoever asks.
    contests.request(run, [20, 40], seeds=1)
    assert contests.active() == {}
    bench = Bench(run, folder=run.path.parent / "datasets", basis=lambda: pytest.fail("PCA is not needed again"))
    (run.path / contest_file(40, 0)).unlink()
    again = run_contest(bench, labels=40, seed=0, names=["neighbours", "head"])
    for name_of, outcome in again.outcomes.items():
        assert outcome.accuracy(bench.test_labels) == outcomes[40, 0].outcomes[name_of].accuracy(bench.test_labels)


def test_a_contest_that_is_called_off_keeps_what_was_learned_and_goes_on_from_there(
    contests: Contests, run: Run
) -> None:
    contests.request(run, [60], seeds=3)
    (name,) = contests.active()
    wait_until(lambda: (60, 0) in contests.outcomes(run), "somebody has learned")
    contests.cancel(name)
    assert contests.active()[name].stopping
    until_over(contests)
    assert contests.errors(run) == []
    held = contests.outcomes(run)
    assert (60, 2) not in held
    kept = held[60, 0].outcomes
    assert kept
    contests.request(run, [60], seeds=1)
    until_over(contests)
    after = contests.outcomes(run)[60, 0].outcomes
    assert set(after) == set(CONTESTANTS)
    assert all(after[name].seconds == outcome.seconds for name, outcome in kept.items())


@pytest.mark.parametrize("count", [9, 4001])
def test_too_few_or_too_many_labels_are_refused_at_once(contests: Contests, run: Run, count: int) -> None:
    with pytest.raises(DataError, match=f"Received: {count}"):
        contests.request(run, [100, count], seeds=1)
    assert contests.active() == {}


def test_a_run_without_an_encoder_holds_no_contest(jobs: Jobs, contests: Contests) -> None:
    run = jobs.store.create(Config(steps=5))
    with pytest.raises(RunNotFoundError, match=f"Train run {run.key} first"):
        contests.request(run, [100], seeds=1)


def test_what_goes_wrong_on_a_worker_is_told_in_its_own_words_until_the_next_try(contests: Contests, run: Run) -> None:
    kept = (run.path / "network.bin").read_bytes()
    (run.path / "network.bin").write_bytes(b"1234")
    contests.request(run, [30], seeds=1)
    until_over(contests)
    (words,) = contests.errors(run)
    assert words.startswith(f"Run {run.key} is damaged: network.json or network.bin cannot be read.")
    # Those that do not need it have learned all the same, the quick ones first.
    assert set(contests.outcomes(run)[30, 0].outcomes) <= set(QUICK_FIRST) - {"fine-tuned"}
    (run.path / "network.bin").write_bytes(kept)
    contests.request(run, [30], seeds=1)
    until_over(contests)
    assert contests.errors(run) == []


def test_a_worker_that_finds_other_weights_than_it_was_asked_about_leaves_it(jobs: Jobs, run: Run) -> None:
    earlier = ContestName(run.key, "0123456789ab", (50,), 1)
    error = jobs._client.submit(make_contests, earlier, jobs.store.root).exception(timeout=60)
    assert isinstance(error, DataError)
    assert "has been trained on meanwhile" in str(error)


def test_outcomes_of_earlier_weights_and_damaged_files_count_as_none(
    digit_runs: dict[int, Run], store: RunStore
) -> None:
    run = copied(digit_runs[32], store)
    shutil.rmtree(run.path / "contest", ignore_errors=True)
    right = Outcome(np.zeros(800, np.uint8), np.ones(800, np.float32), 1.0)
    save_contest(run, 10, 0, Contest(weights_of(run), {"head": right}))
    save_contest(run, 20, 0, Contest("0123456789ab", {"head": right}))
    (run.path / contest_file(30, 0)).write_bytes(b"PK\x03\x04 and no more")
    (run.path / "contest" / "notes-0.npz").write_bytes(b"")
    contests = Contests(store, lambda: pytest.fail("nobody is asked"))
    assert list(contests.outcomes(run)) == [(10, 0)]


def test_names_tell_contests_apart() -> None:
    name = ContestName("0123", "ab", (10, 100), 2)
    assert str(name) != str(replace(name, counts=(101, 0)))
    assert name.rounds == [(10, 0), (100, 0), (10, 1), (100, 1)]
