"""Frames as a film: turned onto each other, sized so that one sees both growth and beginning, never NaN."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ae_core.latent.alignment import JITTER, aligned

rng = np.random.default_rng(3)
CLOUD = rng.normal(size=(200, 6)) * [5, 3, 0.5, 0.4, 0.3, 0.2]


def width(points: NDArray[np.float32]) -> float:
    return float(np.sqrt((points**2).sum(axis=1).mean()))


def test_frames_that_only_turn_and_flip_stand_still() -> None:
    turns = [np.linalg.qr(rng.normal(size=(6, 6)))[0] for _ in range(8)]
    points = aligned(np.stack([CLOUD @ turn + 7 for turn in turns])).points
    assert points.shape == (8, 200, 2)
    assert np.abs(points - points[-1]).max() < 1e-4


def test_a_frame_comes_nearest_to_the_next_of_all_turns_and_flips() -> None:
    codes = np.stack([CLOUD, CLOUD + rng.normal(size=CLOUD.shape)])
    first, last = aligned(codes).points
    distance = np.linalg.norm(first - last)
    for angle in np.linspace(0.1, 6.2, 30):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        for flip in (np.eye(2), np.diag([1, -1])):
            assert np.linalg.norm(first @ turn @ flip - last) > distance


def test_the_shown_plane_is_that_of_pca() -> None:
    (points,) = aligned(CLOUD[None]).points
    centred = CLOUD - CLOUD.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    expected = left[:, :2] * sizes[:2]
    expected /= width(expected)
    assert np.abs(np.abs(points) - np.abs(expected)).max() < 1e-5


def test_codes_of_two_numbers_keep_their_axes() -> None:
    codes = CLOUD[None, :, :2] * [1, 2] + [3, -1]
    (points,) = aligned(codes).points
    centred = codes[0] - codes[0].mean(axis=0)
    assert points == pytest.approx(centred / width(centred), abs=1e-6)


def test_codes_of_one_number_are_spread_by_a_jitter_that_each_image_keeps() -> None:
    points = aligned(CLOUD[None, :, :1] * np.array([0.1, 0.5, 1.0])[:, None, None]).points
    assert np.corrcoef(points[-1, :, 0], CLOUD[:, 0])[0, 1] == pytest.approx(1)
    assert (points[:, :, 1] == points[0, :, 1]).all()
    assert points[0, :, 1].std() == pytest.approx(JITTER, rel=0.2)


def test_growth_is_seen_but_the_beginning_is_no_dot() -> None:
    formation = aligned(np.stack([CLOUD * 0.008, CLOUD * 0.125, CLOUD]))
    assert [width(frame) for frame in formation.points] == pytest.approx([0.2, 0.5, 1], rel=1e-4)
    assert formation.enlarged.tolist() == pytest.approx([25, 4, 1], rel=1e-4)


@pytest.mark.parametrize("dims", [1, 2, 3, 6])
@pytest.mark.parametrize("collapsed", [[0], [1], [2], [1, 2], [0, 1, 2]])
def test_collapsed_codes_are_a_dot_and_no_nan(dims: int, collapsed: list[int]) -> None:
    codes = np.repeat(CLOUD[None, :, :dims], 3, axis=0).astype(np.float16)
    codes[collapsed] = np.float16(0.1)
    formation = aligned(codes)
    assert np.isfinite(formation.points).all()
    assert np.isfinite(formation.enlarged).all()
    assert not formation.points[collapsed, :, 0].any()
    assert np.abs(formation.points).max() < 10


def test_half_precision_moves_no_point_by_a_visible_distance() -> None:
    exact, half = aligned(CLOUD[None]).points, aligned(CLOUD[None].astype(np.float16)).points
    assert np.abs(exact - half).max() < 1e-3


def test_the_same_codes_give_the_same_film() -> None:
    codes = np.stack([CLOUD * 0.3, CLOUD])
    assert np.array_equal(aligned(codes).points, aligned(codes.copy()).points)


@pytest.mark.parametrize("shape", [(3, 4), (0, 4, 2), (3, 0, 2), (3, 4, 0)])
def test_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"codes must be of shape \(k, m, d\)"):
        aligned(np.zeros(shape))
