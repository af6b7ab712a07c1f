"""Where new codes come from: the distributions they are drawn from, the ways between two, and sums."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from ae_core.errors import DataError
from ae_core.latent.sampling import (
    Box,
    Mixture,
    Normal,
    class_means,
    coincide,
    combine,
    fit_samplers,
    lerp,
    slerp,
)

RANDOM = np.random.default_rng(0)
MANY = 20_000
TWISTED = np.array([[2.0, 0.0, 0.0], [1.0, 0.5, 0.0], [0.0, -1.0, 0.3]])
CODES = (RANDOM.normal(size=(3000, 3)) @ TWISTED.T + [1.0, -2.0, 5.0]).astype(np.float32)
SHARES = np.linspace(0, 1, 11, dtype=np.float32)


def two_clouds() -> NDArray[np.float32]:
    """Half of the codes around (-5, 0), half around (5, 0): the mean of all lies where none is."""
    centres = np.repeat([[-5.0, 0.0], [5.0, 0.0]], 1000, axis=0)
    return (centres + RANDOM.normal(size=(2000, 2))).astype(np.float32)


def angle(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(np.arccos(np.clip(a @ b / np.linalg.norm(a) / np.linalg.norm(b), -1, 1)))


def test_the_prior_has_mean_zero_and_the_spread_that_was_asked_for() -> None:
    codes = Normal.prior(4, spread=2).sample(MANY, seed=1)
    assert codes.shape == (MANY, 4)
    assert codes.dtype == np.float32
    assert np.allclose(codes.mean(axis=0), 0, atol=0.06)
    assert np.allclose(np.cov(codes.T), 4 * np.eye(4), atol=0.15)


@pytest.mark.parametrize("kind", [Normal, Mixture, Box])
def test_the_first_of_many_codes_are_those_that_few_would_be(kind: type[Normal | Mixture | Box]) -> None:
    fitted = kind.fit(CODES)
    assert np.allclose(fitted.sample(2000, seed=3)[:25], fitted.sample(25, seed=3), atol=1e-5)


@pytest.mark.parametrize("kind", [Normal, Mixture])
def test_what_is_fitted_has_the_mean_and_the_covariance_of_the_codes(kind: type[Normal | Mixture]) -> None:
    codes = kind.fit(CODES).sample(MANY, seed=1)
    assert np.allclose(codes.mean(axis=0), CODES.mean(axis=0), atol=0.1)
    assert np.allclose(np.cov(codes.T), np.cov(CODES.T), atol=0.2)


def test_the_box_reaches_from_the_0_5th_to_the_99_5th_percentile() -> None:
    low, high = np.percentile(CODES, (0.5, 99.5), axis=0)
    codes = Box.fit(CODES).sample(MANY, seed=1)
    assert np.allclose(codes.min(axis=0), low, atol=0.01)
    assert np.allclose(codes.max(axis=0), high, atol=0.01)
    assert abs(np.corrcoef(codes.T)[0, 1]) < 0.03 < abs(np.corrcoef(CODES.T)[0, 1])


@pytest.mark.parametrize("name", ["normal", "mixture", "box"])
def test_the_same_seed_gives_the_same_codes_and_another_seed_others(name: str) -> None:
    sampler = fit_samplers(CODES)[name]  # type: ignore[index]
    assert np.array_equal(sampler.sample(25, seed=3), sampler.sample(25, seed=3))
    assert not np.array_equal(sampler.sample(25, seed=3), sampler.sample(25, seed=4))


def test_a_mixture_leaves_out_the_middle_in_which_no_code_is() -> None:
    codes = two_clouds()
    in_the_middle = {
        name: float((np.abs(sampler.sample(5000, seed=0)[:, 0]) < 1).mean())
        for name, sampler in fit_samplers(codes).items()
    }
    assert in_the_middle["mixture"] < 0.005
    assert in_the_middle["normal"] > 0.1
    assert in_the_middle["box"] > 0.1


def test_a_mixture_is_about_as_likely_as_the_one_of_scikit_learn() -> None:
    from sklearn.mixture import GaussianMixture
    from threadpoolctl import threadpool_limits

    centres = RANDOM.normal(size=(15, 8)) * 3
    codes = centres[RANDOM.integers(15, size=4000)] + RANDOM.normal(size=(4000, 8)) * [0.2, 1, 1, 1, 1, 1, 1, 2]
    train, held_out = codes[:3000], codes[3000:]
    with threadpool_limits(1):
        theirs = GaussianMixture(15, reg_covar=1e-3, random_state=0).fit(train).score(held_out)
    assert Mixture.fit(train).log_likelihoods(held_out).mean() > theirs - 0.3


def test_a_mixture_of_few_codes_has_fewer_components() -> None:
    assert len(Mixture.fit(CODES).weights) == 15
    assert len(Mixture.fit(CODES[:60]).weights) == 5
    assert len(Mixture.fit(CODES[:2]).weights) == 1


@pytest.mark.parametrize("dims", [1, 2, 5])
def test_a_dimension_that_no_image_uses_stays_where_it_is(dims: int) -> None:
    codes = np.zeros((500, dims + 1), np.float32)
    codes[:, :dims] = RANDOM.normal(size=(500, dims))
    for sampler in fit_samplers(codes).values():
        made = sampler.sample(200, seed=0)
        assert np.isfinite(made).all()
        assert np.abs(made[:, dims]).max() < 0.2


def test_codes_of_one_dimension_can_be_sampled() -> None:
    for sampler in fit_samplers(CODES[:, :1]).values():
        assert sampler.sample(7, seed=0).shape == (7, 1)


def test_codes_that_all_coincide_have_no_mixture_and_are_known_as_such() -> None:
    codes = np.full((100, 4), 3.7, np.float32)
    assert coincide(codes)
    assert not coincide(CODES)
    with pytest.raises(DataError, match="codes that differ"):
        Mixture.fit(codes)


@pytest.mark.parametrize("codes", [CODES[:1], CODES[0], np.full((9, 2), np.nan)])
def test_what_are_no_codes_is_refused_in_plain_words(codes: NDArray[np.float32]) -> None:
    with pytest.raises(DataError, match="Codes must"):
        Normal.fit(codes)


@pytest.mark.parametrize("way", [lerp, slerp])
def test_a_way_begins_and_ends_where_it_should(way: object) -> None:
    codes = way(CODES[0], CODES[1], SHARES)  # type: ignore[operator]
    assert codes.shape == (11, 3)
    assert np.allclose(codes[[0, -1]], CODES[:2], atol=1e-5)


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
