"""Histories, and the digits that a training shows while it runs."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from ae_core.datasets.images import preview_indices, to_pixels
from ae_core.errors import DamagedRunError
from ae_core.runs.history import History, is_history_step, next_history_step

COLUMNS = ["step", "loss", "mse", "held_out_loss", "held_out_mse", "kl", "held_out_kl"]


def history(*steps: int) -> History:
    made = History()
    for step in steps:
        made.append(**{column: at / step for at, column in enumerate(COLUMNS)} | {"step": step})
    return made


def history_steps(end: int) -> list[int]:
    steps = [next_history_step(0)]
    while steps[-1] < end:
        steps.append(next_history_step(steps[-1]))
    return steps


def test_the_first_steps_are_all_kept() -> None:
    assert history_steps(6) == [1, 2, 3, 4, 6]


def test_rows_are_a_quarter_apart_at_most_and_three_percent_in_long_trainings() -> None:
    steps = history_steps(200_000)
    assert all(after - before <= 1 + before // 4 for before, after in pairwise(steps))
    assert all(after - before <= 21 + before // 30 for before, after in pairwise(steps))
    assert len([step for step in steps if step <= 1000]) == 41


def test_the_next_row_is_the_same_from_wherever_one_asks() -> None:
    steps = history_steps(2000)
    expected = [next(step for step in steps if step > at) for at in range(1, 1900)]
    assert [next_history_step(at) for at in range(1, 1900)] == expected


def test_a_step_is_a_row_of_every_history_or_of_none() -> None:
    steps = set(history_steps(2000))
    assert {at for at in range(1, 1900) if is_history_step(at)} == {step for step in steps if step < 1900}


def test_the_rows_until_a_step_leave_out_the_last_row_of_a_shorter_training() -> None:
    assert not is_history_step(30)
    assert history(18, 29, 30).until(30) == history(18, 29)
    assert history(18, 29, 37).until(29) == history(18, 29)


def test_a_row_must_name_every_column() -> None:
    with pytest.raises(KeyError, match="mse"):
        History().append(step=1, loss=0.5)


def test_a_copy_has_columns_of_its_own() -> None:
    first = history(1)
    second = first.copy()
    second.append(**dict.fromkeys(COLUMNS, 0))
    assert first == history(1)


def test_a_history_comes_back_from_json() -> None:
    assert History.from_json(json.loads(json.dumps(history(1, 2, 3).to_json()))) == history(1, 2, 3)


def test_a_history_of_a_version_without_kl_terms_has_zeros_for_them() -> None:
    columns = history(1, 2).to_json()
    del columns["kl"], columns["held_out_kl"]
    found = History.from_json(columns)
    assert (found.step, found.kl, found.held_out_kl) == ([1, 2], [0, 0], [0, 0])


@pytest.mark.parametrize(
    "columns",
    [
        None,
        5,
        [],
        {},
        {name: [1.0] for name in COLUMNS[1:]},
        dict.fromkeys(COLUMNS, 1.0),
        {name: ["a"] for name in COLUMNS},
        dict.fromkeys(COLUMNS, "abc"),
        {name: [None] for name in COLUMNS},
        {name: [1.0] * (2 if name == "loss" else 1) for name in COLUMNS},
    ],
)
def test_what_is_not_a_history_is_damage(columns: Any) -> None:
    with pytest.raises(DamagedRunError, match="history"):
        History.from_json(columns)


def test_the_preview_shows_each_class_in_turn() -> None:
    labels = np.array([3, 3, 3, 1, 1, 2] * 10)
    chosen = preview_indices(labels, len(labels))
    assert len(chosen) == len(set(chosen)) == 16
    assert labels[chosen].tolist() == [1, 2, 3] * 5 + [1]


def test_the_preview_goes_on_without_a_class_that_is_used_up() -> None:
    labels = np.array([0, 1, 1, 1])
    assert labels[preview_indices(labels, 4)].tolist() == [0, 1, 1, 1]


@pytest.mark.parametrize(("count", "expected"), [(3, 3), (16, 16), (100, 16)])
def test_the_preview_of_images_without_labels_is_the_first_ones(count: int, expected: int) -> None:
    assert preview_indices(None, count) == list(range(expected))


def test_pixels_are_rounded_clipped_and_never_undefined() -> None:
    images = np.array([[0, 1, 0.5, -3, 7, np.nan, np.inf, -np.inf]], np.float32)
    assert to_pixels(images).tolist() == [[0, 255, 128, 0, 255, 0, 255, 0]]
    assert to_pixels(images).dtype == np.uint8
