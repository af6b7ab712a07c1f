"""Contests: which images have labels, what is kept of an outcome, and how sure a figure is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ae_core.classification.contest import (
    CONTESTANTS,
    Contest,
    Outcome,
    Standing,
    confusion,
    contest_file,
    labelled,
    load_contest,
    save_contest,
)
from ae_core.errors import DataError, RunNotFoundError
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from tests.small import copied

RANDOM = np.random.default_rng(0)
LABELS = np.repeat([0, 1, 2], [50, 30, 5])


def outcome(seed: int, images: int = 20) -> Outcome:
    random = np.random.default_rng(seed)
    return Outcome(random.integers(0, 3, images).astype(np.uint8), random.random(images, np.float32), seed + 0.5)


@pytest.mark.parametrize(("count", "expected"), [(3, [1, 1, 1]), (15, [5, 5, 5]), (35, [15, 15, 5]), (85, [50, 30, 5])])
def test_labels_are_as_many_of_each_class_as_possible(count: int, expected: list[int]) -> None:
    chosen = labelled(LABELS, count, seed=0)
    assert np.bincount(LABELS[chosen]).tolist() == expected
    assert len(set(chosen.tolist())) == count


def test_labels_depend_on_the_seed_alone_and_more_of_them_are_these_and_others() -> None:
    few, again, many = (labelled(LABELS, count, seed=3) for count in (9, 9, 40))
    assert np.array_equal(few, again)
    assert set(few.tolist()) < set(many.tolist())
    assert not np.array_equal(few, labelled(LABELS, 9, seed=4))


@pytest.mark.parametrize(
    ("labels", "count", "words"),
    [
        (None, 10, "images without labels"),
        (np.zeros(20, int), 10, "at least two classes. Received: 1"),
        (LABELS, 2, "must be 3, one a class, to 85, all training images. Received: 2"),
        (LABELS, 86, "Received: 86"),
    ],
)
def test_too_few_or_too_many_labels_are_refused_in_plain_words(labels: Any, count: int, words: str) -> None:
    with pytest.raises(DataError, match=words):
        labelled(labels, count, seed=0)


def test_an_outcome_is_the_likeliest_class_and_its_probability() -> None:
    made = Outcome.of(np.array([[0.2, 0.7, 0.1], [0.5, 0.1, 0.4]]), 1.5)
    assert made.predictions.tolist() == [1, 0]
    assert made.confidences == pytest.approx([0.7, 0.5])
    assert made.accuracy(np.array([1, 2])) == 0.5


def test_a_confusion_matrix_has_the_true_classes_in_rows() -> None:
    table = confusion(np.array([0, 1, 1, 2]), np.array([0, 0, 1, 1]), classes=3)
    assert table.tolist() == [[1, 1, 0], [0, 1, 1], [0, 0, 0]]


def test_the_interval_of_one_seed_is_that_of_a_share() -> None:
    labels = np.zeros(400, int)
    made = Outcome(np.repeat([0, 1], [300, 100]).astype(np.uint8), np.ones(400, np.float32), 2.0)
    standing = Standing.of([made], labels)
    assert (standing.accuracy, standing.spread, standing.seconds) == (0.75, 0.0, 2.0)
    assert standing.half_width == pytest.approx(1.96 * np.sqrt(0.75 * 0.25 / 400), rel=1e-3)


def test_seeds_that_differ_widen_the_interval() -> None:
    labels = np.zeros(100, int)
    right, wrong = (Outcome(np.full(100, value, np.uint8), np.ones(100, np.float32), 1.0) for value in (0, 1))
    standing = Standing.of([right, wrong], labels)
    assert (standing.accuracy, standing.spread) == (0.5, pytest.approx(np.sqrt(0.5)))
    assert standing.half_width > Standing.of([right], labels).half_width


def test_a_contest_comes_back_as_it_was(small_run: Run, store: RunStore) -> None:
    run = copied(small_run, store)
    made = Contest("abc", {"head": outcome(1), "spreading": outcome(2)})
    save_contest(run, 100, 5, made)
    found = load_contest(run, 100, 5, weights="abc", images=20)
    assert set(found.outcomes) == set(made.outcomes) < set(CONTESTANTS)
    for name, before in made.outcomes.items():
        after = found.outcomes[name]
        assert np.array_equal(after.predictions, before.predictions)
        assert np.array_equal(after.confidences, before.confidences)
        assert after.seconds == before.seconds


@pytest.mark.parametrize(("weights", "images"), [("other", 20), ("abc", 21)])
def test_a_contest_of_other_weights_or_images_counts_as_none(
    small_run: Run, store: RunStore, weights: str, images: int
) -> None:
    run = copied(small_run, store)
    save_contest(run, 100, 5, Contest("abc", {"head": outcome(1)}))
    assert load_contest(run, 100, 5, weights=weights, images=images).outcomes == {}


def test_a_damaged_or_missing_file_counts_as_none(small_run: Run, store: RunStore) -> None:
    run = copied(small_run, store)
    assert load_contest(run, 100, 5, weights="abc", images=20).outcomes == {}
    save_contest(run, 100, 5, Contest("abc", {"head": outcome(1)}))
    (run.path / contest_file(100, 5)).write_bytes(b"PK\x03\x04")
    assert load_contest(run, 100, 5, weights="abc", images=20).outcomes == {}


def test_nothing_is_kept_of_a_deleted_run(small_run: Run, store: RunStore) -> None:
    run = copied(small_run, store)
    store.delete(run.key)
    with pytest.raises(RunNotFoundError, match="deleted meanwhile"):
        save_contest(run, 100, 5, Contest("abc", {}))
