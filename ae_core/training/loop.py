"""The compiled loop: batches in an order fixed by the seed, one graph for many steps, no Python per batch."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from ae_core.config.architectures import ARCHITECTURES
from ae_core.config.config import Config
from ae_core.config.layers import IMAGE_SHAPE, PIXELS
from ae_core.datasets.dataset import Dataset
from ae_core.datasets.images import evenly
from ae_core.runs.history import HELD_OUT_SAMPLE, Batches, HeldOut
from ae_core.runs.run import PreviewOf
from ae_core.training.batches import batch_indices, by_parts, to_floats
from ae_core.training.checkpoints import Snapshot
from ae_core.training.losses import (
    code_penalty,
    kl_divergence,
    loss_function,
    loss_of_outputs,
    mean_squared_error,
    reparameterized,
    weight_penalty,
)
from ae_core.training.networks import Network, build_network, build_trained_network
from ae_core.training.optimizers import build_optimizer, update_of
from ae_core.training.pattern import pattern_of

# Two operations at a time with half of the cores each, instead of one after the other with all of them: on two cores
# dense networks take 1.1 to 1.26 times as many steps in mixed precision, where a product is over in a tenth of a
# millisecond; convolutions 0.94. TensorFlow reads it when it wakes.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(max(1, (os.cpu_count() or 1) // 2)))

WIDE_CODE = 64
"""Of codes with more numbers than this a frame keeps those of the held-out sample alone: 30 frames stay under 8 MB."""
IMAGES = tf.TensorSpec([None, *IMAGE_SHAPE], tf.uint8)
FLOATS = tf.TensorSpec([None, *IMAGE_SHAPE], tf.float32)
WHOLE = tf.TensorSpec([], tf.int32)


@dataclass(frozen=True)
class _Given:
    """What one training has that another of its pattern may not.

    Attributes:
        train, between, preview: images as bytes, (n, 28, 28).
        sample: held-out images in [0, 1], (n, 28, 28), with `noise` (n, latent_dim) for their codes.
        seed: a whole number.
    """

    train: tf.Tensor
    sample: tf.Tensor
    noise: tf.Tensor
    between: tf.Tensor
    preview: tf.Tensor
    seed: tf.Tensor


class Stepper:
    """A network, its optimizer and its data, moved on by whole chunks of steps.

    Building and compiling it takes as long as some hundred steps: another training of the pattern can `begin` with it.

    Args:
        config: what to train.
        data: with the config's choice of classes and size already made.

    Raises:
        ConfigError: the network would be too large.
    """

    def __init__(self, config: Config, data: Dataset) -> None:
        # Bit for bit the same run on the same machine. On a processor it is so anyway, half as fast again without this.
        if tf.config.list_physical_devices("GPU"):
            tf.config.experimental.enable_op_determinism()
        self.pattern = pattern_of(config)
        self.trained_network: Network = build_trained_network(config)
        # What is looked at is made as others will make it, whatever a step rounds: by a network that takes the weights
        # over before a look.
        self._shown: Network = build_network(config)
        # Looked up here: TensorFlow would take the look-up for a part of the step that it compiles.
        self._loss_of_outputs = loss_of_outputs(config)
        self._loss_of_images = loss_function(config.loss)
        self._layers = self.trained_network.layer_variables
        # One for each layer: its update then overlaps with the rest of the backward pass. They never share a state, so
        # the weights come out as from one for all.
        self.optimizers = [build_optimizer(config) for _ in self._layers]
        for optimizer, weights in zip(self.optimizers, self._layers, strict=True):
            optimizer.build(weights)
        self._advance = self._compile_steps()
        noise = tf.TensorSpec([None, config.latent_dim], tf.float32)
        self._evaluate = tf.function(self._measure, input_signature=[FLOATS, noise])
        self._reconstruct = tf.function(lambda preview: self._pass(to_floats(preview))[1], input_signature=[IMAGES])
        self._encode = tf.function(
            lambda images: self._shown.encoder(to_floats(images), training=False), input_signature=[IMAGES]
        )
        self._states = [variable for optimizer in self.optimizers for variable in optimizer.variables]
        self._first_states = [np.asarray(state.value.numpy()) for state in self._states if state.shape.rank == 0]
        self._give(config, data)

    def begin(self, config: Config, data: Dataset) -> None:
        """Train `config`, of the same pattern, from its own first weights, as if this were made for it."""
        fresh = build_trained_network(config)
        for variable, value in zip(self.trained_network.variables, fresh.variables, strict=True):
            variable.assign(value)
        # Moments are zero at first; counts, products of rates and the rate itself are single numbers.
        first = iter(self._first_states)
        for state in self._states:
            state.assign(next(first) if state.shape.rank == 0 else tf.zeros_like(state.value))
        if config.schedule == "constant":
            for optimizer in self.optimizers:
                optimizer.learning_rate = config.learning_rate
        self._give(config, data)

    def rest(self) -> None:
        """Let go of the data: nothing but `begin` may follow."""
        del self._given, self._sample_codes

    def _give(self, config: Config, data: Dataset) -> None:
        self.config = config
        self.step = 0
        pixels = data.test_pixels
        self.previews: dict[PreviewOf, NDArray[np.uint8]] = {
            "held-out": data.test.preview(), "training": data.train.preview(),
        }  # fmt: skip
        sample = evenly(len(pixels), HELD_OUT_SAMPLE)
        more = 2 * HELD_OUT_SAMPLE - 1 if config.latent_dim <= WIDE_CODE else HELD_OUT_SAMPLE
        between = np.setdiff1d(evenly(len(pixels), more), sample)
        self.frame_indices = np.concatenate([sample, between])
        self._count = len(data.train_pixels)
        self._given = _Given(
            train=tf.constant(data.train_pixels),
            sample=to_floats(tf.constant(pixels[sample])),
            # The same at every look: a curve shall not shake because of another draw. No step has this number.
            noise=self._noise(len(sample), [config.seed, tf.int32.max]),
            between=tf.constant(pixels[between]),
            preview=tf.constant(np.concatenate([*self.previews.values()])),
            seed=tf.constant(config.seed, tf.int32),
        )
        self._sample_codes: tf.Tensor | None = None
        self._shown_is_current = False

    def advance(self, count: int) -> Batches:
        """Train `count` steps; returns the losses of each one's batch."""
        indices = batch_indices(self.config, self._count, self.step, count)
        given = self._given
        columns = self._advance(given.train, tf.constant(indices), given.seed, tf.constant(self.step, tf.int32))
        self.step += count
        self._forget_looks()
        return Batches(*(column.numpy().tolist() for column in columns))

    def evaluate(self) -> HeldOut:
        """Losses on the held-out sample; NaN if a weight is broken."""
        self._take_weights_over()
        loss, squared_error, kl, self._sample_codes = self._evaluate(self._given.sample, self._given.noise)
        return HeldOut(float(loss), float(squared_error), tuple(kl.numpy().tolist()))

    def encode(self) -> NDArray[np.float32]:
        """Codes of the held-out images `frame_indices`, (m, latent_dim).

        Right after `evaluate`, which has encoded half or all of them, it costs less than a step.
        """
        if self._sample_codes is None:
            self.evaluate()
        between = self._given.between
        parts = [self._sample_codes, self._encode(between)] if len(between) else [self._sample_codes]
        return np.concatenate([np.asarray(part) for part in parts])

    def reconstruct(self) -> dict[PreviewOf, NDArray[np.float32]]:
        """Reconstructions of the `previews`, each (16, 28, 28)."""
        self._take_weights_over()
        made = np.asarray(self._reconstruct(self._given.preview))
        held_out = len(self.previews["held-out"])
        return {"held-out": made[:held_out], "training": made[held_out:]}

    def finished_network(self) -> Network:
        """The network as it stands, in float32 and whole, for others to use. It changes with the next look."""
        self._take_weights_over()
        return self._shown

    @property
    def variables(self) -> list[Any]:
        """Weights, states of random layers, and the optimizers' moments."""
        return [*self.trained_network.variables, *self._states]

    def snapshot(self) -> Snapshot:
        """A copy of all variables."""
        # `numpy` is a copy already.
        return Snapshot(self.step, [np.asarray(variable.value.numpy()) for variable in self.variables])

    def restore(self, snapshot: Snapshot) -> None:
        """Go back (or on) to a snapshot of the same config."""
        for variable, value in zip(self.variables, snapshot.values, strict=True):
            variable.assign(value)
        self.step = snapshot.step
        self._forget_looks()

    def load_weights(self, snapshot: Snapshot) -> None:
        """Take the weights of a snapshot and nothing else: the optimizer and the count of steps begin anew."""
        # Weights are the first floats of a snapshot. The states of dropout between them are not: they are integers, and
        # the other run may have had none.
        floats = (value for value in snapshot.values if value.dtype == np.float32)
        for variable, value in zip(self.trained_network.trainable_variables, floats, strict=False):
            variable.assign(value)
        self._forget_looks()

    def _forget_looks(self) -> None:
        self._sample_codes = None
        self._shown_is_current = False

    def _take_weights_over(self) -> None:
        if self._shown_is_current:
            return
        shown, trained = self._shown.trainable_variables, self.trained_network.trainable_variables
        for variable, weights in zip(shown, trained, strict=True):
            variable.assign(weights)
        self._shown_is_current = True

    def _compile_steps(self) -> Callable[..., tuple[tf.Tensor, ...]]:
        layers, config = self._layers, self.pattern
        updates = [update_of(*both) for both in zip(self.optimizers, layers, strict=True)]

        @tf.function(input_signature=[IMAGES, tf.TensorSpec([None, config.batch_size], tf.int32), WHOLE, WHOLE])
        def advance(train: tf.Tensor, indices: tf.Tensor, seed: tf.Tensor, first: tf.Tensor) -> tuple[tf.Tensor, ...]:
            count = tf.shape(indices)[0]
            losses = tf.TensorArray(tf.float32, count)
            squared_errors = tf.TensorArray(tf.float32, count)
            kls = tf.TensorArray(tf.float32, count)
            for index in tf.range(count):
                images = to_floats(tf.gather(train, indices[index]))
                with tf.GradientTape() as tape:
                    loss, reconstructions, kl, penalty = self._loss(images, seed, first + index)
                    # By pixel like the loss: summed over an image, this is the negative ELBO when beta is 1.
                    total = loss + config.beta * kl / PIXELS + penalty
                for update, gradients in zip(updates, tape.gradient(total, layers), strict=True):
                    update(gradients)
                losses = losses.write(index, loss)
                squared_errors = squared_errors.write(index, mean_squared_error(images, reconstructions))
                kls = kls.write(index, kl)
            return losses.stack(), squared_errors.stack(), kls.stack()

        return advance  # type: ignore[no-any-return]

    def _loss(
        self, images: tf.Tensor, seed: tf.Tensor, step: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
        """Reconstruction loss, reconstructions (n, 28, 28), KL term in nats an image, and the sum of all penalties."""
        config = self.pattern
        inputs = images
        if config.input_noise:
            noise = tf.random.stateless_normal(tf.shape(images), [seed, step], stddev=config.input_noise)
            inputs = tf.clip_by_value(images + noise, 0.0, 1.0)
        codes, kl = self._draw(inputs, seed, step)
        loss, reconstructions = self._loss_of_outputs(images, self._forward(self.trained_network.decoder, codes))
        penalty = tf.constant(0.0)
        if config.weight_l2:
            penalty += config.weight_l2 * weight_penalty(self.trained_network.trainable_variables)
        if config.code_l1:
            penalty += config.code_l1 * code_penalty(codes)
        return loss, reconstructions, kl, penalty

    def _draw(self, images: tf.Tensor, seed: tf.Tensor, step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Codes to train the decoder with, and the KL term in nats an image."""
        if self.trained_network.posterior is None:
            return self._forward(self.trained_network.encoder, images), tf.constant(0.0)
        z_mean, z_log_var = tf.split(self._forward(self.trained_network.posterior, images), 2, axis=1)
        # Negative, so that these draws are not those of the input's noise.
        noise = self._noise(tf.shape(z_mean)[0], [seed, -1 - step])
        return reparameterized(z_mean, z_log_var, noise), tf.reduce_sum(kl_divergence(z_mean, z_log_var))

    def _forward(self, half: keras.Model, batch: tf.Tensor) -> tf.Tensor:
        """What one half of the network makes of a batch."""
        parts = ARCHITECTURES[self.pattern.architecture].parts
        return by_parts(partial(half, training=True), batch, self.pattern.batch_size, parts)

    def _noise(self, images: int | tf.Tensor, seed: list[Any]) -> tf.Tensor:
        """Standard normal numbers for so many codes, (images, latent_dim)."""
        return tf.random.stateless_normal([images, self.pattern.latent_dim], seed)

    def _pass(self, images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Codes and reconstructions as the codec will make them."""
        codes = self._shown.encoder(images, training=False)
        return codes, self._shown.decoder(codes, training=False)

    def _measure(self, images: tf.Tensor, noise: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
        """The three losses on held-out images (n, 28, 28), and their codes; `noise` is (n, latent_dim)."""
        if self._shown.posterior is None:
            codes, reconstructions = self._pass(images)
            squared_error, kl = mean_squared_error(images, reconstructions), tf.zeros([0])
        else:
            codes, z_log_var = tf.split(self._shown.posterior(images, training=False), 2, axis=1)
            squared_error = mean_squared_error(images, self._shown.decoder(codes, training=False))
            kl = kl_divergence(codes, z_log_var)
            drawn = reparameterized(codes, z_log_var, noise)
            reconstructions = self._shown.decoder(drawn, training=False)
        loss = self._loss_of_images(images, reconstructions)
        # The losses alone would not tell of broken weights: ReLU makes NaN a zero. A sum is NaN or infinite with any of
        # its terms.
        total = tf.add_n([tf.reduce_sum(weight) for weight in self._shown.trainable_variables])
        sound = tf.math.is_finite(total)
        return tf.where(sound, loss, np.nan), tf.where(sound, squared_error, np.nan), kl, codes


def wake_devices() -> None:
    """Have TensorFlow look for its devices now, which takes a moment and writes to the terminal."""
    tf.config.list_logical_devices()
