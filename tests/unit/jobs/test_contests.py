"""Contests as jobs, on a real cluster of one worker: held once, watched, called off, gone on with, refused."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from ae_core.classification.contest import CONTESTANTS, Contest, Outcome, contest_file, save_contest
from ae_core.classification.heads import load_head
from ae_core.classification.kept_contests import kept_contests
from ae_core.classification.teaching import Bench, run_contest
from ae_core.codecs.codec import weights_of
from ae_core.codecs.pca import basis_of
from ae_core.config.config import Config
from ae_core.errors import DataError, RunNotFoundError
from ae_core.jobs.queue import Jobs
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from ae_core.workers.channel import carry_out
from ae_core.workers.contests import QUICK_FIRST, ContestProgress, Contests
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
def run(jobs: Jobs, digit_runs: dict[int, Run]) -> Run:
    return jobs.store.open(digit_runs[32].key)


def ask(jobs: Jobs, run: Run, counts: list[int], *, seeds: int) -> Contests:
    contests = Contests.of(run, counts, seeds=seeds)
    jobs.ask(contests)
    return contests


def until_over(jobs: Jobs) -> None:
    wait_until(lambda: not jobs.active(Contests), "the contests are over")


def test_contests_are_watched_and_end_as_the_command_line_ends_them(jobs: Jobs, run: Run) -> None:
    ask(jobs, run, [20, 40], seeds=1)
    ask(jobs, run, [20, 40], seeds=1)
    (contests,) = (job.work for job in jobs.active(Contests))
    assert contests.rounds == [(20, 0), (40, 0)]
    seen: list[ContestProgress] = []

    def look() -> bool:
        job = jobs.view(contests)
        if job:
            seen.append(job.progress)
        return job is None

    wait_until(look, "the contests are over")
    assert jobs.errors(Contests) == {}
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert {progress.labels for progress in seen} >= {20, 40}
    assert any(progress.accuracy for progress in seen)
    outcomes = kept_contests(run)
    assert list(outcomes) == [(20, 0), (40, 0)]
    assert all(set(contest.outcomes) == set(CONTESTANTS) for contest in outcomes.values())
    head = load_head(run)
    assert head is not None
    assert head.labels == 40

    # What was held is not held again, whoever asks.
    ask(jobs, run, [20, 40], seeds=1)
    assert jobs.active(Contests) == []
    bench = Bench(run, folder=run.path.parent / "datasets", basis=lambda: pytest.fail("PCA is not needed again"))
    (run.path / contest_file(40, 0)).unlink()
    again = run_contest(bench, labels=40, seed=0, names=["neighbours", "head"])
    for name_of, outcome in again.outcomes.items():
        assert outcome.accuracy(bench.test_labels) == outcomes[40, 0].outcomes[name_of].accuracy(bench.test_labels)


def test_a_contest_that_is_called_off_keeps_what_was_learned_and_goes_on_from_there(jobs: Jobs, run: Run) -> None:
    contests = ask(jobs, run, [60], seeds=3)
    wait_until(lambda: (60, 0) in kept_contests(run), "somebody has learned")
    jobs.call_off(contests)
    job = jobs.view(contests)
    assert job is not None
    assert job.state == "stopping"
    until_over(jobs)
    assert jobs.errors(Contests) == {}
    held = kept_contests(run)
    assert (60, 2) not in held
    kept = held[60, 0].outcomes
    assert kept
    ask(jobs, run, [60], seeds=1)
    until_over(jobs)
    after = kept_contests(run)[60, 0].outcomes
    assert set(after) == set(CONTESTANTS)
    assert all(after[name].seconds == outcome.seconds for name, outcome in kept.items())


@pytest.mark.parametrize("count", [9, 4001])
def test_too_few_or_too_many_labels_are_refused_at_once(jobs: Jobs, run: Run, count: int) -> None:
    with pytest.raises(DataError, match=f"Received: {count}"):
        ask(jobs, run, [100, count], seeds=1)
    assert jobs.active(Contests) == []


def test_a_run_without_an_encoder_holds_no_contest(jobs: Jobs) -> None:
    run = jobs.store.create(Config(steps=5))
    with pytest.raises(RunNotFoundError, match=f"Train run {run.key} first"):
        ask(jobs, run, [100], seeds=1)


def test_what_goes_wrong_on_a_worker_is_told_in_its_own_words_until_the_next_try(jobs: Jobs, run: Run) -> None:
    kept = (run.path / "network.bin").read_bytes()
    (run.path / "network.bin").write_bytes(b"1234")
    ask(jobs, run, [30], seeds=1)
    until_over(jobs)
    (words,) = jobs.errors(Contests).values()
    assert words.startswith(f"Run {run.key} is damaged: network.json or network.bin cannot be read.")
    # Those that do not need it have learned all the same, the quick ones first.
    assert set(kept_contests(run)[30, 0].outcomes) <= set(QUICK_FIRST) - {"fine-tuned"}
    (run.path / "network.bin").write_bytes(kept)
    ask(jobs, run, [30], seeds=1)
    until_over(jobs)
    assert jobs.errors(Contests) == {}


def test_a_worker_that_finds_other_weights_than_it_was_asked_about_leaves_it(jobs: Jobs, run: Run) -> None:
    earlier = Contests(run.key, "0123456789ab", (50,), 1)
    error = jobs._client.submit(carry_out, earlier, jobs.store.root).exception(timeout=60)
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
    assert list(kept_contests(run)) == [(10, 0)]


def test_names_tell_contests_apart() -> None:
    contests = Contests("0123", "ab", (10, 100), 2)
    assert contests.name != replace(contests, counts=(101, 0)).name
    assert contests.rounds == [(10, 0), (100, 0), (10, 1), (100, 1)]
