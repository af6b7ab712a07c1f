"""The walk along the dimensions of a code: its statistics, what is sent, what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.unit.ui.components.blocks import unpack
from ui.components.traverse.traverse import CodeStats, traverse_data

CODES = np.random.default_rng(0).normal(size=(2000, 4)).astype(np.float32) * [1, 3, 0.02, 0.5] + [0, 5, 1, -2]


def walk(**changes: Any) -> tuple[dict[str, Any], dict[str, bytes]]:
    arguments = {"model": "abc", "stats": CodeStats.of(CODES), "codes": CODES[:2], "names": ["a 7", "a 2"]}
    return unpack(traverse_data(**(arguments | changes)))


def test_dimensions_are_ordered_by_how_much_they_vary() -> None:
    stats = CodeStats.of(CODES)
    assert (stats.order.tolist(), stats.latent_dim) == ([1, 0, 3, 2], 4)
    assert stats.mean == pytest.approx(CODES.mean(axis=0), abs=1e-5)
    assert stats.std == pytest.approx(CODES.std(axis=0), rel=1e-4)
    assert stats.low == pytest.approx(np.percentile(CODES, 0.5, axis=0), abs=0.1)
    assert stats.high == pytest.approx(np.percentile(CODES, 99.5, axis=0), abs=0.1)


def test_a_dimension_that_varies_less_than_a_hundredth_of_the_widest_is_unused() -> None:
    assert CodeStats.of(CODES).unused.tolist() == [False, False, True, False]
    assert CodeStats.of(CODES * [1, 1, 2, 1]).unused.tolist() == [False] * 4


def test_every_value_to_draw_from_is_one_that_the_data_has() -> None:
    codes = np.where(CODES > 1, 5.0, 0.0).astype(np.float32)
    values = CodeStats.of(codes).values
    assert values.shape == (100, 4)
    assert set(values.ravel().tolist()) == {0, 5}
    assert (np.diff(values, axis=0) >= 0).all()


def test_codes_that_are_all_the_same_use_no_dimension() -> None:
    stats = CodeStats.of(np.ones((7, 3), np.float32))
    assert (stats.unused.all(), stats.low.tolist(), stats.high.tolist()) == (True, [1, 1, 1], [1, 1, 1])


@pytest.mark.parametrize("codes", [np.ones(3), np.ones((0, 3)), np.full((2, 3), np.nan)])
def test_codes_without_statistics_are_refused(codes: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"codes must be of shape \(n, d\) and finite"):
        CodeStats.of(codes)


def test_a_walk_carries_its_statistics_and_where_it_may_start() -> None:
    stats = CodeStats.of(CODES)
    header, blobs = walk()
    assert (header["model"], header["names"], header["order"]) == ("abc", ["a 7", "a 2"], [1, 0, 3, 2])
    assert header["unused"] == [False, False, True, False]
    assert np.array_equal(np.frombuffer(blobs["values"], "<f4").reshape(100, 4), stats.values)
    assert np.frombuffer(blobs["codes"], "<f4") == pytest.approx(CODES[:2].ravel())
    assert np.array_equal(np.frombuffer(blobs["mean"], "<f4"), stats.mean)


def test_the_name_of_a_walk_tells_of_another_network_of_other_codes_or_labels() -> None:
    other = replace(CodeStats.of(CODES), mean=np.zeros(4, np.float32))
    changed = ({}, {"model": "abd"}, {"stats": other}, {"codes": CODES[1:3]}, {"names": ["a 7", "a 3"]})
    assert len({walk(**changes)[0]["space"] for changes in changed}) == 5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"codes": CODES[:2, :3]}, r"codes must be of shape \(k, 4\). Received: \(2, 3\)."),
        ({"codes": CODES[:0], "names": []}, r"codes must be of shape \(k, 4\). Received: \(0, 4\)."),
        ({"names": ["a 7"]}, "Every code must have a name. Received: 2 codes, 1 names."),
    ],
)
def test_a_walk_refuses_what_it_cannot_start_from(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        walk(**changes)
