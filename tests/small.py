"""Trainings that take moments: one of a second or two, for tests that only need it to have happened, and two that have
learned what digits are."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np

from ae_core.config.config import Config
from ae_core.datasets.catalogue import load_dataset
from ae_core.datasets.uploads import add_images
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from tests.forked import call

SMALL = Config(train_size=512, encoder_widths=(16,), latent_dim=4, steps=5)
FEW = {"encoder_widths": "256", "steps": "400", "batch_size": "64"}
"""Settings of a network that learns digits in a few seconds, from `add_digits`."""


def trained(store: RunStore, **settings: str) -> Run:
    """A run trained by the command line, in another process: TensorFlow has no place in the one that shows pages."""
    return all_trained(store, settings)[0]


def all_trained(store: RunStore, *settings: dict[str, str]) -> list[Run]:
    """The same of several runs."""
    sets = [[part for name, text in one.items() for part in ("--set", f"{name}={text}")] for one in settings]
    printed(store, *(["train", *parts] for parts in sets))
    return [store.open(Config.from_text(one).key) for one in settings]


def printed(store: RunStore, *commands: list[str]) -> list[dict[str, Any]]:
    """What each command prints with --json. One process for all."""
    environment = {**os.environ, "AE_RUNS": str(store.root)}
    ended = call(_run_all, [[*command, "--json"] for command in commands], environment=environment)
    assert ended.code == 0, ended.err
    return [json.loads(line) for line in ended.out.splitlines()]


def _run_all(commands: list[list[str]]) -> int:
    from ae_core.cli.commands import main

    return max(main(command) for command in commands)


def add_digits(store: RunStore) -> str:
    """A few of MNIST's digits as images of one's own, 4,000 for training and 800 to test; returns their name."""
    data = load_dataset("mnist")
    assert data.train_labels is not None
    assert data.test_labels is not None
    arrays = {
        "x_train": data.train_pixels[:4000], "y_train": data.train_labels[:4000],
        "x_test": data.test_pixels[:800], "y_test": data.test_labels[:800],
    }  # fmt: skip
    content = BytesIO()
    np.savez(content, **arrays)
    return add_images({"digits.npz": content.getvalue()}, title="A few digits", folder=store.root / "datasets").name


def copied(run: Run, store: RunStore) -> Run:
    """The same run in another store, with its images."""
    shutil.copytree(run.path, store.root / run.key)
    images = run.path.parent / "datasets"
    if images.exists():
        shutil.copytree(images, store.root / "datasets", dirs_exist_ok=True)
    return store.open(run.key)


def like(run: Run, config: Config, store: RunStore) -> Run:
    """The network of `run` as if `config` had led to it."""
    made = store.create(config)
    for path in run.path.iterdir():
        if path.is_file() and path.name != "config.json":
            (made.path / path.name).write_bytes(path.read_bytes())
    return made.fresh()


def twin(run: Run, store: RunStore) -> Run:
    """The network of a run of `store` again, as a run of one step more."""
    steps = run.config.steps + 1
    other = like(run, replace(run.config, steps=steps), store)
    other.write_status(replace(run.status, step=steps, steps=steps))
    return other.fresh()
