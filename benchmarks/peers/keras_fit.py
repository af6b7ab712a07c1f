"""Keras as its guides teach it: `compile` and `fit`, with batches from `tf.data`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ae_core.config.config import Config
from ae_core.datasets.catalogue import load_dataset
from ae_core.training.networks import build_network
from benchmarks.peers.trainer import Trainer

EPOCH = 50
"""Steps between two times that Keras calls back while a rate is measured."""


def build(config: Config) -> Trainer:
    return _KerasFit(config)


class _KerasFit(Trainer):
    """`jit_compile` stays at Keras's default "auto". On a machine without a graphics processor that means no XLA (Keras
    3.15, `Trainer._resolve_auto_jit_compile`). No progress bar, no validation, no callback within a call of `fit`: each
    would cost time.
    """

    def __init__(self, config: Config) -> None:
        network = build_network(config)
        self._model = keras.Sequential([network.encoder, network.decoder])
        optimizer = {
            "rmsprop": keras.optimizers.RMSprop(config.learning_rate, rho=0.9),
            "adam": keras.optimizers.Adam(config.learning_rate),
        }[config.optimizer]
        self._model.compile(optimizer=optimizer, loss={"mse": "mse", "bce": "binary_crossentropy"}[config.loss])
        self._batches = _batches(config)
        self.params = self._model.count_params()

    def advance(self, steps: int) -> Sequence[float]:
        losses: list[float] = []
        # What Keras calls an epoch's loss is a mean over it: an epoch is a step here.
        noted = keras.callbacks.LambdaCallback(on_epoch_end=lambda _epoch, logs: losses.append(logs["loss"]))
        self._model.fit(self._batches, steps_per_epoch=1, epochs=steps, verbose=0, callbacks=[noted])
        return losses

    def squared_error(self) -> float:
        images = load_dataset("mnist").test_images
        return float(np.mean(np.square(self._model.predict(images, batch_size=1000, verbose=0) - images)))

    def rate(self, steps: int) -> float:
        ends: list[float] = []
        noted = keras.callbacks.LambdaCallback(on_epoch_end=lambda _epoch, _logs: ends.append(time.perf_counter()))
        # The first epoch fills the buffer in which images are shuffled.
        self._model.fit(self._batches, steps_per_epoch=EPOCH, epochs=1 + steps // EPOCH, verbose=0, callbacks=[noted])
        return steps // EPOCH * EPOCH / (ends[-1] - ends[0])


def _batches(config: Config) -> Any:
    """Endless batches of (images, images), as TensorFlow's guide to input pipelines builds them."""
    images = load_dataset("mnist").train_images
    return (
        tf.data.Dataset.from_tensor_slices(images)
        .shuffle(len(images))
        .repeat()
        .batch(config.batch_size)
        .map(lambda batch: (batch, batch))
        .prefetch(tf.data.AUTOTUNE)
    )
