"""The two training loops that are compared: ours as a page starts it, and Keras as its guides teach it.

Each runs in a process of its own, so that neither has the other's threads and memory beside it.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from ae_core.config.config import Config
from ae_core.config.presets import PRESETS
from ae_core.datasets.catalogue import load_dataset
from ae_core.runs.history import Progress
from ae_core.runs.store import RunStore

CONFIG = PRESETS["article"]
SETTLING = 50
"""Steps of warm-up on either side: the loop is compiled, and what the system took from an idle process is back."""

EPOCH = SETTLING
"""Steps between two times that Keras calls back. The first such epoch is its warm-up, the others are measured."""

Reports = list[tuple[float, int]]
"""Of each report, when it came and which step it told of."""


def load_keras() -> None:
    """Import and read what Keras's first round would wait for."""
    import_module("tensorflow")
    _ = load_dataset("mnist").train_images


def begin_ours(folder: Path, step: int) -> None:
    """Train up to about `step` and pause there, so that each round can go on from the same place."""
    _train_until(folder, lambda reports: reports[-1][1] >= step)


def our_rate(folder: Path, steps: int) -> float:
    """Steps a second over `steps` steps, going on with a copy of the training that `begin_ours` left in `folder`.

    Reports, the rows of the history with their held-out losses, and at least one checkpoint are within the time: the
    training is paused at its end, which measures the held-out loss, writes a checkpoint and reports once more.
    """

    def measured(reports: Reports) -> Reports:
        return [report for report in reports if report[1] >= reports[0][1] + SETTLING]

    def enough(reports: Reports) -> bool:
        counted = measured(reports)
        return bool(counted) and counted[-1][1] >= counted[0][1] + steps

    with TemporaryDirectory() as copy:
        shutil.copytree(folder, copy, dirs_exist_ok=True)
        reports = measured(_train_until(Path(copy), enough))
        ended = time.perf_counter()
    return (reports[-1][1] - reports[0][1]) / (ended - reports[0][0])


def _train_until(folder: Path, enough: Callable[[Reports], bool]) -> Reports:
    from ae_core.training.train import train

    reports: Reports = []

    def report(progress: Progress) -> None:
        reports.append((time.perf_counter(), progress.step))

    def should_stop() -> Literal["pause"] | None:
        return "pause" if enough(reports) else None

    train(CONFIG, store=RunStore(folder), data=load_dataset("mnist"), report=report, should_stop=should_stop)
    return reports


def keras_rate(steps: int) -> float:
    """Steps a second of `model.fit` with the same network, batch, optimizer and loss, after the warm-up.

    `jit_compile` stays at Keras's default "auto". On a machine without a graphics processor that means no XLA (Keras
    3.15, `Trainer._resolve_auto_jit_compile`). No progress bar, no validation, no callback within an epoch: each would
    cost time.
    """
    import keras

    from ae_core.training.networks import build_network

    network = build_network(CONFIG)
    model = keras.Sequential([network.encoder, network.decoder])
    model.compile(optimizer=keras.optimizers.RMSprop(CONFIG.learning_rate, rho=0.9), loss="mse")
    ends: list[float] = []
    noted = keras.callbacks.LambdaCallback(on_epoch_end=lambda _epoch, _logs: ends.append(time.perf_counter()))
    measured = steps // EPOCH
    model.fit(_batches(), steps_per_epoch=EPOCH, epochs=1 + measured, verbose=0, callbacks=[noted])
    keras.backend.clear_session()
    return measured * EPOCH / (ends[-1] - ends[0])


def _batches() -> Any:
    """Endless batches of (images, images), as TensorFlow's guide to input pipelines builds them."""
    import tensorflow as tf

    images = load_dataset("mnist").train_images
    return (
        tf.data.Dataset.from_tensor_slices(images)
        .shuffle(len(images))
        .repeat()
        .batch(CONFIG.batch_size)
        .map(lambda batch: (batch, batch))
        .prefetch(tf.data.AUTOTUNE)
    )


def train_briefly(presets: list[str], folder: Path) -> list[str]:
    """Train each preset for two steps, which gives runs of full size; returns their keys."""
    from ae_core.training.train import train

    configs: list[Config] = [replace(PRESETS[name], steps=2) for name in presets]
    return [train(config, store=RunStore(folder)).key for config in configs]


def train_whole(preset: str, folder: Path) -> str:
    """Train a preset to its end; returns the run's key."""
    from ae_core.training.train import train

    return train(PRESETS[preset], store=RunStore(folder)).key
