"""The distributions that new codes are drawn from."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ae_core.errors import DataError
from ae_core.latent.sampling import Box, Mixture, Normal, coincide, fit_samplers

RANDOM = np.random.default_rng(0)
MANY = 20_000
TWISTED = np.array([[2.0, 0.0, 0.0], [1.0, 0.5, 0.0], [0.0, -1.0, 0.3]])
CODES = (RANDOM.normal(size=(3000, 3)) @ TWISTED.T + [1.0, -2.0, 5.0]).astype(np.float32)


def two_clouds() -> NDArray[np.float32]:
    """Half of the codes around (-5, 0), half around (5, 0): the mean of all lies where none is."""
    centres = np.repeat([[-5.0, 0.0], [5.0, 0.0]], 1000, axis=0)
    return (centres + RANDOM.normal(size=(2000, 2))).astype(np.float32)


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
