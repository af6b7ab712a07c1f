"""How good made images are: on sets whose figures are known, and on what trained networks make."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ae_core.codecs.codec import Codec, open_codec
from ae_core.datasets.catalogue import load_dataset
from ae_core.datasets.images import as_floats
from ae_core.errors import DataError
from ae_core.evaluation.density_coverage import Quality, RealImages
from ae_core.evaluation.random_features import random_features
from ae_core.latent.sampling import Normal, fit_samplers
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from tests.small import FEW, add_digits, trained

RANDOM = np.random.default_rng(0)
CLOUD = RANDOM.normal(size=(600, 5)).astype(np.float32)
COUNT = 800
"""Images of each kind."""


@pytest.fixture(scope="module")
def real() -> RealImages:
    """Of MNIST's test images, which no run has seen."""
    return RealImages.of(random_features(load_dataset("mnist").test_images[:COUNT]))


@pytest.fixture(scope="module")
def variational_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    store = RunStore(tmp_path_factory.mktemp("variational"))
    longer = {**FEW, "steps": "1200"}
    return trained(store, **longer, dataset=add_digits(store), family="variational", latent_dim="12")


def samples(run: Run, sampler: str) -> NDArray[np.float32]:
    codec = open_codec(run)
    codes = codec.encode(as_floats(load_dataset("mnist").train_pixels[:4000]))
    samplers = {"prior": Normal.prior(codec.latent_dim), **fit_samplers(codes)}
    return decoded(codec, samplers[sampler].sample(COUNT, seed=0))


def decoded(codec: Codec, codes: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.clip(codec.decode(codes), 0, 1)


def modes(count: int, which: range) -> NDArray[np.float32]:
    """Points around some of ten places far from one another."""
    turns = RANDOM.choice(which, size=count) * np.pi / 5
    places = 20 * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    return (places + RANDOM.normal(size=(count, 2))).astype(np.float32)


def test_the_real_images_themselves_have_all_of_both() -> None:
    assert RealImages.of(CLOUD).quality(CLOUD) == Quality(1.0, 1.0)


def test_others_like_the_real_ones_are_as_crowded_and_cover_nearly_all() -> None:
    others = RANDOM.normal(size=CLOUD.shape)
    quality = RealImages.of(CLOUD).quality(others)
    assert quality.density == pytest.approx(1, abs=0.1)
    # As Naeem et al. worked out for k = 5 and two sets of the same size: 1 - 1 / 2 ** 5.
    assert quality.coverage == pytest.approx(0.969, abs=0.03)


def test_images_far_from_the_real_ones_have_none_of_either() -> None:
    assert RealImages.of(CLOUD).quality(CLOUD + 100) == Quality(0.0, 0.0)


def test_half_of_the_modes_are_as_crowded_and_cover_half() -> None:
    quality = RealImages.of(modes(1000, range(10))).quality(modes(1000, range(5)))
    assert quality.density > 0.9
    assert quality.coverage == pytest.approx(0.5, abs=0.08)


def test_twice_the_modes_are_half_as_crowded_and_cover_nearly_all() -> None:
    quality = RealImages.of(modes(1000, range(5))).quality(modes(1000, range(10)))
    assert quality.density == pytest.approx(0.5, abs=0.08)
    assert quality.coverage > 0.8


def test_one_usual_image_made_again_and_again_covers_next_to_nothing() -> None:
    middle = CLOUD[np.square(CLOUD).sum(axis=1).argmin()]
    quality = RealImages.of(CLOUD).quality(np.tile(middle, (600, 1)))
    assert quality.density == 1
    assert quality.coverage < 0.1


def test_real_images_that_are_all_the_same_are_as_good_as_themselves() -> None:
    same = np.tile(CLOUD[:1], (10, 1))
    assert RealImages.of(same).quality(same) == Quality(1.0, 1.0)
    assert RealImages.of(same).quality(same + 1) == Quality(0.0, 0.0)


def test_an_odd_real_image_does_not_make_what_is_far_from_all_others_good() -> None:
    """Its ball reaches to its neighbours, and by far most of what lies in it is like no real image."""
    odd = np.vstack([CLOUD, np.full((1, 5), 40, np.float32)])
    between = np.full((600, 5), 30, np.float32) + RANDOM.normal(size=(600, 5)).astype(np.float32)
    assert RealImages.of(odd).quality(between).density == 0


def test_the_figures_do_not_depend_on_where_all_points_are() -> None:
    made = RANDOM.normal(size=(600, 5)).astype(np.float32)
    here, there = RealImages.of(CLOUD).quality(made), RealImages.of(CLOUD + 64).quality(made + 64)
    assert there.density == pytest.approx(here.density, abs=0.01)
    assert there.coverage == pytest.approx(here.coverage, abs=0.01)


@pytest.mark.parametrize("features", [CLOUD[:5], CLOUD[0]])
def test_too_few_real_images_are_refused(features: NDArray[np.float32]) -> None:
    with pytest.raises(DataError, match="against more than 5 test images"):
        RealImages.of(features)


@pytest.mark.parametrize("made", [CLOUD[:0], CLOUD[:, :4], CLOUD[0]])
def test_no_images_or_other_features_are_refused(made: NDArray[np.float32]) -> None:
    with pytest.raises(DataError, match=r"features of shape \(m, 5\)"):
        RealImages.of(CLOUD).quality(made)


@pytest.mark.parametrize("kind", ["noise", "black", "average", "blurred"])
def test_what_is_no_digit_has_none_of_either(real: RealImages, kind: str) -> None:
    digits = load_dataset("mnist").test_images[COUNT : 2 * COUNT]
    shifts = [np.roll(digits, (down, right), axis=(1, 2)) for down in (-2, 0, 2) for right in (-2, 0, 2)]
    images = {
        "noise": np.random.default_rng(0).random(digits.shape, np.float32),
        "black": np.zeros_like(digits),
        "average": np.broadcast_to(digits.mean(axis=0), digits.shape),
        "blurred": np.mean(shifts, axis=0),
    }
    quality = real.quality(random_features(images[kind]))
    assert quality.density < 0.02
    assert quality.coverage < 0.05


def test_other_digits_are_as_good_as_those_they_are_held_against(real: RealImages) -> None:
    quality = real.quality(random_features(load_dataset("mnist").test_images[COUNT : 2 * COUNT]))
    assert quality.density > 0.85
    assert quality.coverage > 0.85


def test_density_ranks_what_networks_make_as_the_eye_does(
    digit_runs: dict[int, Run], variational_run: Run, real: RealImages
) -> None:
    """Blots and shapes of a plain autoencoder, digits of a variational one, digits rebuilt."""
    plain, digits = digit_runs[32], load_dataset("mnist").test_images[COUNT : 2 * COUNT]
    codec = open_codec(plain)
    pictures = [
        samples(plain, "prior"),
        samples(plain, "box"),
        samples(variational_run, "prior"),
        decoded(codec, codec.encode(digits)),
    ]
    blots, shapes, made, rebuilt = (real.quality(random_features(images)).density for images in pictures)
    assert blots < 0.02
    assert made > 10 * blots
    assert made > 1.5 * shapes
    assert rebuilt > 3 * made


def test_samples_of_a_mixture_are_better_than_samples_of_the_box(digit_runs: dict[int, Run], real: RealImages) -> None:
    mixture, box = (real.quality(random_features(samples(digit_runs[32], name))) for name in ("mixture", "box"))
    assert mixture.density > 3 * box.density
    assert mixture.coverage > 1.5 * box.coverage
