"""What each contestant learns: on clouds that are easily told apart, and on real codes of a few digits."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ae_core.classification import shallow
from ae_core.classification.contest import CONTESTANTS, EPOCHS, HEAD, LEAST_STEPS, WHOLE, Course, contest_file, labelled
from ae_core.classification.networks import Task, train_head
from ae_core.classification.teaching import Bench, run_contest
from ae_core.cli.commands import main
from ae_core.codecs.codec import weights_of
from ae_core.codecs.pca import PcaBasis
from ae_core.errors import DamagedRunError, DataError
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from tests.forked import call
from tests.small import copied

RANDOM = np.random.default_rng(0)
CENTRES = np.array([[0, 0, 8], [8, 0, 0], [0, 8, 0]], np.float32)
FEW = 100


def cloud(count: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    labels = RANDOM.integers(0, 3, count)
    return (CENTRES[labels] + RANDOM.standard_normal((count, 3))).astype(np.float32), labels


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, digit_runs: dict[int, Run]) -> Bench:
    # What is learned is kept with the run: other tests have theirs without.
    run = copied(digit_runs[32], RunStore(tmp_path_factory.mktemp("contesting") / "runs"))

    def basis() -> PcaBasis:
        return PcaBasis.fit(made.pixels)

    made = Bench(run, folder=run.path.parent / "datasets", basis=basis)
    return made


@pytest.mark.parametrize("classifier", [shallow.logistic, shallow.nearest])
def test_clouds_are_told_apart_from_a_few_labels(classifier: Any) -> None:
    (values, labels), (others, other_labels) = cloud(30), cloud(300)
    probabilities = classifier(values, labels, others)
    assert probabilities.shape == (300, 3)
    assert probabilities.sum(axis=1) == pytest.approx(1)
    assert np.mean(probabilities.argmax(axis=1) == other_labels) > 0.98


def test_a_number_that_never_changes_does_no_harm() -> None:
    values, labels = cloud(30)
    values[:, 1] = 5
    assert np.isfinite(shallow.logistic(values, labels, values)).all()


def test_labels_spread_from_one_image_a_class_over_its_whole_cloud() -> None:
    # Two half moons, which no straight line parts.
    angles = RANDOM.random(600) * np.pi
    upper = np.stack([np.cos(angles[:300]), np.sin(angles[:300])], axis=1)
    lower = np.stack([1 - np.cos(angles[300:]), 0.4 - np.sin(angles[300:])], axis=1)
    values = (np.concatenate([upper, lower]) + RANDOM.normal(0, 0.04, (600, 2))).astype(np.float32)
    truth = np.repeat([0, 1], 300)
    graph = shallow.Graph.of(values[::2], values[1::2])
    probabilities = shallow.spread(graph, np.array([0, 299]), np.array([0, 1]))
    assert probabilities.shape == (300, 2)
    assert np.mean(probabilities.argmax(axis=1) == truth[1::2]) > 0.95
    from_two = shallow.nearest(values[[0, 598]], np.array([0, 1]), values[1::2])
    assert np.mean(from_two.argmax(axis=1) == truth[1::2]) < 0.9


def test_an_image_that_no_label_reaches_is_at_even_odds() -> None:
    near, far = RANDOM.normal(0, 0.1, (30, 2)), RANDOM.normal(100, 0.1, (30, 2))
    values = np.concatenate([near, far]).astype(np.float32)
    probabilities = shallow.spread(shallow.Graph.of(values, values[-5:]), np.array([0, 1]), np.array([0, 1]))
    assert probabilities == pytest.approx(np.full((5, 2), 0.5))


def test_a_head_tells_its_accuracy_as_it_learns_and_is_the_same_for_the_same_seed() -> None:
    (values, labels), (others, other_labels) = cloud(60), cloud(300)
    seen: list[tuple[float, float]] = []
    task = Task(values, labels, others, other_labels, classes=3, seed=7)
    _, probabilities = train_head(task, report=lambda done, accuracy: seen.append((done, accuracy)))
    assert [done for done, _ in seen] == pytest.approx(np.arange(1, 11) / 10)
    assert seen[-1][1] == np.mean(probabilities.argmax(axis=1) == other_labels) > 0.98
    assert np.array_equal(train_head(task, report=lambda *_: None)[1], probabilities)
    assert not np.array_equal(train_head(replace(task, seed=8), report=lambda *_: None)[1], probabilities)


@pytest.mark.parametrize("course", [WHOLE, HEAD])
@pytest.mark.parametrize("count", [10, 100, 1000, 60_000])
def test_few_labels_are_seen_often_and_many_in_whole_epochs(count: int, course: Course) -> None:
    assert course.steps(count) >= LEAST_STEPS
    assert course.steps(count) * min(course.batch, count) >= EPOCHS * (count - course.batch)


def test_every_contestant_beats_guessing_and_is_kept(bench: Bench) -> None:
    told: list[tuple[str, float, float | None]] = []
    contest = run_contest(bench, labels=FEW, seed=0, report=lambda *values: told.append(values))
    assert list(contest.outcomes) == list(CONTESTANTS)
    accuracies = {name: outcome.accuracy(bench.test_labels) for name, outcome in contest.outcomes.items()}
    assert min(accuracies.values()) > 0.5
    assert max(accuracies, key=lambda name: accuracies[name]) == "spreading"
    assert {name: accuracy for name, done, accuracy in told if done == 1} == accuracies
    begun = [name for name, done, accuracy in told if (done, accuracy) == (0.0, None)]
    assert begun == list(CONTESTANTS)
    assert any(name == "fine-tuned" and 0 < done < 1 for name, done, _ in told)

    told.clear()
    again = run_contest(bench, labels=FEW, seed=0, report=lambda *values: told.append(values))
    assert {name: outcome.seconds for name, outcome in again.outcomes.items()} == {
        name: outcome.seconds for name, outcome in contest.outcomes.items()
    }
    assert [done for _, done, _ in told] == [1.0] * len(CONTESTANTS)


def test_a_run_of_two_classes_has_labels_of_its_own(variational_run: Run, store: RunStore) -> None:
    run = copied(variational_run, store)
    bench = Bench(run, folder=store.root / "datasets", basis=lambda: pytest.fail("unused"))
    contest = run_contest(bench, labels=20, seed=0, names=["logistic-codes", "neighbours", "spreading"])
    assert bench.classes.tolist() == [0, 1]
    assert all(outcome.accuracy(bench.test_labels) > 0.9 for outcome in contest.outcomes.values())


def test_the_labels_of_all_contestants_are_the_same(bench: Bench) -> None:
    known = labelled(bench.labels, FEW, seed=0)
    assert np.bincount(bench.labels[known]).tolist() == [10] * 10


def test_too_few_labels_are_refused_before_anybody_learns(bench: Bench) -> None:
    with pytest.raises(DataError, match="must be 10, one a class, to 4000"):
        run_contest(bench, labels=9, seed=0, report=lambda *_: pytest.fail("nobody should learn"))


def test_damaged_weights_are_damage(digit_runs: dict[int, Run], store: RunStore) -> None:
    run = copied(digit_runs[32], store)
    (run.path / "network.bin").write_bytes(b"1234")
    bench = Bench(run, folder=store.root / "datasets", basis=lambda: pytest.fail("unused"))
    with pytest.raises(DamagedRunError, match=r"network\.bin"):
        run_contest(bench, labels=FEW, seed=1, names=["fine-tuned"])


def test_the_command_line_prints_the_same_accuracies(bench: Bench) -> None:
    contest = run_contest(bench, labels=FEW, seed=0)
    environment = {"AE_RUNS": str(bench.run.path.parent), "PATH": "", "HOME": str(bench.run.path.parent)}
    ended = call(main, ["classify", bench.run.key, "--labels", str(FEW), "--json"], environment=environment)
    assert ended.code == 0, ended.err
    figures = json.loads(ended.out)
    assert (figures["labels"], figures["seeds"]) == (FEW, 1)
    assert [row["name"] for row in figures["contestants"]] == list(CONTESTANTS)
    for row in figures["contestants"]:
        outcome = contest.outcomes[row["name"]]
        assert row["accuracy"] == pytest.approx(outcome.accuracy(bench.test_labels))
        assert (row["spread"], row["seconds"]) == (0.0, pytest.approx(outcome.seconds))
    assert (bench.run.path / contest_file(FEW, 0)).exists()
    assert bench.weights == weights_of(bench.run)
