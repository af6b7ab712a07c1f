"""Losses and penalties, as TensorFlow computes them in a training step."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

import keras
import tensorflow as tf

from ae_core.config.config import Config
from ae_core.config.losses import LOSSES

Loss = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def mean_squared_error(images: tf.Tensor, reconstructions: tf.Tensor) -> tf.Tensor:
    """Mean over images and pixels of the squared difference; both (n, 28, 28)."""
    # The same as the mean of the square; its gradient takes one pass over the pixels instead of three.
    return tf.nn.l2_loss(reconstructions - images) * (2.0 / tf.cast(tf.size(images), tf.float32))


def binary_crossentropy(images: tf.Tensor, reconstructions: tf.Tensor) -> tf.Tensor:
    """Mean over images and pixels of -x log y - (1 - x) log(1 - y), in nats; both (n, 28, 28) in [0, 1].

    A grey target is read as the probability of white (Hinton & Salakhutdinov 2006, supporting material).
    """
    return tf.reduce_mean(keras.losses.binary_crossentropy(images, reconstructions))


@tf.custom_gradient
def binary_crossentropy_of_logits(images: tf.Tensor, logits: tf.Tensor) -> tuple[tf.Tensor, Any]:
    """The same of reconstructions that are the sigmoid of `logits`; both (n, 28, 28), the logits of any value."""

    def gradient(upstream: tf.Tensor) -> tuple[None, tf.Tensor]:
        # In one pass, where TensorFlow's own takes a dozen; the sigmoid is that of the reconstructions, computed once.
        return None, (tf.sigmoid(logits) - images) * (upstream / tf.cast(tf.size(images), tf.float32))

    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(images, logits)), gradient


def loss_function(name: str) -> Loss:
    """The function of the loss that a Config calls `name`."""
    return _function(LOSSES[name].function)


def loss_of_outputs(config: Config) -> Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
    """The loss of `config`, as a function of images and of what its decoder gives before the last activation.

    Both (n, 28, 28), the second in any precision; returns the mean loss, and the reconstructions in float32.
    """
    activation = keras.activations.get(config.output_activation)
    loss = LOSSES[config.loss]
    of_logits = _function(loss.of_logits) if loss.of_logits else None
    of_reconstructions = loss_function(config.loss)

    def measure(images: tf.Tensor, outputs: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        outputs = tf.cast(outputs, tf.float32)
        reconstructions = activation(outputs)
        value = of_logits(images, outputs) if of_logits else of_reconstructions(images, reconstructions)
        return value, reconstructions

    return measure


def _function(path: str) -> Loss:
    module, _, function = path.partition(":")
    found: Loss = getattr(import_module(f"ae_core.{module}"), function)
    return found


def weight_penalty(variables: Iterable[Any]) -> tf.Tensor:
    """Sum of squares of all kernels; biases are left out, as usual (Goodfellow et al. 2016, section 7.1)."""
    return tf.add_n([tf.reduce_sum(tf.square(v)) for v in variables if v.name == "kernel"])


def code_penalty(codes: tf.Tensor) -> tf.Tensor:
    """Mean over images of the sum of the codes' absolute values; codes (n, latent_dim)."""
    return tf.reduce_mean(tf.reduce_sum(tf.abs(codes), axis=-1))


def kl_divergence(z_mean: tf.Tensor, z_log_var: tf.Tensor) -> tf.Tensor:
    """Kullback-Leibler divergence of the posterior from the prior, KL(q(z|x) || p(z)), in nats.

    q is a normal with this mean and a diagonal covariance, p the standard normal; both arguments (n, latent_dim).

    Returns:
        (latent_dim,): by dimension, the mean over images. Their sum is the KL term of an image.

    Source: Kingma & Welling 2014, "Auto-encoding variational Bayes", appendix B.
    """
    each = 0.5 * (tf.square(z_mean) + tf.exp(z_log_var) - 1.0 - z_log_var)
    return tf.reduce_mean(each, axis=0)


def reparameterized(z_mean: tf.Tensor, z_log_var: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
    """Codes drawn from q(z|x), through which a gradient goes to both arguments; all (n, latent_dim).

    Args:
        noise: standard normal.

    Source: Kingma & Welling 2014, section 2.4.
    """
    return z_mean + tf.exp(0.5 * z_log_var) * noise
