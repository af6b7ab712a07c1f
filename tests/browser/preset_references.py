"""The network of each preset, exported, and what Keras makes of test digits. For a process of its own: TensorFlow has
no place where tests run."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ae_core.config.config import Config
from ae_core.config.layers import Plan
from ae_core.config.plan import plan_layers
from ae_core.config.presets import PRESETS
from ae_core.datasets.catalogue import load_dataset
from ae_core.runs.store import RunStore

DIGITS = 20
KERAS = "keras.npz"


def different_presets() -> dict[str, Config]:
    """The presets by name; of those with the same layers the first one alone."""
    known: dict[Plan, str] = {}
    for name, config in PRESETS.items():
        known.setdefault(plan_layers(config), name)
    return {name: PRESETS[name] for name in known.values()}


def write_references(root: Path) -> None:
    """A run's folder for each of them in `root`, with its first random weights, and `KERAS` beside them."""
    from ae_core.training.export import export_network
    from ae_core.training.networks import build_network

    images = load_dataset("mnist").test_images[:DIGITS]
    random = np.random.default_rng(3)
    for config in different_presets().values():
        network = build_network(config)
        for weight in network.trainable_variables:
            if weight.name == "bias":
                # Keras starts biases at zero, which would hide a bias that is not added.
                weight.assign(random.normal(size=weight.shape, scale=0.1))
        run = RunStore(root).create(config)
        export_network(network, run)
        codes = np.asarray(network.encoder(images))
        np.savez(run.path / KERAS, codes=codes, images=np.asarray(network.decoder(codes)))
