"""Classifiers that are networks: a head on cached codes, and an encoder with a head, in TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from ae_core.classification.contest import HEAD, WHOLE, Course
from ae_core.codecs.codec import read_network
from ae_core.datasets.images import evenly
from ae_core.runs.run import Run, damaged_run
from ae_core.training.batches import to_floats
from ae_core.training.networks import build_network
from ae_core.training.optimizers import FusedAdam, update_of

HIDDEN_UNITS = 128
DROPOUT = 0.3
FEW = 10_000
"""Up to so many labels a head on cached codes has dropout. With 60,000 it learns the same without, in half the time."""
LOOKS = 10
"""Times that a training tells its accuracy."""
CHUNK = 2000

Weights = tuple[NDArray[np.float32], NDArray[np.float32]]
Report = Callable[[float, float], object]
"""Called with the share of the training that is done, and the held-out accuracy then."""


@dataclass(frozen=True, eq=False)
class Task:
    """What a network learns, and what it is asked then.

    Attributes:
        inputs: (n, latent_dim) float32 codes, or (n, 28, 28) uint8 images.
        labels: (n,) of them, 0 to `classes` - 1.
        others: the same kind as `inputs`, held out, (m, ...).
        other_labels: (m,) of those; looked at for the live accuracy alone.
        classes: how many.
        seed: of the weights, of dropout and of the order of the images.
    """

    inputs: NDArray[Any]
    labels: NDArray[np.integer[Any]]
    others: NDArray[Any]
    other_labels: NDArray[np.integer[Any]]
    classes: int
    seed: int


def train_head(task: Task, *, report: Report) -> tuple[tuple[Weights, Weights], NDArray[np.float32]]:
    """A head that reads codes.

    Returns:
        Kernel and bias of its two layers, for codes as they are; and its probabilities (m, classes) for the others.
    """
    # Codes of one run lie within -3 and 3, of another within 0 and 40.
    mean, scale = task.inputs.mean(axis=0), np.maximum(task.inputs.std(axis=0), 1e-6)
    inputs = keras.Input(task.inputs.shape[1:])
    dropout = DROPOUT if len(task.inputs) <= FEW else 0.0
    model = keras.Model(inputs, _head(inputs, task, dropout), name="head")
    standard = replace(task, inputs=(task.inputs - mean) / scale, others=(task.others - mean) / scale)
    probabilities = _learn(model, standard, HEAD, report)
    (kernel, bias), top = [
        (layer.kernel.value.numpy(), layer.bias.value.numpy()) for layer in model.layers if layer.weights
    ]
    # The first layer standardises as well, once it has learned.
    kernel /= scale[:, None]
    return ((kernel, bias - mean @ kernel), top), probabilities


def train_whole(run: Run, task: Task, *, pretrained: bool, report: Report) -> NDArray[np.float32]:
    """The run's encoder with a head; returns its probabilities (m, classes) for the others.

    Args:
        pretrained: whether the encoder begins with the run's weights, else with random ones.

    Raises:
        DamagedRunError: the weights cannot be read.
    """
    # From scratch, each seed of a contest is another network, not the run's own first weights again and again.
    encoder = build_network(replace(run.config, seed=task.seed)).encoder
    if pretrained:
        _load_encoder(encoder, run)
    # Codes of one run lie within -3 and 3, of another within 0 and 40; from random weights they lie elsewhere again.
    standard = keras.layers.BatchNormalization(center=False, scale=False)(encoder.output)
    model = keras.Model(encoder.input, _head(standard, task, DROPOUT), name="classifier")
    return _learn(model, task, WHOLE, report)


def _head(codes: Any, task: Task, dropout: float) -> Any:
    def initializer(number: int) -> Any:
        return keras.initializers.HeUniform(seed=1000 * task.seed + number)

    hidden = keras.layers.Dense(HIDDEN_UNITS, activation="relu", kernel_initializer=initializer(0))(codes)
    kept = keras.layers.Dropout(dropout, seed=task.seed)(hidden)
    return keras.layers.Dense(task.classes, kernel_initializer=initializer(1))(kept)


def _load_encoder(encoder: keras.Model, run: Run) -> None:
    """Take the weights from plain floats: a runs folder may come from somebody else, and a model file is code."""
    spec, content = read_network(run)
    weights = np.frombuffer(content, "<f4")
    layers = [layer for layer in encoder.layers if layer.weights and hasattr(layer, "kernel")]
    try:
        entries = [entry for entry in spec["encoder"] if "kernel" in entry]
        for layer, entry in zip(layers, entries, strict=True):
            for part in ("kernel", "bias"):
                start, count = entry[part]
                variable = getattr(layer, part)
                variable.assign(weights[start : start + count].reshape(variable.shape))
    except (KeyError, TypeError, ValueError) as error:
        raise damaged_run(run.key, "network.json or network.bin") from error


def _learn(model: keras.Model, task: Task, course: Course, report: Report) -> NDArray[np.float32]:
    """Train by Adam with a rate that glides to zero; returns probabilities (m, classes) for the others."""
    count = len(task.inputs)
    steps, batch = course.steps(count), min(course.batch, count)
    optimizer = FusedAdam(keras.optimizers.schedules.CosineDecay(course.rate, steps))
    weights = model.trainable_variables
    optimizer.build(weights)
    inputs, labels = tf.constant(task.inputs), tf.constant(task.labels.astype(np.int32))
    update = update_of(optimizer, weights)

    def step(seen: tf.Tensor, truth: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(truth, model(_floats(seen), training=True))
            loss = tf.reduce_mean(losses)
        update(tape.gradient(loss, weights))

    @tf.function(input_signature=[tf.TensorSpec([None, batch], tf.int32)])
    def advance(indices: tf.Tensor) -> None:
        for index in tf.range(tf.shape(indices)[0]):
            step(tf.gather(inputs, indices[index]), tf.gather(labels, indices[index]))

    probabilities = tf.function(lambda values: tf.nn.softmax(model(_floats(values), training=False)))
    order = _order(count, steps * batch, task.seed).reshape(steps, batch)
    sample = evenly(len(task.others), CHUNK)
    for start, end in pairwise(np.linspace(0, steps, LOOKS + 1).round().astype(int)):
        advance(tf.constant(order[start:end]))
        guesses = probabilities(tf.constant(task.others[sample])).numpy().argmax(axis=1)
        report(float(end / steps), float(np.mean(guesses == task.other_labels[sample])))
    batches = [task.others[start : start + CHUNK] for start in range(0, len(task.others), CHUNK)]
    return np.concatenate([probabilities(tf.constant(rows)).numpy() for rows in batches])


def _order(count: int, length: int, seed: int) -> NDArray[np.int32]:
    """Shuffled epochs of `count` images in a row, (length,)."""
    random = np.random.default_rng([seed, count])
    epochs = [random.permutation(count) for _ in range(-(-length // count))]
    return np.concatenate(epochs)[:length].astype(np.int32)


def _floats(values: tf.Tensor) -> tf.Tensor:
    """Images as floats; codes are floats already."""
    return to_floats(values) if values.dtype == tf.uint8 else values
