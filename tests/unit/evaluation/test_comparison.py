"""Figures of a codec, against the formulas applied to all images at once."""

from __future__ import annotations

import numpy as np
import pytest

from ae_core.config.config import Config
from ae_core.errors import DataError
from ae_core.evaluation.comparison import differing, figures
from ae_core.evaluation.metrics import cross_entropies, evaluate, interval, squared_errors, ssims
from tests.unit.evaluation.test_metrics import IMAGES, Fixed

LABELS = np.arange(len(IMAGES)) % 3 * 2
"""0, 2 and 4: a label may be missing."""
HALVES = IMAGES * np.float32(0.5)


def test_each_measure_is_the_mean_over_images_with_its_interval() -> None:
    found = figures(Fixed(), IMAGES)
    errors = squared_errors(IMAGES, HALVES)
    assert found.images == len(IMAGES)
    expected = {
        "mse": errors,
        "psnr": -10 * np.log10(errors),
        "ssim": ssims(IMAGES, HALVES),
        "cross_entropy": cross_entropies(IMAGES, HALVES),
    }
    for name, values in expected.items():
        measured = getattr(found, name)
        assert (measured.mean, measured.half) == pytest.approx((values.mean(), interval(values).half)), name


def test_the_figures_agree_with_those_that_a_training_ends_with() -> None:
    found, evaluated = figures(Fixed(), IMAGES), evaluate(Fixed(), IMAGES)
    assert found.mse.mean == pytest.approx(evaluated.mse)
    assert found.cross_entropy.mean == pytest.approx(evaluated.cross_entropy)


def test_the_error_of_each_class_is_that_of_its_images() -> None:
    found = figures(Fixed(), IMAGES, LABELS).by_class
    assert list(found) == [0, 2, 4]
    errors = squared_errors(IMAGES, HALVES)
    for label, measured in found.items():
        assert measured.mean == pytest.approx(errors[label == LABELS].mean())


def test_images_without_labels_have_no_error_by_class() -> None:
    assert figures(Fixed(), IMAGES).by_class == {}


def test_figures_of_no_images_are_refused() -> None:
    with pytest.raises(DataError, match="at least one image"):
        figures(Fixed(), IMAGES[:0])


def test_only_the_settings_that_differ_are_told_and_in_words() -> None:
    one, other = Config(optimizer="sgd"), Config(latent_dim=2, train_size=100)
    assert differing([one, other]) == {
        "train_size": ["all", "100"],
        "latent_dim": ["32", "2"],
        "optimizer": ["SGD with momentum", "Adam"],
    }
    assert differing([one, one]) == differing([one]) == {}


def test_a_setting_that_a_training_ignores_is_left_open() -> None:
    dense, conv = Config(encoder_widths=(64,), decoder_widths=(8,)), Config(architecture="conv", filters=(4,))
    assert differing([dense, conv, conv]) == {
        "architecture": ["Dense", "Convolutional", "Convolutional"],
        "encoder_widths": ["64", "–", "–"],
        "decoder_widths": ["8", "–", "–"],
        "filters": ["–", "4", "4"],
    }
    quick, fast = Config(), Config(optimizer="sgd", momentum=0.5)
    assert differing([quick, fast])["momentum"] == ["–", "0.5"]


def test_a_setting_that_does_not_go_with_the_others_counts() -> None:
    bce, mse = Config(), Config(loss="mse", output_activation="relu")
    assert differing([bce, mse])["output_activation"] == ["Sigmoid", "ReLU"]
