"""The compiled loop by itself: what optimizers and penalties do to the weights."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest

from ae_core.codecs.pca import PcaBasis
from ae_core.config.architectures import ARCHITECTURES
from ae_core.config.config import Config
from ae_core.config.conv import CONV as CONVOLUTIONS
from ae_core.config.precision import FLOAT32, MIXED
from ae_core.datasets.dataset import Dataset
from ae_core.datasets.images import as_floats
from ae_core.training.loop import Stepper
from ae_core.training.networks import build_trained_network
from tests.unit.choices import choices
from tests.unit.tiny import CONV, DENSE, VARIATIONAL

STEPS = 60
# The codes of this one are zero or positive, so that an L1 penalty can make entries exactly zero.
PLAIN = replace(DENSE, code_activation="relu", latent_dim=8, learning_rate=0.005)
RATES = {"sgd": 0.5, "rmsprop": 0.002, "adam": 0.002, "adamw": 0.002, "nadam": 0.002}


def trained(config: Config, data: Dataset, steps: int = STEPS) -> tuple[Stepper, list[float]]:
    stepper = Stepper(config, data)
    return stepper, stepper.advance(steps).loss


@pytest.fixture(scope="module")
def plainly(zeros_and_ones: Dataset) -> tuple[Stepper, list[float]]:
    """`PLAIN` after `STEPS` steps, and their losses."""
    return trained(PLAIN, zeros_and_ones)


@pytest.fixture(scope="module")
def plain(plainly: tuple[Stepper, list[float]]) -> Stepper:
    return plainly[0]


def kernels(stepper: Stepper) -> float:
    """Sum of squares of all kernels."""
    weights = stepper.trained_network.trainable_variables
    return sum(float(np.square(weight.numpy()).sum()) for weight in weights if weight.name == "kernel")


def codes(stepper: Stepper, data: Dataset) -> np.ndarray[Any, Any]:
    return np.asarray(stepper.trained_network.encoder(data.test_images[:500]))


@pytest.mark.parametrize("optimizer", choices("optimizer"))
def test_every_optimizer_lowers_the_loss(optimizer: str, zeros_and_ones: Dataset) -> None:
    config = replace(DENSE, optimizer=optimizer, learning_rate=RATES[optimizer])
    _, losses = trained(config, zeros_and_ones, steps=40)
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])


def test_steps_taken_one_by_one_are_the_steps_taken_at_once(plain: Stepper, zeros_and_ones: Dataset) -> None:
    one_by_one = Stepper(PLAIN, zeros_and_ones)
    for count in (1, 1, 5, 23, STEPS - 30):
        one_by_one.advance(count)
    pairs = zip(plain.snapshot().values, one_by_one.snapshot().values, strict=True)
    assert all(np.array_equal(first, second) for first, second in pairs)


@pytest.mark.parametrize("family", choices("family"))
def test_a_batch_in_parts_trains_as_one_in_a_single_part(
    family: str, zeros_and_ones: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(CONV, family=family, batch_size=31, precision=FLOAT32)
    in_parts, losses = trained(config, zeros_and_ones, steps=5)
    assert CONVOLUTIONS.parts == 2
    monkeypatch.setitem(ARCHITECTURES, "conv", replace(CONVOLUTIONS, parts=1))
    whole, losses_of_whole = trained(config, zeros_and_ones, steps=5)
    assert losses == pytest.approx(losses_of_whole, rel=1e-5)
    for first, second in zip(in_parts.snapshot().values, whole.snapshot().values, strict=True):
        assert np.allclose(first, second, rtol=1e-3, atol=1e-6)


def test_a_snapshot_is_a_copy(zeros_and_ones: Dataset) -> None:
    stepper = Stepper(PLAIN, zeros_and_ones)
    before = stepper.snapshot()
    kept = [value.copy() for value in before.values]
    stepper.advance(3)
    assert all(np.array_equal(value, copy) for value, copy in zip(before.values, kept, strict=True))
    stepper.restore(before)
    assert stepper.step == 0


def test_an_l1_penalty_makes_codes_sparse(plain: Stepper, zeros_and_ones: Dataset) -> None:
    sparse, _ = trained(replace(PLAIN, code_l1=0.05), zeros_and_ones)
    without, with_penalty = codes(plain, zeros_and_ones), codes(sparse, zeros_and_ones)
    assert np.abs(with_penalty).mean() < 0.2 * np.abs(without).mean()
    assert (with_penalty < 1e-3).mean() > (without < 1e-3).mean()


def test_an_l2_penalty_keeps_weights_small(plain: Stepper, zeros_and_ones: Dataset) -> None:
    small, _ = trained(replace(PLAIN, weight_l2=0.01), zeros_and_ones)
    assert kernels(small) < 0.5 * kernels(plain)


def test_the_reported_loss_leaves_penalties_out(plainly: tuple[Stepper, list[float]], zeros_and_ones: Dataset) -> None:
    _, losses = trained(replace(PLAIN, weight_l2=1.0, code_l1=1.0), zeros_and_ones, steps=1)
    assert losses == plainly[1][:1]


@pytest.mark.parametrize("changes", [{"dropout": 0.5}, {"input_noise": 0.5}])
def test_dropout_and_noise_disturb_training_and_nothing_else(
    changes: dict[str, Any], plainly: tuple[Stepper, list[float]], zeros_and_ones: Dataset
) -> None:
    stepper, losses = trained(replace(PLAIN, **changes), zeros_and_ones, steps=3)
    assert losses[0] != plainly[1][0]
    assert stepper.evaluate() == stepper.evaluate()
    first, again = stepper.reconstruct(), stepper.reconstruct()
    assert all(np.array_equal(first[of], again[of]) for of in first)


def test_a_linear_network_approaches_pca(zeros_and_ones: Dataset) -> None:
    linear = replace(
        DENSE, precision=FLOAT32, encoder_widths=(), output_activation="linear", loss="mse", learning_rate=0.01,
        batch_size=256, schedule="cosine", steps=600,
    )  # fmt: skip
    stepper, _ = trained(linear, zeros_and_ones, steps=600)
    images = zeros_and_ones.train_images
    network = stepper.finished_network()
    guesses = np.asarray(network.decoder(network.encoder(images)))
    best = PcaBasis.fit(images).held_out_mse(images)[linear.latent_dim]
    assert best < np.mean((guesses - images) ** 2) < 1.02 * best


@pytest.mark.parametrize("config", [PLAIN, VARIATIONAL, CONV], ids=["dense", "variational", "conv"])
def test_in_mixed_precision_the_same_bits_come_out_and_nearly_the_same_error(
    config: Config, zeros_and_ones: Dataset
) -> None:
    exact, _ = trained(replace(config, precision=FLOAT32), zeros_and_ones)
    mixed, losses = trained(replace(config, precision=MIXED), zeros_and_ones)
    again, same_losses = trained(replace(config, precision=MIXED), zeros_and_ones)
    assert losses == same_losses
    pairs = zip(mixed.snapshot().values, again.snapshot().values, strict=True)
    assert all(np.array_equal(first, second) for first, second in pairs)
    assert not np.array_equal(exact.snapshot().values[0], mixed.snapshot().values[0])
    assert mixed.evaluate().mse == pytest.approx(exact.evaluate().mse, rel=0.05)


@pytest.mark.parametrize("precision", choices("precision"))
def test_dropout_leaves_the_share_and_the_mean_that_it_should(precision: str) -> None:
    network = build_trained_network(replace(PLAIN, precision=precision, dropout=0.01))
    (dropout,) = (layer for layer in network.encoder.layers if isinstance(layer, keras.layers.Dropout))
    left = np.asarray(dropout(np.ones((1000, 1000), np.float32), training=True))
    assert np.mean(left == 0) == pytest.approx(0.01, rel=0.05)
    assert left.mean() == pytest.approx(1, abs=0.001)


@pytest.mark.parametrize("precision", choices("precision"))
def test_looks_are_made_in_float32_by_the_network_that_others_get(precision: str, zeros_and_ones: Dataset) -> None:
    stepper, _ = trained(replace(PLAIN, precision=precision), zeros_and_ones)
    network, shown = stepper.finished_network(), stepper.previews["held-out"]
    made = np.asarray(network.decoder(network.encoder(as_floats(shown))))
    assert np.abs(made - stepper.reconstruct()["held-out"]).max() < 1e-6
    for weight, expected in zip(network.trainable_variables, stepper.trained_network.trainable_variables, strict=True):
        assert np.array_equal(weight.numpy(), expected.numpy())


def test_a_run_in_one_precision_goes_on_with_the_weights_of_the_other(zeros_and_ones: Dataset) -> None:
    parent, _ = trained(replace(PLAIN, precision=FLOAT32), zeros_and_ones)
    stepper = Stepper(replace(PLAIN, precision=MIXED), zeros_and_ones)
    before = stepper.evaluate()
    stepper.load_weights(parent.snapshot())
    assert stepper.evaluate() == parent.evaluate() != before
    stepper.advance(5)
    assert stepper.evaluate().loss < parent.evaluate().loss


def test_weights_of_another_run_are_taken_and_nothing_else(plain: Stepper, zeros_and_ones: Dataset) -> None:
    stepper = Stepper(replace(PLAIN, dropout=0.2, optimizer="sgd"), zeros_and_ones)
    stepper.load_weights(plain.snapshot())
    assert stepper.step == 0
    assert stepper.evaluate() == plain.evaluate()
    for weight, expected in zip(
        stepper.trained_network.trainable_variables, plain.trained_network.trainable_variables, strict=True
    ):
        assert np.array_equal(weight.numpy(), expected.numpy())


def test_weights_of_a_run_with_dropout_are_taken_by_one_without(plain: Stepper, zeros_and_ones: Dataset) -> None:
    parent, _ = trained(replace(PLAIN, dropout=0.2), zeros_and_ones, steps=2)
    stepper = Stepper(PLAIN, zeros_and_ones)
    stepper.load_weights(parent.snapshot())
    assert stepper.evaluate() == parent.evaluate()
