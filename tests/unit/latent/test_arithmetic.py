"""The ways between two codes, means of classes, and sums."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from ae_core.latent.arithmetic import class_means, combine, lerp, slerp

RANDOM = np.random.default_rng(0)
CODES = RANDOM.normal(size=(2, 3)).astype(np.float32)
SHARES = np.linspace(0, 1, 11, dtype=np.float32)


def angle(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(np.arccos(np.clip(a @ b / np.linalg.norm(a) / np.linalg.norm(b), -1, 1)))


@pytest.mark.parametrize("way", [lerp, slerp])
def test_a_way_begins_and_ends_where_it_should(way: object) -> None:
    codes = way(CODES[0], CODES[1], SHARES)  # type: ignore[operator]
    assert codes.shape == (11, 3)
    assert np.allclose(codes[[0, -1]], CODES, atol=1e-5)


def test_an_arc_between_codes_of_one_length_keeps_it_and_turns_evenly() -> None:
    a, b = (code / np.linalg.norm(code) for code in RANDOM.normal(size=(2, 6)).astype(np.float32))
    codes = slerp(a, b, SHARES)
    assert np.allclose(np.linalg.norm(codes, axis=1), 1, atol=1e-5)
    turns = [angle(one, other) for one, other in pairwise(codes)]
    assert np.allclose(turns, angle(a, b) / 10, atol=1e-3)


def test_the_straight_line_is_shorter_of_length_in_the_middle() -> None:
    a, b = np.array([1, 0], np.float32), np.array([0, 1], np.float32)
    half = np.array([0.5], np.float32)
    assert np.linalg.norm(lerp(a, b, half)) == pytest.approx(0.7071, abs=1e-4)
    assert np.linalg.norm(slerp(a, b, half)) == pytest.approx(1)


@pytest.mark.parametrize("times", [2, -1, -0.5, 0, 1])
def test_where_there_is_no_arc_it_is_the_straight_line(times: float) -> None:
    a = np.array([1, 2, -3], np.float32)
    b = np.float32(times) * a
    assert np.allclose(slerp(a, b, SHARES), lerp(a, b, SHARES), atol=1e-6)


def test_the_average_of_a_class_is_the_mean_of_its_codes() -> None:
    codes = np.array([[1, 0], [3, 0], [0, 5]], np.float32)
    means = class_means(codes, np.array([7, 7, 4]))
    assert {label: mean.tolist() for label, mean in means.items()} == {7: [2, 0], 4: [0, 5]}


def test_a_sum_takes_away_the_second_and_adds_the_third() -> None:
    first, minus, plus = (np.array(code, np.float32) for code in ([1, 2], [3, 5], [10, 20]))
    assert combine(first, minus, plus).tolist() == [8, 17]
    assert np.array_equal(combine(first, first, plus), plus)
