from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from ae_core.datasets.catalogue import load_dataset
from ae_core.preprocessing.corruption import NOISE, RANGES, Spoil, spoil
from tests.spoilings import Image, spoilings

RANDOM = np.random.default_rng(1).random((28, 28), dtype=np.float32)
"""Ink everywhere, up to the edges."""


@pytest.fixture(scope="module")
def digits() -> Image:
    return load_dataset().test_images[:20]


def ink_at(*places: tuple[int, int]) -> Image:
    """Black but for white pixels at these rows and columns."""
    image = np.zeros((28, 28), np.float32)
    for place in places:
        image[place] = 1
    return image


def test_without_damage_an_image_keeps_its_values(digits: Image) -> None:
    for image in (RANDOM, *digits):
        assert (spoil(image, Spoil()) == image).all()


def test_the_image_given_is_not_changed_and_not_shared() -> None:
    before = RANDOM.copy()
    for how in (Spoil(), Spoil(patch=5, noise=0.5, thicken=1)):
        spoiled = spoil(RANDOM, how)
        assert not np.shares_memory(spoiled, RANDOM)
        assert (before == RANDOM).all()


def test_a_spoiled_image_is_an_image() -> None:
    for image, how in spoilings().values():
        spoiled = spoil(image, how)
        assert (spoiled.shape, spoiled.dtype) == ((28, 28), np.float32)
        assert spoiled.min() >= 0
        assert spoiled.max() <= 1


@pytest.mark.parametrize(("right", "down"), [(3, 0), (0, 5), (-4, 2), (14, -14)])
def test_a_shift_by_whole_pixels_moves_them_exactly_and_leaves_black(right: int, down: int) -> None:
    bordered = np.pad(RANDOM, 14)
    expected = bordered[14 - down : 42 - down, 14 - right : 42 - right]
    assert (spoil(RANDOM, Spoil(shift_x=right, shift_y=down)) == expected).all()


def test_a_shift_by_part_of_a_pixel_shares_it_between_two() -> None:
    spoiled = spoil(ink_at((10, 10)), Spoil(shift_x=0.25))
    assert spoiled[10, 9:13].tolist() == [0, 0.75, 0.25, 0]


@pytest.mark.parametrize("quarters", [-2, -1, 1, 2])
def test_quarter_turns_are_those_of_numpy(quarters: int) -> None:
    assert np.allclose(spoil(RANDOM, Spoil(rotate=90 * quarters)), np.rot90(RANDOM, quarters), atol=1e-6)


def test_a_small_turn_is_counter_clockwise() -> None:
    # What is right of the centre goes up, that is, to a smaller row.
    rows = np.arange(28)[:, None]
    spoiled = spoil(ink_at((13, 24), (14, 24)), Spoil(rotate=20))
    assert (spoiled * rows).sum() / spoiled.sum() < 11


def test_an_image_is_rotated_first_and_shifted_then() -> None:
    expected = spoil(spoil(RANDOM, Spoil(rotate=90)), Spoil(shift_x=6))
    assert np.allclose(spoil(RANDOM, Spoil(rotate=90, shift_x=6)), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("patch", "x", "rows", "columns"),
    [
        (1, 13.5, (16, 17), (13, 14)),
        (4, 13.5, (15, 19), (12, 16)),
        (5, 13.5, (14, 19), (11, 16)),
        (5, 13.0, (14, 19), (11, 16)),
        (4, 13.2, (15, 19), (12, 16)),
        (4, 13.0, (15, 19), (11, 15)),
        (6, 0.0, (14, 20), (0, 3)),
        (6, 27.0, (14, 20), (24, 28)),
        (20, 20.1, (7, 27), (11, 28)),
    ],
)
def test_a_patch_erases_the_pixels_around_its_centre(
    patch: int, x: float, rows: tuple[int, int], columns: tuple[int, int]
) -> None:
    expected = RANDOM.copy()
    expected[slice(*rows), slice(*columns)] = 0
    assert (spoil(RANDOM, Spoil(patch=patch, patch_x=x, patch_y=16.5)) == expected).all()


def test_a_patch_in_the_image_has_its_full_size_wherever_it_is() -> None:
    white = np.ones((28, 28), np.float32)
    for patch in range(21):
        for x in np.linspace(10.5, 17, 53):
            erased = white - spoil(white, Spoil(patch=patch, patch_x=float(x), patch_y=float(27.5 - x)))
            assert erased.sum() == patch**2


def test_the_patch_stays_where_it_is_while_the_image_moves() -> None:
    white = np.ones((28, 28), np.float32)
    assert spoil(white, Spoil(patch=1, patch_x=3, patch_y=4, shift_x=1, shift_y=1, thicken=1))[4, 3] == 0


def test_noise_has_the_deviation_asked_for() -> None:
    grey = np.full((28, 28), 0.5, np.float32)
    added = spoil(grey, Spoil(noise=0.1)) - grey
    assert abs(added.mean()) < 0.01
    assert added.std() == pytest.approx(0.1, rel=0.05)


