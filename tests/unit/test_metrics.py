"""Figures against their formulas in numpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from ae_core.errors import DataError
from ae_core.metrics import BATCH, Images, cross_entropies, evaluate, evaluate_each, percentiles, squared_errors

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
    assert cross_entropies(IMAGES, GUESSES) == pytest.approx(expected, rel=1e-9)


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
