"""The two training loops that are compared: ours as a page starts it, and Keras as its guides teach it.

Each runs in a process of its own: our loop makes TensorFlow deterministic for its whole process, which would slow Keras
down.
"""

from __future__ import annotations

import time
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from ae_core.config import Config
from ae_core.datasets import load_dataset
from ae_core.presets import PRESETS
from ae_core.progress import Progress
from ae_core.store import RunStore

CONFIG = PRESETS["article"]
WARM_UP = 100
"""Steps before the clock starts: by then both have compiled, and our reports have found their rhythm."""

EPOCH = 50
"""Steps between two times that Keras calls back; what is measured are whole epochs."""


def load(module: str) -> None:
    """Import what the side's first round would wait for, and read the images."""
    import_module(module)
    _ = load_dataset("mnist").train_images


def our_rate(steps: int) -> float:
    """Steps a second of a fresh training over `steps` steps after the warm-up.

    Reports, the rows of the history and their held-out losses, and at least one checkpoint are within the time: the
    training is paused at its end, which measures the held-out loss, writes a checkpoint and reports once more.
    """
    from ae_core.training import train

    seen: list[tuple[float, int]] = []

    def report(progress: Progress) -> None:
        if progress.step >= WARM_UP:
            seen.append((time.perf_counter(), progress.step))

    def should_stop() -> Literal["pause"] | None:
        return "pause" if seen and seen[-1][1] >= seen[0][1] + steps else None

    with TemporaryDirectory() as folder:
        train(CONFIG, store=RunStore(folder), data=load_dataset("mnist"), report=report, should_stop=should_stop)
        ended = time.perf_counter()
    return (seen[-1][1] - seen[0][1]) / (ended - seen[0][0])


def keras_rate(steps: int) -> float:
    """Steps a second of `model.fit` with the same network, batch, optimizer and loss, after the warm-up.

    `jit_compile` stays at Keras's default "auto". On a machine without a graphics processor that means no XLA (Keras
    3.15, `Trainer._resolve_auto_jit_compile`). No progress bar, no validation, no callback within an epoch: each would
    cost time.
    """
    import keras

    from ae_core.models import build_network

    network = build_network(CONFIG)
    model = keras.Sequential([network.encoder, network.decoder])
    model.compile(optimizer=keras.optimizers.RMSprop(CONFIG.learning_rate, rho=0.9), loss="mse")
    ends: list[float] = []
    noted = keras.callbacks.LambdaCallback(on_epoch_end=lambda _epoch, _logs: ends.append(time.perf_counter()))
    warm, measured = WARM_UP // EPOCH, steps // EPOCH
    model.fit(_batches(), steps_per_epoch=EPOCH, epochs=warm + measured, verbose=0, callbacks=[noted])
    keras.backend.clear_session()
    return measured * EPOCH / (ends[-1] - ends[warm - 1])


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
    from ae_core.training import train

    configs: list[Config] = [replace(PRESETS[name], steps=2) for name in presets]
    return [train(config, store=RunStore(folder)).key for config in configs]
