"""How good made images are: precision and recall on sets whose figures are known, and on trained networks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ae_core.codecs.codec import open_codec
from ae_core.datasets.dataset import load_dataset
from ae_core.errors import DataError
from ae_core.evaluation.precision_recall import Judge, Quality, precision_recall
from ae_core.latent.sampling import Normal, fit_samplers
from ae_core.runs.store import Run, RunStore
from tests.small import FEW, add_digits, trained

RANDOM = np.random.default_rng(0)
CLOUD = RANDOM.normal(size=(600, 5)).astype(np.float32)


@pytest.fixture(scope="module")
def judge() -> Judge:
    data = load_dataset("mnist")
    assert data.train_labels is not None
    return Judge.fit(data.train_pixels[::6], data.train_labels[::6], batches=500)


@pytest.fixture(scope="module")
def variational_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    store = RunStore(tmp_path_factory.mktemp("variational"))
    longer = {**FEW, "steps": "1200"}
    return trained(store, **longer, dataset=add_digits(store), family="variational", latent_dim="12")


def quality_of(run: Run, judge: Judge, sampler: str) -> Quality:
    """Of 800 samples against as many of MNIST's test images, which the run has not seen."""
    data, codec = load_dataset("mnist"), open_codec(run)
    codes = codec.encode(np.divide(data.train_pixels[:4000], np.float32(255)))
    prior = Normal.prior(codec.latent_dim)
    samplers = {"prior": prior, **fit_samplers(codes)}
    made = np.clip(codec.decode(samplers[sampler].sample(800, seed=0)), 0, 1)
    return precision_recall(judge.encode(data.test_images[:800]), judge.encode(made))


def modes(count: int, which: range) -> NDArray[np.float32]:
    """Points around some of ten places far from one another."""
    turns = RANDOM.choice(which, size=count) * np.pi / 5
    places = 100 * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    return (places + RANDOM.normal(size=(count, 2))).astype(np.float32)


def test_identical_sets_have_a_precision_and_a_recall_of_one() -> None:
    assert precision_recall(CLOUD, CLOUD) == Quality(1.0, 1.0)


def test_sets_far_from_one_another_have_none() -> None:
    quality = precision_recall(CLOUD, CLOUD + 100)
    assert quality == Quality(0.0, 0.0)
    assert quality.both == 0


def test_half_of_the_modes_have_full_precision_and_half_of_the_recall() -> None:
    quality = precision_recall(modes(1000, range(10)), modes(1000, range(5)))
    assert quality.precision > 0.9
    assert quality.recall == pytest.approx(0.5, abs=0.08)


def test_twice_the_modes_have_half_of_the_precision_and_full_recall() -> None:
    quality = precision_recall(modes(1000, range(5)), modes(1000, range(10)))
    assert quality.precision == pytest.approx(0.5, abs=0.08)
    assert quality.recall > 0.9


def test_one_image_made_again_and_again_has_no_recall() -> None:
    again = np.repeat(CLOUD[:1], 600, axis=0)
    quality = precision_recall(CLOUD, again)
    assert quality.precision == 1
    assert quality.recall == pytest.approx(1 / 600)


def test_the_figures_do_not_depend_on_where_all_points_are() -> None:
    made = RANDOM.normal(size=(600, 5)).astype(np.float32)
    assert precision_recall(CLOUD, made) == precision_recall(CLOUD + 64, made + 64)


def test_both_is_the_harmonic_mean() -> None:
    assert Quality(0.5, 1.0).both == pytest.approx(2 / 3)


@pytest.mark.parametrize("made", [CLOUD[:3], CLOUD[:, :4], CLOUD[0]])
def test_too_few_images_or_other_features_are_refused(made: NDArray[np.float32]) -> None:
    with pytest.raises(DataError, match="Precision and recall must have more than 3"):
        precision_recall(CLOUD, made)


def test_the_judge_tells_digits_apart(judge: Judge) -> None:
    data = load_dataset("mnist")
    assert data.train_labels is not None
    assert data.test_labels is not None
    features, labels = judge.encode(data.train_images[:2000]), data.train_labels[:2000]
    centres = np.stack([features[labels == label].mean(axis=0) for label in range(10)])
    away = np.linalg.norm(judge.encode(data.test_images)[:, None] - centres, axis=2)
    assert (away.argmin(axis=1) == data.test_labels).mean() > 0.85


def test_a_judge_that_was_kept_is_the_same(judge: Judge, tmp_path: Path) -> None:
    judge.save(tmp_path / "judge.npz")
    images = load_dataset("mnist").test_images[:5]
    assert np.array_equal(Judge.load(tmp_path / "judge.npz").encode(images), judge.encode(images))


@pytest.mark.parametrize("content", [b"", b"cut off", None])
def test_a_judge_that_cannot_be_read_says_what_to_do(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "judge.npz"
    if content is None:
        np.savez(path, k0=np.zeros((784, 128), np.float32), b0=np.zeros(3, np.float32), k1=np.eye(2), b1=np.eye(2))
    else:
        path.write_bytes(content)
    with pytest.raises(DataError, match="Delete it; it is then made anew"):
        Judge.load(path)


def test_a_judge_needs_two_classes() -> None:
    with pytest.raises(DataError, match="two classes"):
        Judge.fit(np.zeros((9, 28, 28), np.uint8), np.zeros(9, np.int64))


def test_samples_of_a_mixture_are_better_than_samples_of_the_box(digit_runs: dict[int, Run], judge: Judge) -> None:
    mixture, box = (quality_of(digit_runs[32], judge, name) for name in ("mixture", "box"))
    assert mixture.precision > box.precision + 0.1
    assert mixture.both > box.both + 0.1


def test_a_variational_autoencoders_prior_is_better_than_a_plain_ones_box_and_prior(
    digit_runs: dict[int, Run], variational_run: Run, judge: Judge
) -> None:
    honest = quality_of(variational_run, judge, "prior")
    box, prior = (quality_of(digit_runs[32], judge, name) for name in ("box", "prior"))
    assert honest.precision > box.precision + 0.05
    assert honest.both > box.both + 0.05
    assert honest.both > prior.both + 0.2