def test_the_noise_is_normal_and_cannot_be_changed() -> None:
    assert (NOISE.shape, NOISE.dtype) == ((28, 28), np.float32)
    for deviations, share in [(1, 0.683), (2, 0.954)]:
        assert (np.abs(NOISE) < deviations).mean() == pytest.approx(share, abs=0.04)
    # Neighbours know nothing of each other.
    assert abs((NOISE[:, 1:] * NOISE[:, :-1]).mean()) < 0.1
    assert abs((NOISE[1:] * NOISE[:-1]).mean()) < 0.1
    with pytest.raises(ValueError, match="read-only"):
        NOISE[0, 0] = 0


def test_noise_is_the_same_for_every_image_and_lies_over_the_patch() -> None:
    how = Spoil(noise=0.1, patch=20)
    added = (spoil(RANDOM, how) - spoil(RANDOM, replace(how, noise=0)))[4:24, 4:24]
    assert np.allclose(added, np.maximum(0, 0.1 * NOISE[4:24, 4:24]), atol=1e-6)


def test_a_pixel_grows_to_its_four_neighbours_and_a_cross_shrinks_to_its_middle() -> None:
    dot, cross = ink_at((9, 9)), ink_at((9, 9), (8, 9), (10, 9), (9, 8), (9, 10))
    assert (spoil(dot, Spoil(thicken=1)) == cross).all()
    assert (spoil(cross, Spoil(thicken=-1)) == dot).all()


def test_a_dot_grows_step_by_step_to_a_diamond() -> None:
    rows, columns = np.mgrid[:28, :28]
    diamond = abs(rows - 9) + abs(columns - 9) <= 2
    assert (spoil(ink_at((9, 9)), Spoil(thicken=2)) == diamond).all()


@pytest.mark.parametrize("sign", [1, -1])
def test_a_fraction_of_a_step_is_blended(sign: int, digits: Image) -> None:
    one, two, between = (spoil(digits[0], Spoil(thicken=sign * pixels)) for pixels in (1, 2, 1.25))
    assert np.allclose(between, 0.75 * one + 0.25 * two, atol=1e-6)


def test_thicker_is_nowhere_darker_and_more_ink(digits: Image) -> None:
    for image in digits:
        growing = [spoil(image, Spoil(thicken=pixels)) for pixels in np.linspace(-2, 2, 17).tolist()]
        for thinner, thicker in pairwise(growing):
            assert (thicker >= thinner).all()
            assert thicker.sum() > thinner.sum() or not thinner.any()


def test_ink_at_the_edge_is_not_eaten_away_from_outside() -> None:
    # White but for the last two columns: only these are neighbours that count.
    image = np.ones((28, 28), np.float32)
    image[:, 26:] = 0
    expected = np.ones((28, 28), np.float32)
    expected[:, 25:] = 0
    assert (spoil(image, Spoil(thicken=-1)) == expected).all()


@pytest.mark.parametrize(
    "values",
    [
        None,
        [],
        [1, 2],
        "noise",
        7,
        True,
        {},
        {"blur": 3, 5: 1},
        *({name: value} for name in RANGES for value in (None, "0.5", "inf", True, [1], {"noise": 1})),
        *({name: value} for name in RANGES for value in (float("nan"), float("inf"), float("-inf"))),
    ],
    ids=repr,
)
def test_nonsense_from_a_browser_does_no_damage(values: object) -> None:
    assert Spoil.from_json(values) == Spoil()


@pytest.mark.parametrize("huge", [1e300, 10**400])
def test_numbers_from_a_browser_are_clipped_into_their_range(huge: float) -> None:
    assert Spoil.from_json(dict.fromkeys(RANGES, -huge)) == Spoil(0, 0, 0, 0, -180, -14, -14, -2)
    assert Spoil.from_json(dict.fromkeys(RANGES, huge)) == Spoil(1, 20, 27, 27, 180, 14, 14, 2)


def test_what_a_browser_sends_in_the_ranges_is_kept() -> None:
    sent: dict[str, Any] = json.loads(
        '{"noise": 0.25, "patch": 7, "patch_x": 3, "patch_y": 20.5, "rotate": -12.5, "shift_x": 1, "shift_y": -2, '
        '"thicken": -0.5, "extra": 1}'
    )
    how = Spoil.from_json(sent)
    assert how == Spoil(0.25, 7, 3.0, 20.5, -12.5, 1.0, -2.0, -0.5)
    assert {name: type(getattr(how, name)) for name in RANGES} == {**dict.fromkeys(RANGES, float), "patch": int}


def test_one_wrong_value_leaves_the_others() -> None:
    assert Spoil.from_json({"noise": "much", "rotate": 30}) == Spoil(rotate=30)


def test_the_side_of_a_patch_becomes_whole() -> None:
    assert Spoil.from_json({"patch": 6.7}).patch == 7
