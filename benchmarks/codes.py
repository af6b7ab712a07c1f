"""Encoding images and laying their codes out: as the app does it, and as the libraries do by themselves.

Each function runs in a process of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ae_core.codecs.codec import encode_part, open_codec
from ae_core.config.presets import PRESETS
from ae_core.datasets.catalogue import load_dataset
from ae_core.latent.projection import project, trustworthiness
from ae_core.runs.store import RunStore

KERAS_BATCH = 32
"""The batch of Keras's `predict` where none is given."""

Library = Literal["tsne", "umap"]
Codes = NDArray[np.float32]


class Map(NamedTuple):
    """How long a map took, in seconds, and how trustworthy it is."""

    seconds: float
    trustworthiness: float


def train_run(steps: int, folder: Path) -> str:
    """Train the quick start for so many steps; returns the run's key."""
    from ae_core.training.train import train

    return train(replace(PRESETS["quick-start"], steps=steps), store=RunStore(folder)).key


def codes_of(folder: Path, key: str, count: int) -> Codes:
    """Codes (count, latent_dim) of the first held-out digits."""
    return open_codec(RunStore(folder).open(key)).encode(load_dataset("mnist").test_images[:count])


def litert_rate(folder: Path, key: str) -> float:
    """Digits a second that the app encodes for a map: all held-out ones, with opening the codec."""
    run = RunStore(folder).open(key)
    images = load_dataset("mnist").test_pixels
    return _rate(lambda: encode_part(run, "test", folder=folder), len(images))


def keras_rate(folder: Path, key: str) -> float:
    """The same with the run's `encoder.keras` and `predict`, its progress bar switched off."""
    import keras

    images = load_dataset("mnist").test_images
    encoder = keras.models.load_model(RunStore(folder).open(key).path / "encoder.keras")
    shown = {"batch_size": KERAS_BATCH, "verbose": 0}
    encoder.predict(images, **shown)
    return _rate(lambda: encoder.predict(images, **shown), len(images))


def our_map(codes: Codes, method: Library) -> Map:
    """A map as the app makes it: watched, asked whether anybody still wants it, its trustworthiness measured."""
    began = time.perf_counter()
    made = project(codes, method)
    return Map(time.perf_counter() - began, made.trustworthiness or 0.0)


def library_map(codes: Codes, method: Library) -> Map:
    """A map by openTSNE or umap-learn with all of their own settings."""
    library = import_module({"tsne": "openTSNE", "umap": "umap"}[method])
    began = time.perf_counter()
    points = library.TSNE().fit(codes) if method == "tsne" else library.UMAP().fit_transform(codes)
    seconds = time.perf_counter() - began
    return Map(seconds, trustworthiness(codes, np.asarray(points)) or 0.0)


def _rate(encode: Callable[[], object], images: int) -> float:
    began = time.perf_counter()
    encode()
    return images / (time.perf_counter() - began)
