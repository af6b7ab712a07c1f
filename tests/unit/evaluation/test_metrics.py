"""Figures against their formulas in numpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from ae_core.errors import DataError
from ae_core.evaluation.metrics import (
    BATCH,
    Images,
    cross_entropies,
    evaluate,
    evaluate_each,
    interval,
    percentiles,
    psnrs,
    squared_errors,
    ssims,
)

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.random((BATCH + 3, 28, 28), np.float32)
GUESSES = np.clip(IMAGES + RANDOM.normal(0, 0.1, IMAGES.shape).astype(np.float32), 0.01, 0.99)


@dataclass
class Fixed:
    """A codec whose codes are the images, and which gives them back a little darker."""

    latent_dim: int = 784
    factor: float = 0.5

    def encode(self, images: Images) -> Images:
        return images.reshape(-1, 784)

    def decode(self, codes: Images) -> Images:
        return codes.reshape(-1, 28, 28) * np.float32(self.factor)


def test_the_squared_error_of_an_image_is_the_mean_over_its_pixels() -> None:
    expected = ((IMAGES.astype(float) - GUESSES) ** 2).mean(axis=(1, 2))
    assert squared_errors(IMAGES, GUESSES) == pytest.approx(expected, rel=1e-5)


def test_the_cross_entropy_of_an_image_is_the_mean_over_its_pixels_in_nats() -> None:
    x, y = IMAGES.astype(float), GUESSES.astype(float)
    expected = (-x * np.log(y) - (1 - x) * np.log(1 - y)).mean(axis=(1, 2))
    assert cross_entropies(IMAGES, GUESSES) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("guess", [-0.5, 0.0, 1.0, 1.5])
def test_the_cross_entropy_of_being_sure_is_finite(guess: float) -> None:
    wrong = cross_entropies(np.full((1, 28, 28), 1.0 if guess <= 0 else 0.0), np.full((1, 28, 28), guess))
    assert wrong[0] == pytest.approx(-np.log(1e-7), rel=1e-6)


def test_all_figures_are_of_all_images() -> None:
    figures = evaluate(Fixed(), IMAGES)
    halves = IMAGES * np.float32(0.5)
    assert figures.images == len(IMAGES)
    assert figures.mse == pytest.approx(np.mean((IMAGES.astype(float) - halves) ** 2), rel=1e-6)
    assert figures.squared_error == pytest.approx(784 * figures.mse)
    assert figures.cross_entropy == pytest.approx(cross_entropies(IMAGES, halves).mean())
    assert figures.psnr == pytest.approx(10 * np.log10(1 / figures.mse))


def test_a_perfect_codec_has_no_error_and_a_finite_ratio() -> None:
    figures = evaluate(Fixed(factor=1.0), IMAGES)
    assert (figures.mse, figures.psnr) == (0.0, 120.0)


def test_figures_by_name_can_be_printed_as_json() -> None:
    figures = evaluate(Fixed(), IMAGES[:2]).to_json()
    assert list(figures) == ["images", "mse", "squared_error", "cross_entropy", "psnr"]
    assert {type(value) for value in figures.values()} == {int, float}


def test_figures_of_no_images_are_refused() -> None:
    with pytest.raises(DataError, match="at least one image"):
        evaluate(Fixed(), IMAGES[:0])


def test_the_errors_of_all_images_come_in_their_order() -> None:
    figures, errors = evaluate_each(Fixed(), IMAGES)
    assert errors == pytest.approx(squared_errors(IMAGES, IMAGES * np.float32(0.5)), rel=1e-6)
    assert figures == evaluate(Fixed(), IMAGES)


def test_percentiles_reach_from_the_smallest_to_the_largest() -> None:
    found = percentiles(np.random.default_rng(0).permutation(np.arange(1001.0)))
    assert found.dtype == np.float32
    assert found == pytest.approx(np.arange(101) * 10)


def literal_ssim(x: np.ndarray, y: np.ndarray) -> float:
    """Equations 13 to 17 of Wang et al. (2004) as they are written there, one window after the other."""
    offsets = np.arange(-5, 6)
    weights = np.exp(-(offsets[:, None] ** 2 + offsets**2) / (2 * 1.5**2))
    weights /= weights.sum()
    found = []
    for row in range(28 - 10):
        for column in range(28 - 10):
            a, b = (image[row : row + 11, column : column + 11] for image in (x, y))
            mean_a, mean_b = (weights * a).sum(), (weights * b).sum()
            variance_a, variance_b = (weights * (a - mean_a) ** 2).sum(), (weights * (b - mean_b) ** 2).sum()
            covariance = (weights * (a - mean_a) * (b - mean_b)).sum()
            c1, c2 = (0.01 * 1) ** 2, (0.03 * 1) ** 2
            alike = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
            found.append(alike / ((mean_a**2 + mean_b**2 + c1) * (variance_a + variance_b + c2)))
    return float(np.mean(found))


def strokes(seed: int) -> Images:
    """Black but for a bar, as digits are: there the quotients hang on the two constants."""
    image = np.zeros((28, 28), np.float32)
    image[4:24, 8 + seed : 11 + seed] = np.random.default_rng(seed).random((20, 3), np.float32)
    return image


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (IMAGES[0], GUESSES[0]),
        (IMAGES[0], IMAGES[1]),
        (strokes(0), strokes(1)),
        (strokes(0), np.full((28, 28), 0.1, np.float32)),
        (strokes(2), strokes(2) * np.float32(1.3) - np.float32(0.05)),
        (np.zeros((28, 28), np.float32), np.ones((28, 28), np.float32)),
    ],
    ids=["noisy", "unlike", "strokes", "flat", "out-of-range", "extremes"],
)
def test_structural_similarity_is_that_of_the_paper(x: Images, y: Images) -> None:
    expected = literal_ssim(x.astype(float), y.astype(float))
    assert ssims(x[None], y[None])[0] == pytest.approx(expected, abs=1e-4)


def test_the_structural_similarity_of_equal_images_is_one_and_each_image_has_its_own() -> None:
    together = ssims(IMAGES[:3], np.stack([IMAGES[0], GUESSES[1], IMAGES[0]]))
    assert together[0] == pytest.approx(1, abs=1e-5)
    alone = [ssims(IMAGES[1:2], GUESSES[1:2])[0], ssims(IMAGES[2:3], IMAGES[:1])[0]]
    assert together[1:] == pytest.approx(alone)


def test_the_peak_ratio_of_an_error_is_in_decibels_and_finite_without_any() -> None:
    assert psnrs(np.array([0.1, 0.01, 0.0])) == pytest.approx([10, 20, 120])


def test_a_mean_comes_with_1_96_standard_errors_to_each_side() -> None:
    values = np.array([1.0, 2.0, 4.0, 9.0])
    found = interval(values)
    assert found.mean == 4
    assert found.half == pytest.approx(1.96 * np.sqrt(((values - 4) ** 2).sum() / 3) / 2)
    assert (found.low, found.high) == (4 - found.half, 4 + found.half)


def test_the_interval_holds_the_true_mean_95_times_of_100() -> None:
    draws = np.random.default_rng(1).exponential(size=(2000, 200))
    held = np.mean([found.low <= 1 <= found.high for found in map(interval, draws)])
    assert 0.92 < held < 0.97


def test_how_sure_the_mean_of_a_single_value_is_nobody_knows() -> None:
    assert interval(np.array([3.0])).mean == 3
    assert np.isnan(interval(np.array([3.0])).half)
