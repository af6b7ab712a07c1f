"""Variational autoencoders: the KL term against integration, the gradient through a draw, and the ELBO of a run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.integrate import quad
from scipy.stats import norm

from ae_core.codecs.codec import open_codec
from ae_core.codecs.posterior import kl_divergence, load_kl, measure_elbo, open_posterior, save_kl
from ae_core.config.config import Config
from ae_core.datasets.dataset import Dataset
from ae_core.errors import DamagedRunError, DataError, RunNotFoundError
from ae_core.evaluation.metrics import cross_entropies
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from ae_core.training import losses
from ae_core.training.train import train
from tests.small import copied
from tests.unit.tiny import VARIATIONAL, Watcher, assert_same_bits

RANDOM = np.random.default_rng(0)
MEANS = np.array([[0.0, 1.5, -2.0, 0.3], [0.0, 0.0, 3.0, -0.1]], np.float32)
LOG_VARIANCES = np.array([[0.0, -1.0, 0.5, -4.0], [1.0, -6.0, 0.0, 0.2]], np.float32)


def integrated_kl(mean: float, log_variance: float) -> float:
    """The integral of q(z) log(q(z) / p(z)) over z, by quadrature."""
    posterior, prior = norm(mean, np.exp(log_variance / 2)), norm(0, 1)
    reach = 12 * posterior.std()
    value, _ = quad(
        lambda z: posterior.pdf(z) * (posterior.logpdf(z) - prior.logpdf(z)), mean - reach, mean + reach, limit=200
    )
    return float(value)


def test_the_kl_term_is_the_integral_that_defines_it() -> None:
    expected = np.vectorize(integrated_kl)(MEANS, LOG_VARIANCES)
    assert kl_divergence(MEANS, LOG_VARIANCES) == pytest.approx(expected, abs=1e-6)
    assert losses.kl_divergence(MEANS, LOG_VARIANCES).numpy() == pytest.approx(expected.mean(axis=0), rel=1e-5)


def test_the_prior_itself_costs_nothing() -> None:
    assert not kl_divergence(np.zeros((3, 2), np.float32), np.zeros((3, 2), np.float32)).any()


def test_a_draw_has_the_mean_and_the_variance_of_the_posterior() -> None:
    noise = RANDOM.standard_normal((100_000, 4)).astype(np.float32)
    drawn = losses.reparameterized(MEANS[:1], LOG_VARIANCES[:1], noise).numpy()
    assert drawn.mean(axis=0) == pytest.approx(MEANS[0], abs=0.02)
    assert drawn.var(axis=0) == pytest.approx(np.exp(LOG_VARIANCES[0]), rel=0.03)


def test_the_gradient_goes_through_a_draw_to_mean_and_variance() -> None:
    # Of E[z^2] = mean^2 + variance both derivatives are known: 2 mean, and the variance by its logarithm.
    noise = RANDOM.standard_normal((400_000, 1)).astype(np.float32)
    for mean, log_variance in ((0.7, -0.4), (-1.2, 0.6)):
        arguments = tf.Variable([[mean]]), tf.Variable([[log_variance]])
        with tf.GradientTape() as tape:
            value = tf.reduce_mean(tf.square(losses.reparameterized(*arguments, noise)))
        gradients = [gradient.numpy().item() for gradient in tape.gradient(value, arguments)]
        assert gradients == pytest.approx([2 * mean, np.exp(log_variance)], rel=0.02)


def test_the_codec_gives_the_mean(variational_run: Run, zeros_and_ones: Dataset) -> None:
    images = zeros_and_ones.test_images[:50]
    z_mean, z_log_var = open_posterior(variational_run).encode(images)
    assert z_mean.shape == z_log_var.shape == (50, VARIATIONAL.latent_dim)
    assert np.abs(open_codec(variational_run).encode(images) - z_mean).max() < 1e-6
    assert z_log_var.std() > 0


def test_stock_keras_gives_the_posterior_too(variational_run: Run, zeros_and_ones: Dataset) -> None:
    images = zeros_and_ones.test_images[:50]
    model = keras.models.load_model(variational_run.path / "posterior.keras", safe_mode=True)
    both = np.concatenate(open_posterior(variational_run).encode(images), axis=1)
    assert np.abs(np.asarray(model(images)) - both).max() < 1e-5


def test_a_finished_run_says_its_negative_elbo(variational_run: Run, zeros_and_ones: Dataset) -> None:
    images = zeros_and_ones.test_images
    z_mean, z_log_var = open_posterior(variational_run).encode(images)
    noise = np.random.default_rng(5).standard_normal(z_mean.shape)
    drawn = (z_mean + np.exp(0.5 * z_log_var) * noise).astype(np.float32)
    reconstruction = cross_entropies(images, open_codec(variational_run).decode(drawn)).mean() * 784
    expected = reconstruction + kl_divergence(z_mean, z_log_var).sum(axis=1).mean()
    # Other draws: a tenth of a percent apart.
    assert variational_run.status.neg_elbo == pytest.approx(expected, rel=0.005)
    kl = load_kl(variational_run)
    assert kl == pytest.approx(kl_divergence(z_mean, z_log_var).mean(axis=0))


def test_the_elbo_is_the_same_for_the_same_seed(variational_run: Run, zeros_and_ones: Dataset) -> None:
    ends = open_posterior(variational_run), open_codec(variational_run), zeros_and_ones.test_images[:100]
    first, again, other = (measure_elbo(*ends, seed=seed).negative for seed in (0, 0, 1))
    assert first == again != other


def test_an_elbo_of_no_images_is_refused(variational_run: Run) -> None:
    with pytest.raises(DataError, match="at least one image"):
        measure_elbo(
            open_posterior(variational_run), open_codec(variational_run), np.zeros((0, 28, 28), np.float32), seed=0
        )


def test_a_plain_autoencoder_has_neither(dense_run: Run) -> None:
    assert (dense_run.status.neg_elbo, load_kl(dense_run)) == (None, None)
    assert set(dense_run.history().kl) == {0.0}
    with pytest.raises(RunNotFoundError, match=f"Received: run {dense_run.key}, autoencoder"):
        open_posterior(dense_run)


def test_an_elbo_needs_a_likelihood(store: RunStore) -> None:
    run = train(replace(VARIATIONAL, loss="mse", steps=3), store=store)
    assert run.status.neg_elbo is None
    assert load_kl(run) is not None


def test_the_history_tells_the_terms_apart(variational_run: Run) -> None:
    history = variational_run.history()
    assert min(history.kl + history.held_out_kl) >= 0
    assert history.held_out_kl[-1] > history.held_out_kl[0]
    assert history.held_out_loss[-1] < history.held_out_loss[0]
    assert load_kl(variational_run).sum() == pytest.approx(history.held_out_kl[-1], rel=0.1)  # type: ignore[union-attr]


def test_more_beta_leaves_less_kl(variational_run: Run, store: RunStore) -> None:
    strict = train(replace(VARIATIONAL, beta=50.0), store=store)
    assert strict.history().held_out_kl[-1] < 0.5 * variational_run.history().held_out_kl[-1]


@pytest.mark.usefixtures("step_by_step")
@pytest.mark.parametrize("changes", [{}, {"architecture": "conv", "filters": (4,), "dropout": 0.2, "input_noise": 0.2}])
def test_a_paused_run_ends_with_the_same_bits(changes: dict[str, Any], store: RunStore, tmp_path: Any) -> None:
    config: Config = replace(VARIATIONAL, **changes, steps=9)
    watcher = Watcher("pause", at=4)
    train(config, store=store, report=watcher.report, should_stop=watcher.should_stop)
    run = train(config, store=store)
    assert_same_bits(run, train(config, store=RunStore(tmp_path / "other")))
    assert open_posterior(run).encode(np.zeros((2, 28, 28), np.float32))[1].shape == (2, config.latent_dim)


@pytest.mark.parametrize("content", [b"", b"no model"])
def test_a_damaged_posterior_is_damage(variational_run: Run, store: RunStore, content: bytes) -> None:
    run = copied(variational_run, store)
    (run.path / "posterior.tflite").write_bytes(content)
    with pytest.raises(DamagedRunError, match=r"posterior\.tflite"):
        open_posterior(run)


def test_another_model_in_its_place_is_damage(variational_run: Run, store: RunStore) -> None:
    run = copied(variational_run, store)
    (run.path / "decoder.tflite").replace(run.path / "posterior.tflite")
    with pytest.raises(DamagedRunError, match=r"posterior\.tflite"):
        open_posterior(run)


@pytest.mark.parametrize("kl", [np.zeros(3), np.full(4, np.nan)])
def test_kl_terms_that_do_not_fit_are_damage(variational_run: Run, store: RunStore, kl: np.ndarray[Any, Any]) -> None:
    run = copied(variational_run, store)
    save_kl(run, kl)
    with pytest.raises(DamagedRunError, match=r"kl\.npz"):
        load_kl(run)
